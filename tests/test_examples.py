"""The worked examples: a room of each kind in at most sixty lines, and all that comes with it.

What a room of the product gets, each of them gets from its few declarations: list, case page and forms, the
programming interface, a file in and out, its figures with the records behind them, and a paragraph.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from examples.fire_drills import process as drills
from examples.old_trees import process as trees
from examples.old_trees.models import Tree
from examples.rain_gauges.models import Rain
from examples.slogans import process as slogans
from yankao.kernel.casework.process import Refused
from yankao.kernel.figures.declare import resolve
from yankao.kernel.intake import take
from yankao.kernel.journal import ingest
from yankao.kernel.journal.models import DeadLetter, Source
from yankao.kernel.review import rounds
from yankao.kernel.review.models import Assignment, Reviewer, Round, Sheet
from yankao.kernel.rooms import room
from yankao.kernel.sheets import read, write_csv
from yankao.report.api import as_period
from yankao.report.outline import Paragraph
from yankao.report.paragraph import source_of
from yankao.report.readings import Readings

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NAMES = ("old_trees", "rain_gauges", "fire_drills", "slogans")
CASES = ("old_trees", "fire_drills", "slogans")
MOST = 60
PARTS = ("models", "process", "journal", "figures")
OPENED = {
    "old_trees": {"tree_no": "KH-001", "species": "榕樹", "place": "公園", "girth": 320},
    "fire_drills": {"place": "市府大樓", "planned_on": date(2012, 3, 1)},
    "slogans": {"year": 101, "text": "走路看路"},
}
FIGURES = {"old_trees": "listed", "rain_gauges": "heavy", "fire_drills": "drilled", "slogans": "awarded"}
HALF = as_period("101H1")


def lines(name: str) -> int:
    """Lines of a room's declarations, all but the blank ones."""
    files = [EXAMPLES / name / f"{part}.py" for part in PARTS]
    told = [line for file in files if file.exists() for line in file.read_text().splitlines()]
    return len([line for line in told if line.strip()])


def opened(name: str, cast: Any, **more: Any) -> Any:
    if name == "slogans":
        Round.objects.get_or_create(
            kind="examples.slogans", code="101",
            defaults={"title": "101年標語徵選", "opens_on": date(2012, 3, 1), "closes_on": date(2012, 3, 31),
                      "appropriation": 2000},
        )  # fmt: skip
    found = room(f"examples.{name}")
    assert found.process
    facts = OPENED[name] | more
    return found.process.open(cast.rdec_controller, title="例", agency=cast.rdec, **facts)


def tree(cast: Any, number: str, since: date) -> Any:
    made = opened("old_trees", cast, tree_no=number)
    trees.enter(made, cast.rdec_controller, valid_from=since)
    return made


def rained(*told: str) -> ingest.Taken:
    source, _new = Source.objects.get_or_create(
        journal="examples.rain_gauges", code="north", defaults={"name": "北區", "format": "lines"}
    )
    return ingest.take(source, "\n".join((*told, "")).encode())


