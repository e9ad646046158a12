"""The permission matrix: no address without a line, no line without an address, the page of it fresh, and the
rooms' part is what the duties really answer.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from yankao.kernel.casework.models import Case, Security
from yankao.kernel.casework.process import processes
from yankao.kernel.people.models import Agency, Post, User
from yankao.site import permissions as matrix
from yankao.site import room_permissions as rooms

RENEW = "renew it: yankao permissions --output docs/permissions.md"


def test_every_address_is_declared() -> None:
    assert matrix.undeclared() == [], "give it a line in yankao/site/page_permissions.py"
    assert matrix.outdated() == [], "declared, but not there any more"


def test_an_undeclared_view_fails(monkeypatch: Any) -> None:
    kept = dict(matrix.pages())
    kept.pop("desk:office_ledger")
    monkeypatch.setattr(matrix, "pages", lambda: kept)
    assert matrix.undeclared() == ["desk:office_ledger"]


def test_a_line_with_an_unknown_word_is_no_declaration(monkeypatch: Any) -> None:
    for line in (
        "desk:home look anybody",
        "desk:home read friends",
        "desk:home read",
        "a read own\na read own",
    ):
        monkeypatch.setattr(matrix, "PAGES", line)
        matrix.pages.cache_clear()
        with pytest.raises(ValueError):
            matrix.pages()
    matrix.pages.cache_clear()


def test_the_written_matrix_is_fresh(db: None) -> None:
    assert (settings.BASE_DIR / "docs" / "permissions.md").read_text("utf-8") == matrix.written("en"), RENEW


@pytest.mark.parametrize("security", Security.values)
@pytest.mark.parametrize(
    "kind", ["control.programme", "inspection.quality", "research.trips", "service.petitions"]
)
def test_a_cell_is_what_the_duty_answers_for_somebody_of_that_role(
    cast: Any, kind: str, security: str
) -> None:
    """Whether the one case is asked, or those of a list; the agency above counts as another one."""
    process = processes[kind]
    duties = [process.sees, process.opened_by, process.amended_by, *(m.by for m in process.moves.values())]
    stages = (process.stages.values[0], process.stages.values[-1])
    above = Agency.objects.create(code="above", name="上級機關", valid_from=date(2010, 12, 25))
    Agency.objects.filter(pk=cast.water.pk).update(parent=above)
    for who in rooms.people():
        user: Any = AnonymousUser()
        if who:
            user = User.objects.create(username=f"cell.{who}", name=who)
        if who not in (rooms.NOBODY, rooms.NO_POST):
            Post.objects.create(user=user, agency=cast.water, role=who)
        stands = [("agency", cast.water, cast.officer), ("other", cast.works, cast.works_officer),
                  ("other", above, cast.works_officer)]  # fmt: skip
        if who:
            stands.append(("own", cast.water, user))
        cases = [
            (relation, Case(
                kind=kind, number=f"{who}-{place}-{stage}", title="案", agency=agency, officer=officer,
                stage=stage, opened_on=date(2012, 3, 1), security=security,
            ))
            for stage in stages
            for place, (relation, agency, officer) in enumerate(stands)
        ]  # fmt: skip
        Case.objects.bulk_create(case for _relation, case in cases)
        for duty in dict.fromkeys(duties):
            listed = set(Case.objects.filter(duty.cases(user)).values_list("pk", flat=True))
            for relation, case in cases:
                told = rooms.Relation(relation) in rooms.cell(duty, who, case.stage, security)
                asked = duty.held_by(user, case)
                assert told == asked == (case.pk in listed), (who, duty.name, relation, case.stage)


def test_every_cell_of_every_room_has_a_sign_and_every_letter_its_meaning(db: None) -> None:
    signs = set(rooms.SIGNS.values()) | {"·"}
    for room in rooms.rooms_told():
        letters = {rooms.letter(place) for place in range(len(room.relations))}
        assert len(letters) == len(room.relations) <= 26
        used = set()
        for table in room.tables:
            for row in table.rows:
                assert tuple(row.cells) == rooms.people() and set(row.verbs) <= set(matrix.VERBS)
                for found in row.cells.values():
                    drawn = rooms.sign(found, room.relations)
                    used |= set(drawn)
        assert used - signs == letters, room.name


def test_what_may_be_done_in_some_stages_only_is_told_stage_by_stage(db: None) -> None:
    [petitions] = [room for room in rooms.rooms_told() if room.name == "service.petitions"]
    [named] = [table for table in petitions.tables if table.classes == ("指定人員",)]
    seeing = [row for row in named.rows if row.verbs == rooms.SEEING]
    chief = [
        ("已受理" in row.stages, rooms.sign(row.cells["rdec_chief"], petitions.relations)[0])
        for row in seeing
    ]
    assert sorted(chief) == [(False, "●"), (True, "○")], "the commission knows until it is given to an agency"
