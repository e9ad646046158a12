"""A call is put together from what the exchange tells, in any order, any number of times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from yankao.kernel.journal import ingest, reconciling, rollup, sealing, tasks
from yankao.kernel.journal.models import DeadLetter, Source
from yankao.kernel.notice.models import Notice
from yankao.kernel.period import Period
from yankao.service.calls import figures, levels
from yankao.service.calls.exchange import queue_log
from yankao.service.calls.exchange.telling import plain_number
from yankao.service.calls.journal import calls
from yankao.service.calls.models import UNENDED, Agent, AgentEvent, Call, CallInterval, Queue, State
from yankao.service.calls.parts import BLANK, COLUMNS, merge, parts_of, row_of

from .conftest import MORNING

CALL = (
    "0|a|1999|NONE|ENTERQUEUE||0912345678|1",
    "7|a|1999|PJSIP/1|CONNECT|7|b|3",
    "107|a|1999|PJSIP/1|COMPLETEAGENT|7|100|1",
)


def row() -> tuple[Any, ...]:
    found: tuple[Any, ...] = Call.objects.values_list("state", "wait", "talk").get()
    return found


def test_an_answered_call_has_its_wait_and_its_talk(tell: Callable[..., Any]) -> None:
    tell(*CALL)
    assert row() == (State.COMPLETED, 7, 100)
    one = Call.objects.select_related("queue", "agent").get()
    assert (one.queue.code, one.agent and one.agent.code, str(one.day)) == ("1999", "PJSIP/1", "2012-03-07")
    assert "0912345678" not in one.caller


def test_seconds_waited_are_the_first_number_of_an_answer_and_the_third_of_a_hang_up(
    tell: Callable[..., Any],
) -> None:
    tell("0|x|1999|NONE|ENTERQUEUE||0912|5", "33|x|1999|NONE|ABANDON|2|5|33")
    assert row() == (State.ABANDONED, 33, None)


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("60|a|1999|NONE|EXITWITHTIMEOUT|1|1|60", State.LEFT),
        ("60|a|1999|NONE|EXITWITHKEY|2|1|1|60", State.LEFT),
        ("60|a|1999|NONE|EXITEMPTY|1|1|60", State.LEFT),
        ("67|a|1999|PJSIP/1|BLINDTRANSFER|2700|agencies|7|60|1", State.TRANSFERRED),
        ("67|a|1999|PJSIP/1|ATTENDEDTRANSFER|BRIDGE|x|7|60|1", State.TRANSFERRED),
    ],
)
def test_every_way_out_of_the_queue_has_a_state(tell: Callable[..., Any], line: str, state: State) -> None:
    tell(*(CALL[:1] if state == State.LEFT else CALL[:2]), line)
    assert row()[0] == state


def test_a_call_without_an_end_is_open_until_its_exchange_starts_anew(tell: Callable[..., Any]) -> None:
    tell(*CALL[:2])
    assert row() == (State.TALKING, 7, None)
    tell("500|NONE|NONE|NONE|QUEUESTART|")
    assert row() == (State.LOST, 7, None)
    assert CallInterval.objects.get().lost == 1
    tell("501|later|1999|NONE|ENTERQUEUE||0912|1")
    assert set(Call.objects.values_list("external_id", "state")) == {("a", "lost"), ("later", "waiting")}


def test_a_restart_that_is_told_before_its_calls_loses_them_too(tell: Callable[..., Any]) -> None:
    tell("500|NONE|NONE|NONE|QUEUESTART|")
    tell(*CALL[:1])
    assert row()[0] == State.LOST


def test_an_end_that_comes_late_ends_the_lost_call(tell: Callable[..., Any]) -> None:
    tell(*CALL[:2], "500|NONE|NONE|NONE|QUEUESTART|")
    tell(CALL[2])
    assert row() == (State.COMPLETED, 7, 100)
    assert CallInterval.objects.get().lost == 0


def test_a_call_longer_than_any_call_lasts_is_lost(tell: Callable[..., Any]) -> None:
    tell(*CALL[:2], f"{5 * 3600}|later|1999|NONE|ENTERQUEUE||0912|1")
    assert Call.objects.get(external_id="a").state == State.LOST


def test_a_log_that_begins_in_the_middle_still_tells_a_call(tell: Callable[..., Any]) -> None:
    tell(CALL[2])
    assert row() == (State.COMPLETED, 7, 100)
    one = Call.objects.get()
    assert int(one.entered.timestamp()) == MORNING
    tell(CALL[0], CALL[1])
    assert row() == (State.COMPLETED, 7, 100)
    assert Call.objects.get().caller


def test_a_caller_handed_from_queue_to_queue_is_one_call(tell: Callable[..., Any]) -> None:
    tell(
        CALL[0], "60|a|1999|NONE|EXITWITHTIMEOUT|1|1|60", "60|a|night|NONE|ENTERQUEUE||0912345678|1",
        "75|a|night|PJSIP/2|CONNECT|15|b|2", "175|a|night|PJSIP/2|COMPLETECALLER|15|100|1",
    )  # fmt: skip
    assert row() == (State.COMPLETED, 75, 100)
    assert Call.objects.get().queue.code == "1999"


def test_what_cannot_be_read_waits_with_its_reason(tell: Callable[..., Any]) -> None:
    tell("0|a|1999|NONE|ABANDON|1", "1|a|1999|NONE|NOSUCHTHING|1", "2|NONE|NONE|NONE|CONFIGRELOAD|", *CALL)
    assert list(DeadLetter.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert row() == (State.COMPLETED, 7, 100)


def test_the_live_feed_and_the_log_of_one_exchange_make_one_call(
    tell: Callable[..., Any], source: Source
) -> None:
    live = Source.objects.create(
        journal="service.calls", code="ami", name="AMI", format="ami", same_as=source
    )
    events = (
        "Event: QueueCallerJoin\nUniqueid: a\nQueue: 1999\nCallerIDNum: 0912345678\n"
        f"YankaoAt: {MORNING + 1}\n\n"
        "Event: AgentConnect\nUniqueid: a\nQueue: 1999\nMemberName: PJSIP/1\nHoldTime: 7\n"
        f"YankaoAt: {MORNING + 8}\n\n"
    )
    ingest.take(live, events.encode())
    assert row() == (State.TALKING, 7, None)
    tell(*CALL)
    assert row() == (State.COMPLETED, 7, 100)
    assert int(Call.objects.get().entered.timestamp()) == MORNING


def test_agents_come_go_and_pause_once_however_often_it_is_told(tell: Callable[..., Any]) -> None:
    lines = (
        "0|NONE|1999|PJSIP/1|ADDMEMBER|",
        "9|NONE|1999|PJSIP/1|PAUSE|午餐",
        "99|NONE|1999|PJSIP/1|UNPAUSE|",
    )
    tell(*lines)
    tell(*lines[1:])
    assert list(AgentEvent.objects.order_by("at").values_list("kind", "reason")) == [
        ("in", ""), ("pause", "午餐"), ("resume", ""),
    ]  # fmt: skip


def test_the_log_is_reconciled_with_the_detail_records(tell: Callable[..., Any]) -> None:
    tell(*CALL, "5|b|1999|NONE|ENTERQUEUE||0912|1")
    second = Source.objects.create(journal="service.calls.cdr", code="cdr", name="CDR", format="cdr")
    line = (
        '"","0912","1999","in","","SIP/x","","{app}","1999","2012-03-07 10:00:0{n}","","",9,8,'
        '"ANSWERED","","{id}",""\n'
    )
    text = line.format(app="Queue", n=0, id="a") + line.format(app="Playback", n=1, id="p")
    ingest.take(second, (text + line.format(app="Queue", n=2, id="c") + "short,line\n").encode())
    found = reconciling.reconcile(calls_source(), second, Call.objects.values_list("day", flat=True)[0])
    assert (found.count, found.second_count, found.examples) == (2, 2, ["+c", "-b"])
    assert DeadLetter.objects.count() == 1


def calls_source() -> Source:
    return Source.objects.get(journal="service.calls")


def test_a_closed_exchange_is_read_by_its_mapped_columns(source: Source) -> None:
    mapped = Source.objects.create(
        journal="service.calls", code="acd", name="ACD", format="mapped_csv",
        settings={
            "header": ["Call ID", "Skill", "Start", "Answer", "End", "Agent"],
            "columns": {"id": "Call ID", "queue": "Skill", "entered": "Start", "answered": "Answer",
                        "ended": "End", "agent": "Agent"},
            "time": "%Y/%m/%d %H:%M:%S",
        },
    )  # fmt: skip
    text = (
        "\ufeffCall ID,Skill,Start,Answer,End,Agent\n"
        '1,諮詢,2012/03/07 10:00:00,2012/03/07 10:00:12,2012/03/07 10:02:12,"A,1"\n'
        "2,諮詢,2012/03/07 10:01:00,,2012/03/07 10:01:44,\n"
        "3,諮詢,tomorrow,,,\n"
        "4,諮詢,2012/03/07 10:05:00,2012/03/07 10:04:00,,\n"
    )
    ingest.take(mapped, text.encode())
    told = list(Call.objects.order_by("external_id").values_list("state", "wait", "talk"))
    assert told == [(State.COMPLETED, 12, 120), (State.ABANDONED, 44, None)]
    assert [one.number for one in DeadLetter.objects.order_by("number")] == [4, 5]


@pytest.mark.parametrize("given", ["+886912345678", "886912345678", '"王先生" <0912345678>', "0912-345-678"])
def test_one_number_however_written_is_one_caller(given: str) -> None:
    assert plain_number(given) == "0912345678"


# ── Rules with edges ────────────────────────────────────────────────────────────────────────────────

starts = st.tuples(
    st.integers(0, 2), st.integers(MORNING, MORNING + 90), st.integers(1, 3), st.sampled_from(("", "p"))
)
answers = st.tuples(
    st.integers(0, 2), st.integers(MORNING, MORNING + 90), st.integers(0, 90), st.integers(0, 3)
)
ends = st.tuples(
    st.integers(0, 2), st.integers(-MORNING - 300, -MORNING),
    st.sampled_from(("ABANDON", "COMPLETECALLER", "EXITEMPTY")), st.integers(0, 90),
)  # fmt: skip
nothing = parts_of(BLANK)
rows = st.builds(
    row_of,
    starts,
    st.one_of(answers, st.just(nothing[1])),
    st.one_of(ends, st.just(nothing[2])),
)


@given(rows, rows, rows)
@settings(max_examples=200, deadline=None)
def test_merging_is_idempotent_commutative_and_associative(a: Any, b: Any, c: Any) -> None:
    assert merge(a, a) == a
    assert merge(a, BLANK) == a
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


def lines_of(draw: Any) -> list[str]:
    told = []
    for number in range(draw(st.integers(1, 5))):
        came = draw(st.integers(0, 5000))
        wait, talk = draw(st.integers(0, 150)), draw(st.integers(1, 900))
        queue = draw(st.sampled_from(("1999", "1999-web")))
        told.append(f"{came}|c{number}|{queue}|NONE|ENTERQUEUE||09{number}|1")
        match draw(st.sampled_from(("answered", "gone", "left", "open"))):
            case "answered":
                told.append(f"{came + wait}|c{number}|{queue}|PJSIP/1|CONNECT|{wait}|b|1")
                told.append(f"{came + wait + talk}|c{number}|{queue}|PJSIP/1|COMPLETECALLER|{wait}|{talk}|1")
            case "gone":
                told.append(f"{came + wait}|c{number}|{queue}|NONE|ABANDON|1|1|{wait}")
            case "left":
                told.append(f"{came + wait}|c{number}|{queue}|NONE|EXITEMPTY|1|1|{wait}")
    if draw(st.booleans()):
        told.append(f"{draw(st.integers(0, 6000))}|NONE|NONE|NONE|QUEUESTART|")
    return told


logs = st.composite(lambda draw: draw(st.permutations(lines_of(draw))))()


def facts() -> list[tuple[Any, ...]]:
    names = [name for name in COLUMNS if name not in ("queue_id", "agent_id")]
    return list(
        Call.objects.order_by("external_id").values_list("external_id", "queue__code", "agent__code", *names)
    )


def kept() -> list[tuple[Any, ...]]:
    skip = {"id", "queue"}
    names = [field.name for field in CallInterval._meta.concrete_fields if field.name not in skip]
    return list(CallInterval.objects.order_by("slot", "queue__code").values_list("queue__code", *names))


@given(log=logs, cuts=st.lists(st.integers(0, 20), max_size=4), data=st.data())
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
def test_sums_kept_as_the_log_is_told_equal_those_told_anew_from_the_raw(
    source: Source, tell: Callable[..., Any], log: list[str], cuts: list[int], data: Any
) -> None:
    """Whatever pieces, order, repetition or lateness: the same facts, and sums equal to the facts."""
    from django.db import transaction

    with transaction.atomic():
        places = sorted({min(cut, len(log)) for cut in cuts} | {0, len(log)})
        for first, last in pairwise(places):
            tell(*log[first:last])
            tell(*log[max(0, first - 2) : last])
        told, sums = facts(), kept()
        assert rollup.differences(calls) == []
        ingest.rebuild(calls)
        assert (facts(), kept()) == (told, sums)
        Call.objects.all().delete()
        CallInterval.objects.all().delete()
        tell(*data.draw(st.permutations(log)), "1|NONE|NONE|NONE|SYSCOMPAT|")
        assert (facts(), kept()) == (told, sums)
        transaction.set_rollback(True)


@given(
    st.lists(st.tuples(st.integers(0, 150), st.booleans()), min_size=1, max_size=40),
    st.sampled_from((10, 20, 60)),
)
@settings(max_examples=60, deadline=None)
def test_a_level_from_sums_is_the_level_of_the_calls(waits: list[tuple[int, bool]], limit: int) -> None:
    """The five definitions against a plain count, without a database."""
    answered = [wait for wait, was in waits if was]
    gone = [wait for wait, was in waits if not was]
    sums = {"offered": len(waits), "answered": len(answered)}
    for one in (5, limit):
        sums[f"in_{one}"] = sum(wait <= one for wait in answered)
        sums[f"out_{one}"] = sum(wait <= one for wait in gone)
    quick, left = sums[f"in_{limit}"], sums[f"out_{limit}"]
    expected = {
        "SL_a/1": (quick, len(waits)),
        "SL_b/1": (quick, len(waits) - left),
        "SL_c/1": (quick, len(waits) - sums["out_5"]),
        "SL_d/1": (quick + left, len(waits)),
        "SL_e/1": (quick, len(answered)),
    }
    assert {code: level.of(sums, limit, 5) for code, level in levels.LEVELS.ways.items()} == expected


# ── Figures ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_in_a_queue_that_is_not_on_record_is_refused_with_its_block(source: Source) -> None:
    row = row_of((0, MORNING, 10**6, ""), (3, 0, 0, 0), (3, 0, "", 0))
    with pytest.raises(IntegrityError, match="queue_id"), transaction.atomic():
        ingest.merge_rows(calls, source, {"a": row}, None)
    assert not Call.objects.exists()


def test_figures_print_the_definition_and_fall_apart_when_sums_do(tell: Callable[..., Any]) -> None:
    period = Period.parse("101H1")
    tell(*CALL, "0|x|1999|NONE|ENTERQUEUE||0912|5", "33|x|1999|NONE|ABANDON|2|5|33")
    assert figures.handled.value(period) == 1
    assert figures.service_level.value(period) == 50
    assert "SL_b/1" in figures.service_level.defined(period)
    assert "20" in figures.service_level.defined(period)
    assert list(figures.level_from_intervals(period)) == []
    CallInterval.objects.update(answered=2)
    assert len(list(figures.level_from_intervals(period))) == 1
    assert figures.unequal() != []


def test_a_definition_that_changed_within_the_period_keeps_it_from_being_frozen(
    tell: Callable[..., Any], cast: Any
) -> None:
    from datetime import date

    from yankao.kernel.rules import values

    tell(*CALL)
    values.change(cast.rdec_chief, "service.calls.level", "SL_a/1", date(2012, 4, 1), "測試")
    assert len(list(figures.level_from_intervals(Period.parse("101H1")))) == 1
    assert levels.chosen(date(2012, 3, 31)).level.code == "SL_b/1"
    with pytest.raises(ValueError, match="SL_z"):
        values.change(cast.rdec_chief, "service.calls.level", "SL_z/1", date(2012, 4, 1), "測試")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone overlooks the index")
def test_calls_on_the_line_are_found_without_walking_through_all_calls(source: Source) -> None:
    """The last restart is looked for after every block: a walk through the whole table would end a city's
    reading.
    """
    for asked in (Call.objects.filter(UNENDED), Call.objects.filter(UNENDED, source=source, entered__lt=9)):
        assert "calls_unended" in asked.explain()


# ── What is done by night ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def files(source: Source, tmp_path: Path) -> Path:
    """Yesterday's log of three calls and the exchange's own list of two of them and another."""
    noon = int(timezone.now().timestamp()) - 86400
    log = "".join(f"{noon + n}|{name}|1999|NONE|ENTERQUEUE||0912|1\n" for n, name in enumerate("abc"))
    (tmp_path / "queue_log").write_text(log)
    day = timezone.localtime(timezone.now() - timedelta(days=1))
    line = (
        '"","0912","1999","in","","SIP/1","","Queue","1999",{at},{at},{at},9,9,'
        '"ANSWERED","DOCUMENTATION","{id}",""\n'
    )
    text = "".join(line.format(at=f'"{day:%Y-%m-%d %H:%M:%S}"', id=name) for name in "abz")
    (tmp_path / "Master.csv").write_text(text)
    Source.objects.filter(pk=source.pk).update(address=str(tmp_path / "queue_log"))
    Source.objects.create(
        journal="service.calls.cdr",
        code="cdr",
        name="通聯",
        format="cdr",
        address=str(tmp_path / "Master.csv"),
    )
    return tmp_path


def test_files_are_followed_by_the_worker_and_days_that_differ_are_told_once(
    files: Path, staff: dict[str, Any]
) -> None:
    assert tasks.follow_files.func() == 6
    assert tasks.follow_files.func() == 0  # read half a minute ago at most
    Source.objects.update(read_at=timezone.now() - timedelta(minutes=1))
    with (files / "queue_log").open("a") as log:
        log.write(f"{int(timezone.now().timestamp())}|d|1999|NONE|ENTERQUEUE||0912|1\n")
    assert tasks.follow_files.func() == 1
    assert tasks.reconcile_nightly.func() == 1
    notice = Notice.objects.get()
    assert notice.user == staff["lead"] and "1筆" in notice.text and notice.link
    assert tasks.reconcile_nightly.func() == 0 and Notice.objects.count() == 1


def test_raw_data_past_its_months_is_forgotten_and_the_calls_stay(
    tell: Callable[..., Any], source: Source
) -> None:
    tell(*CALL)
    today = timezone.localdate()
    assert tasks.forget_before(today) == 0
    past = date(today.year + 2, today.month, 1)
    assert tasks.forget_before(past) == 0  # twenty-four months are kept
    assert tasks.forget_before(past + timedelta(days=31)) == 1
    assert tasks.forget_before(past + timedelta(days=31)) == 0
    assert row() == (State.COMPLETED, 7, 100)
    with pytest.raises(sealing.Forgotten):
        ingest.replay(calls)


# ── The city, which stays until the module ends ─────────────────────────────────────────────────────


def test_the_scaled_city_gives_scaled_figures(small_city: Any, db: Any) -> None:
    period = Period.parse("101H1")
    assert figures.handled.value(period) == 3154 + 565
    assert figures.abandoned.value(period) == 92
    assert list(figures.level_from_intervals(period)) == []
    assert figures.handled.only(channel="web_phone").value(period) == 16
    assert Queue.objects.count() == 3
    assert Agent.objects.filter(user=None).exists()
    assert queue_log.QUIET