@pytest.mark.parametrize("name", NAMES)
def test_a_room_of_each_kind_takes_at_most_sixty_lines(name: str) -> None:
    assert 15 < lines(name) <= MOST


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_its_screens_are_there(name: str, client: Client, cast: Any) -> None:
    made = opened(name, cast)
    client.force_login(cast.rdec_controller)
    for address in (
        reverse("desk:list", args=[f"examples.{name}"]),
        reverse("desk:board", args=[f"examples.{name}"]),
        reverse("desk:open", args=[f"examples.{name}"]),
        reverse("desk:import", args=[f"examples.{name}"]),
        reverse("desk:case", args=[made.pk]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
    first = next(iter(room(f"examples.{name}").process.moves))
    assert client.get(reverse("desk:move", args=[made.pk, first])).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_the_programming_interface_describes_and_lists_it(name: str, client: Client, cast: Any) -> None:
    opened(name, cast)
    client.force_login(cast.rdec_controller)
    listed = client.get(f"/api/rooms/examples.{name}/cases/")
    assert listed.status_code == 200 and "例" in json.dumps(listed.json(), ensure_ascii=False)
    described = client.get("/api/openapi.json").content.decode()
    assert f"examples.{name}" in described


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_its_figures_are_asked_by_name(name: str, client: Client, cast: Any) -> None:
    client.force_login(cast.rdec_controller)
    told = client.get(f"/api/figures/examples.{name}.{FIGURES[name]}/101H1/")
    assert told.status_code == 200 and "0" in told.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_what_is_on_record_goes_out_and_in_again(name: str, cast: Any) -> None:
    opened(name, cast)
    [only] = room(f"examples.{name}").imports
    header, rows = only.out(cast.rdec_controller)
    outcome = take(read(b"".join(write_csv(header, rows)), "x.csv"), only, cast.rdec_controller)
    assert (outcome.read, outcome.kept, outcome.refused) == (1, 1, [])


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_its_figures_make_a_paragraph(name: str, language: str) -> None:
    text = source_of(Paragraph(room(f"examples.{name}"), "六(三)4", ""), Readings(HALF), language)
    assert f"{{examples.{name}.{FIGURES[name]}}}" in text


@pytest.mark.django_db
def test_a_tree_is_on_the_register_from_the_day_it_is_entered_to_the_day_it_is_struck_off(cast: Any) -> None:
    made = tree(cast, "KH-001", date(2012, 3, 1))
    listed = resolve("examples.old_trees.listed")
    assert [listed(as_period(one)).count() for one in ("100H2", "101H1")] == [0, 1]
    trees.strike(made, cast.rdec_controller, valid_to=date(2012, 5, 1), reason="枯死")
    assert listed(HALF).count() == 0


@pytest.mark.django_db
def test_of_one_number_no_two_entries_hold_at_once(cast: Any) -> None:
    tree(cast, "KH-001", date(2012, 3, 1))
    with pytest.raises(ValidationError):
        tree(cast, "KH-001", date(2012, 4, 1))
    assert Tree.objects.filter(valid_from__isnull=False).count() == 1


@pytest.mark.django_db
def test_rain_told_twice_or_late_counts_once_and_what_cannot_be_read_waits() -> None:
    told = ("楠梓,2012-06-10T13:00,52.5", "旗山,2012-06-10T13:00,12", "楠梓,昨天,3")
    first, again = rained(*told), rained(*told)
    late = rained("旗山,2012-06-10T14:00,40", *told[:2])
    assert (first.new, first.dead, again.repeated, late.new) == (2, 1, 1, 1)
    assert Rain.objects.count() == 3 and DeadLetter.objects.count() == 1
    assert resolve("examples.rain_gauges.heavy")(HALF).count() == 2


@pytest.mark.django_db
def test_who_looks_after_the_gauges_sees_what_came_in(client: Client, cast: Any) -> None:
    rained("楠梓,2012-06-10T13:00,52.5", "楠梓,昨天,3")
    client.force_login(cast.rdec_controller)
    page = client.get(reverse("desk:office_journal", args=["examples.rain_gauges"])).content.decode()
    assert "北區" in page and "請寫成" in page
    client.force_login(cast.officer)
    assert client.get(reverse("desk:office_journal", args=["examples.rain_gauges"])).status_code == 404


@pytest.mark.django_db
def test_heads_are_counted_from_the_roster_of_the_day(cast: Any) -> None:
    made = opened("fire_drills", cast)
    roster = [drills.Present("林怡君"), drills.Present("陳冠廷")]
    drills.sign_in(made, cast.rdec_controller, held_on=date(2012, 3, 2), roster=roster)
    drills.close(made, cast.rdec_controller, lessons="出口標示不足")
    assert resolve("examples.fire_drills.drilled")(HALF).count() == 2
    assert made.roster.filter(present=True).count() == 2


@pytest.mark.django_db
def test_a_slogan_is_judged_under_a_code_word_and_told_with_its_round(client: Client, cast: Any) -> None:
    chief, noon = cast.rdec_chief, datetime(2012, 4, 2, 12, tzinfo=UTC)
    sent = {"opened_on": date(2012, 3, 20)}
    made = [opened("slogans", cast, text=words, **sent) for words in ("走路看路", "騎車戴帽")]
    for person in (cast.officer, cast.controller):
        Reviewer.objects.create(name=person.name, user=person, valid_from=date(2012, 1, 1))
    for one in made:
        slogans.admit(one, cast.rdec_controller)
    round = Round.objects.get(kind="examples.slogans")
    assert rounds.assign_all(round, chief, at=noon) == (4, [])
    with pytest.raises(Refused):
        slogans.tell(made[0], cast.rdec_controller, place="first")
    better = Sheet.objects.get(case=made[1].case)
    for one in Assignment.objects.select_related("reviewer__user", "sheet"):
        mark = Decimal(90 if one.sheet == better else 60)
        rounds.score(one, one.reviewer.user, {"wit": mark, "aim": mark}, at=noon)
    assert sorted(one.result for one in rounds.table(round)) == [60, 90]
    client.force_login(cast.auditor)
    page = client.get(reverse("desk:case", args=[made[1].pk])).content.decode()
    assert better.code not in page
    assert "第一名" not in page
    lines = rounds.table(round)
    told = {one.sheet.code: rounds.Decision("first" if one.sheet == better else "") for one in lines}
    rounds.decide(round, chief, rounds.Meeting(date(2012, 4, 2), "三位委員", "照案"), told, at=noon)
    assert rounds.announce(round, chief, at=noon) == 2
    assert [one.text for one in resolve("examples.slogans.awarded")(HALF)] == ["騎車戴帽"]
    made[0].refresh_from_db()
    assert (made[0].case.stage, made[0].place) == ("told", "")
