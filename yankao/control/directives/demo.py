"""示範資料 A half-year of weekly city meetings with their directives, and meetings around today.

Functional spec part I, row C2: thirty-three open at the end of June 2012, and those released before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from yankao.kernel.casework.archive import Archive
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency
from yankao.kernel.progress.cycles import first_of, last_of, next_month
from yankao.kernel.rules.office import office_calendar

from . import process as way
from .capture import title_of
from .models import Class, CoOwner, Directive, Disposition, Meeting, Progress

SEED = 1010103
FIRST_MEETING = date(2012, 1, 3)
MEETINGS = 26
OPEN, RELEASED, SELF = 33, 41, 6

PLACES = ("鹽埕", "左營", "楠梓", "前鎮", "小港", "鳳山", "岡山", "旗山", "美濃", "林園")
TASKS: tuple[tuple[str, str, str], ...] = (
    ("KCG-WR", "請{owner}於汛期前完成{place}地區雨水下水道清淤，並提報易淹水地區改善情形。", "5月底"),
    ("KCG-PW", "{place}區道路挖掘回填品質不佳，請{owner}檢討管線單位考核並提改善方案。", "一個月內"),
    ("KCG-TRA", "請{owner}檢討{place}路口號誌時制及行人通行時間。", "兩週內"),
    ("KCG-ENV", "請{owner}加強{place}地區空地髒亂及登革熱孳生源清除。", "下週五"),
    ("KCG-EDU", "{place}區國中小校舍耐震補強進度，請{owner}列表管制。", "6月底"),
    ("KCG-HEA", "請{owner}會同各區公所辦理{place}區登革熱防治動員。", "三週內"),
    ("KCG-TOU", "{place}地區觀光動線及指標雙語化，請{owner}規劃。", "兩個月內"),
    ("KCG-SOC", "獨居長者高溫關懷，請{owner}提出{place}區執行成果。", "一個月內"),
    ("KCG-AGR", "{place}區農路及農產運銷改善，請{owner}邀集農會研商。", "六週內"),
    ("KCG-LAB", "{place}工業區職業安全檢查，請{owner}按月提報。", ""),
)  # fmt: skip
DONE = (
    "已邀集相關單位會勘並完成第一階段作業。",
    "已發包施工，本月進度符合預定。",
    "已訂定管制表，按週檢討。",
    "已完成改善並函送成果。",
)


def weeks(first: date, number: int) -> Iterator[date]:
    """Weekly meetings from a day on."""
    return (first + timedelta(weeks=n) for n in range(number))


class Play:
    """Plays directives into an archive; `rng` makes every run the same."""

    def __init__(self, city: City, archive: Archive[Directive], seed: int) -> None:
        self.city, self.archive, self.rng = city, archive, random.Random(seed)
        known = {agency.code: agency for agency in city.agencies}
        self.tasks = [(known[code], text, due) for code, text, due in TASKS if code in known] or [
            (agency, text, due) for agency, (_code, text, due) in zip(city.agencies, TASKS, strict=False)
        ]
        self.turn = 0
        self.items: dict[int, int] = {}

    @property
    def controller(self) -> Any:
        return self.city.rdec_controller

    def do(self, one: Directive, move: Any, on: date, actor: Any = None, **given: Any) -> None:
        self.archive.move(one, move, actor or self.controller, on, **given)

    def give(self, meeting: Meeting, category: str = Class.ACTION) -> Directive:
        """One more directive of a meeting, with a helper agency in every third."""
        from yankao.kernel.spoken import spoken_day  # noqa: PLC0415

        agency, text, said = self.tasks[self.turn % len(self.tasks)]
        place = PLACES[(self.turn * 7 + self.turn // len(self.tasks)) % len(PLACES)]
        self.turn += 1
        number = self.items[meeting.pk] = self.items.get(meeting.pk, 0) + 1
        words = text.format(owner=agency.name, place=place)
        one = self.archive.open(
            title=title_of(words),
            agency=agency,
            on=meeting.held_on,
            actor=self.controller,
            text=words,
            category=category,
            meeting=meeting,
            item_no=number,
            directed_on=meeting.held_on,
            due_on=spoken_day(said, meeting.held_on, office_calendar()) if said else None,
            due_said=said,
        )
        if self.turn % 3 == 0:
            other = self.tasks[(self.turn + 4) % len(self.tasks)][0]
            if other.pk != agency.pk:
                one.docket.added.append(CoOwner(directive=one, agency=other))
        return one

    def begin(self, one: Directive, on: date) -> None:
        """Assigned the next day, accepted two days later, begun."""
        actor = self.city.controller(one.case.agency)
        after = office_calendar().step
        self.do(one, way.assign_owner, after(on, 1))
        self.do(one, way.accept, after(on, 3), actor)
        self.do(one, way.begin, after(on, 4), actor, plan="邀集相關單位訂定分工及時程。")

    def report(
        self, one: Directive, month: date, suggested: Disposition = Disposition.CONTINUE, late: bool = False
    ) -> date:
        """The report of a month, filed in the first days of the next."""
        opened = next_month(month)
        self.do(one, way.open_month, opened, None, month=month)
        filed = opened + timedelta(days=8 if late else 3)
        row = next(r for r in one.docket.added if isinstance(r, Progress) and r.month == month)
        row.text, row.suggested = self.rng.choice(DONE), suggested
        actor = self.city.controller(one.case.agency)
        # The proof of a release is a file; the demonstration keeps to words.
        given = {"month": row, "text": row.text, "suggested": Disposition.CONTINUE}
        self.do(one, way.report_month, filed, actor, **given)
        one.suggested = row.suggested = suggested
        return filed

    def end(self, one: Directive, meeting: Meeting, to: Disposition) -> None:
        """Put before the meeting and decided there."""
        day = meeting.held_on
        self.do(one, way.propose, day - timedelta(days=4), suggested=to, opinion="辦理情形符合裁示。")
        move = way.release if to == Disposition.RELEASE else way.leave_to_owner
        self.do(one, move, day, meeting=meeting, note="照案通過。")


def meetings_of(first: date, number: int, count: int) -> list[Meeting]:
    return Meeting.objects.bulk_create(
        [
            Meeting(
                number=number + n,
                held_on=day,
                title=f"第{number + n}次市政會議",
                place="市府第一會議室",
                minutes_due_on=day + timedelta(days=7),
                minutes_on=day + timedelta(days=5),
            )
            for n, day in enumerate(weeks(first, count))
        ]
    )


def load(city: City) -> None:
    """The reference half-year; what was open then was released in the second half of the year."""
    meetings = meetings_of(FIRST_MEETING, 54, MEETINGS + 26)
    before, later = meetings[:MEETINGS], meetings[MEETINGS:]
    ends = [Disposition.RELEASE] * RELEASED + [Disposition.SELF_CONTROL] * SELF
    with Archive(way.process) as archive:
        play = Play(city, archive, SEED)
        play.rng.shuffle(ends)
        for turn, to in enumerate(ends):
            # Given in the first four months, ended in a meeting of the half-year.
            one = play.give(before[turn % 16])
            play.begin(one, one.directed_on)
            month = first_of(one.directed_on)
            filed = play.report(one, month, to)
            ended = next(m for m in before if m.held_on >= filed + timedelta(days=7))
            play.end(one, ended, to)
        for turn in range(OPEN):
            one = play.give(before[(turn * 5 + 3) % MEETINGS])
            play.begin(one, one.directed_on)
            month = first_of(one.directed_on)
            while last_of(month) < date(2012, 6, 30):
                play.report(one, month, late=turn % 11 == 0)
                month = next_month(month)
            filed = play.report(one, month, Disposition.RELEASE)
            ended = next(m for m in later if m.held_on >= filed + timedelta(days=7 + turn % 9))
            play.end(one, ended, Disposition.RELEASE)


def present(city: City, today: date) -> None:
    """The last ten weekly meetings and the next one; directives at every stage, some reports owed or late."""
    tuesday = today - timedelta(days=(today.weekday() - 1) % 7)
    first = tuesday - timedelta(weeks=10)
    number = 54 + 52 + (first - date(2013, 1, 1)).days // 7
    meetings = meetings_of(first, number, 11)
    Meeting.objects.filter(pk=meetings[-1].pk).update(minutes_on=None)
    Meeting.objects.filter(pk=meetings[-2].pk).update(
        minutes_on=None,
        minutes_due_on=min(meetings[-2].held_on + timedelta(days=6), today - timedelta(days=1)),
    )
    past = office_calendar().step
    with Archive(way.process) as archive:
        play = Play(city, archive, SEED + 1)
        for turn in range(24):
            meeting = meetings[turn % 9]
            one = play.give(meeting, Class.LONG_TERM if turn % 8 == 5 else Class.ACTION)
            day = meeting.held_on
            if turn % 9 == 8:
                _young(play, one, turn, day, past)
                continue
            play.begin(one, day)
            _along(play, one, turn, day, today, meetings)
        _young(play, play.give(meetings[9]), 1, meetings[9].held_on, past)
        _young(play, play.give(meetings[9]), 2, meetings[9].held_on, past)
        play.give(meetings[10])
        play.give(meetings[10])


def _young(play: Play, one: Directive, turn: int, day: date, past: Any) -> None:
    """Just given: waiting to be accepted, or disputed."""
    play.do(one, way.assign_owner, past(day, 1))
    if turn % 2 == 0:
        actor = play.city.controller(one.case.agency)
        play.do(one, way.dispute, past(day, 2), actor, reason="業務屬區公所權責。")


def _along(play: Play, one: Directive, turn: int, day: date, today: date, meetings: list[Meeting]) -> None:
    """Months filed so far; the last one owed by every fourth, proposed or ended by some."""
    month = first_of(day)
    filed = day
    while last_of(month) < today:
        opened = next_month(month)
        if opened > today:
            break
        last = next_month(opened) > today or last_of(opened) >= today
        if last and (turn % 4 == 0 or opened + timedelta(days=8) > today):
            play.do(one, way.open_month, opened, None, month=month)
            return
        filed = play.report(one, month)
        month = opened
    if one.case.stage != way.Stage.REPORTED:
        return
    decided = [m for m in meetings if m.held_on >= filed + timedelta(days=5) and m.held_on <= today]
    if turn % 4 == 1:
        when = min(filed + timedelta(days=2), today)
        play.do(one, way.propose, when, suggested=Disposition.RELEASE, opinion="已辦理完成。")
    elif turn % 4 == 2 and decided:
        play.do(one, way.keep_on, decided[0].held_on, meeting=decided[0], note="請加速辦理。")
    elif turn % 12 == 3 and decided:
        play.end(one, decided[-1], Disposition.RELEASE)
    elif turn % 12 == 7 and decided:
        play.end(one, decided[-1], Disposition.SELF_CONTROL)


__all__ = ["Agency", "load", "present"]
