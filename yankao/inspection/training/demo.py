"""示範資料 The courses of the reference half-year with every attendee, and trainings around today.

The half-year is functional spec part I: 93, 50, 34 and 45 people, each a row of attendance. Names are
synthetic.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from yankao.kernel.casework.archive import Archive
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.session.models import QUESTIONS, Way
from yankao.kernel.session.roll import begins, ends, reckon

from . import process as way
from .models import Course, Opinion, Presence, Training

SEED = 1010430
HALL = "市府第一會議室"

COURSES: tuple[tuple[str, str, str, str, str], ...] = (
    ("building-faults", "建築工程常見缺失", "Faults of building works", "監造人員", "5.01.01 5.02.01"),
    ("quality-faults", "公共工程品質查核常見缺失", "Inspection faults", "承辦人員", "4.02.01 4.02.03"),
    ("drawings", "設計圖說審查", "Reviewing drawings and plans", "設計與審查人員", "4.01.01 4.01.02"),
    ("quality-managers", "品質管理人員班", "Class for quality managers", "品管人員", "4.03.01 4.03.03"),
    ("safety", "工地職業安全衛生", "Safety and health on site", "工地負責人與監造人員", "5.14.01 5.14.03"),
)  # fmt: skip

SUNDAYS = tuple(date(2012, 5, 20) + timedelta(weeks=n) for n in range(10))
REFERENCE: tuple[tuple[str, int, str, str, tuple[date, ...]], ...] = (
    ("building-faults", 93, "", "四維行政中心中庭會議室", (date(2012, 4, 30),)),
    ("quality-faults", 50, "高雄市土木技師公會", "鳳山行政中心大禮堂", (date(2012, 4, 30),)),
    ("drawings", 34, "", HALL, (date(2012, 6, 8),)),
    ("quality-managers", 45, "", "國立高雄應用科技大學", SUNDAYS),
)
"""Course, people, partner, place and days."""
TESTED = "quality-managers"
"""The course that ends with a test."""


def courses() -> dict[str, Course]:
    rows = [
        Course(code=code, name=name, name_en=english, audience=audience, faults=faults)
        for code, name, english, audience, faults in COURSES
    ]
    return {course.code: course for course in Course.objects.bulk_create(rows)}


def open_days(day: date, by: int) -> date:
    """The working day so many working days on (back when negative)."""
    return office_calendar().step(day, by)


class Play:
    """Plays trainings into an archive; `rng` makes every run the same."""

    def __init__(self, city: City, archive: Archive[Training], seed: int) -> None:
        self.archive = archive
        self.rng = random.Random(seed)
        self.city = replace(city, rng=self.rng)
        self.senders = [*city.agencies, *city.district_offices]

    @property
    def secretary(self) -> Any:
        return self.city.secretary

    def do(self, one: Training, move: Any, on: date, actor: Any = None, **given: Any) -> None:
        self.archive.move(one, move, actor or self.secretary, on, **given)

    def plan(self, course: Course, on: date, days: Sequence[date], place: str, partner: str = "") -> Training:
        one = self.archive.open(
            title=f"{days[0].year - 1911}年{course.name}",
            agency=self.city.rdec,
            on=on,
            officer=self.secretary,
            actor=self.secretary,
            course=course,
            partner=partner,
            lecturer="外聘講師",
        )
        rows = [way.SittingRow(day, "09:00", "17:00", place, 60) for day in days]
        self.do(one, way.schedule, on + timedelta(days=1), sittings=rows)
        return one

    def senders_of(self, people: int) -> list[Agency]:
        found = list(self.senders)
        self.rng.shuffle(found)
        return found[: max(people // 3, 1)]

    def places(self, one: Training, on: date, people: int) -> list[Agency]:
        agencies = self.senders_of(people)
        rows = [way.QuotaRow(agency, people // len(agencies) + 1) for agency in agencies]
        assert one.starts_on
        until = max(one.starts_on - timedelta(days=7), on)
        self.do(one, way.give_places, on, nominate_by=until, quotas=rows)
        return agencies

    def nominate(self, one: Training, on: date, people: int) -> None:
        """So many people, in turn of the agencies; no two of one name in an agency."""
        taken: set[tuple[str, int]] = set()
        by_agency: dict[int, list[str]] = {}
        quotas = way.quotas_of(one)
        for turn in range(people):
            agency = quotas[turn % len(quotas)].agency
            name = self.city.person_name()
            while (name, agency.pk) in taken:
                name = self.city.person_name()
            taken.add((name, agency.pk))
            by_agency.setdefault(agency.pk, []).append(name)
        for quota in quotas:
            if names := by_agency.get(quota.agency_id):
                actor = self.city.controller(quota.agency)
                rows = [way.Nominee(name) for name in names]
                self.do(one, way.nominate, on, actor, quota=quota, people=rows)

    def attend(self, one: Training, share: float = 1.0) -> None:
        """Everybody comes to the first sitting, most to the later ones; some late."""
        for number, sitting in enumerate(way.sittings_of(one)):
            for seat in way.seats_of(one):
                if (number and self.rng.random() > 0.94) or self.rng.random() > share:
                    continue
                arrived = begins(sitting) + timedelta(
                    minutes=self.rng.choice((-25, -18, -12, -8, -3, 2, 6, 24))
                )
                left = ends(sitting) + timedelta(minutes=self.rng.choice((-30, 1, 3, 5, 9)))
                row = Presence(seat=seat, sitting=sitting, arrived_at=arrived, left_at=left, way=Way.CODE)
                reckon(row, sitting)
                one.docket.added.append(row)
            sitting.closed_at = ends(sitting) + timedelta(hours=1)

    def test(self, one: Training) -> None:
        """A test on the last day; drawn by a seed of its own, so that nothing else of the city moves."""
        rng = random.Random(SEED + 45)
        for seat in way.seats_of(one):
            seat.score = Decimal(rng.choice((64, 68, 72, 75, 78, 80, 82, 85, 88, 90, 94)))

    def ask(self, one: Training, share: float) -> None:
        """Answers of some of those who came; the key is drawn by the seed, so that cities are alike."""
        came = {id(row.seat) for row in one.docket.added if isinstance(row, Presence)}
        for seat in way.seats_of(one):
            if id(seat) in came and self.rng.random() < share:
                seat.answered = True
                scores = {name: self.rng.choice((3, 4, 4, 5, 5)) for name, _label in QUESTIONS}
                words = self.rng.choice(("", "", "", "案例清楚，建議增加現場照片。", "時間可再長一些。"))
                key = uuid.UUID(int=self.rng.getrandbits(128), version=4)
                one.docket.added.append(Opinion(id=key, training=one, words=words, **scores))

    def invite(
        self, course: Course, days: Sequence[date], place: str, people: int, partner: str = ""
    ) -> Training:
        """Planned, places given, nominated and invited in good time before its first day."""
        first = days[0]
        one = self.plan(course, open_days(first, -30), days, place, partner)
        self.places(one, open_days(first, -26), people)
        self.nominate(one, open_days(first, -20), people)
        self.do(one, way.send_invitations, open_days(first, -5))
        return one

    def hold(self, one: Training, people_answer: float = 0.6) -> date:
        self.attend(one)
        self.ask(one, people_answer)
        assert one.ends_on
        day = open_days(one.ends_on, 1)
        self.do(one, way.hold, day)
        return day

    def close(self, one: Training, on: date) -> None:
        self.do(one, way.close, on, lessons="學員反映良好，下次增加缺失照片案例。")


def load(city: City) -> None:
    """The reference half-year."""
    catalogue = courses()
    with Archive(way.process) as archive:
        play = Play(city, archive, SEED)
        for code, people, partner, place, days in REFERENCE:
            one = play.invite(catalogue[code], days, place, people, partner)
            if code == TESTED:
                play.test(one)
            held = play.hold(one)
            play.close(one, open_days(held, 10))


def present(city: City, today: date) -> None:
    """Trainings around today: planned, asking for names, invited, just held, filed and called off."""
    catalogue = {course.code: course for course in Course.objects.all()}
    ahead = office_calendar().step
    with Archive(way.process) as archive:
        play = Play(city, archive, SEED + 1)
        play.plan(catalogue["safety"], ahead(today, -3), (ahead(today, 40),), HALL)
        asking = play.plan(catalogue["drawings"], ahead(today, -9), (ahead(today, 18),), HALL)
        play.places(asking, ahead(today, -6), 24)
        play.nominate(asking, ahead(today, -2), 10)
        play.invite(catalogue["building-faults"], (ahead(today, 2),), HALL, 30)
        called_off = play.invite(catalogue["quality-faults"], (ahead(today, 4),), HALL, 12)
        play.do(called_off, way.cancel, ahead(today, -1), reason="講師因故不能到場，另行安排。")
        play.hold(play.invite(catalogue["quality-faults"], (ahead(today, -8),), HALL, 28))
        filed = play.invite(catalogue["safety"], (ahead(today, -60),), HALL, 22)
        play.close(filed, min(ahead(play.hold(filed), 10), today))
        old = play.invite(catalogue["building-faults"], (ahead(today, -150),), HALL, 40)
        play.close(old, ahead(play.hold(old), 10))
