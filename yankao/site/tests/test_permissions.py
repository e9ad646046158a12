"""The permission matrix: no address without a line, no line without an address, the page of it fresh, and the
rooms' part is what the duties really answer.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings

from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import processes
from yankao.kernel.people.models import Post, Role, User
from yankao.site import permissions as matrix

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


@pytest.mark.parametrize("kind", ["control.programme", "research.trips", "service.petitions"])
def test_a_cell_is_what_the_duty_answers_for_somebody_of_that_role(cast: Any, kind: str) -> None:
    process = processes[kind]
    stage = next(iter(process.stages.values))
    people = {}
    for role in Role.values:
        people[role] = User.objects.create(username=f"cell.{role}", name=role)
        Post.objects.create(user=people[role], agency=cast.water, role=role)
    duties = [process.sees, process.opened_by, process.amended_by, *(m.by for m in process.moves.values())]
    duties = list(dict.fromkeys(duties))
    for role, user in people.items():
        cases = {
            relation: Case(
                kind=kind, number=f"{role}-{relation}", title="案", agency=agency, officer=officer,
                stage=stage, opened_on=date(2012, 3, 1), security="agency",
            )
            for relation, agency, officer in (("own", cast.water, user), ("agency", cast.water, cast.officer),
                                              ("other", cast.works, cast.works_officer))
        }  # fmt: skip
        Case.objects.bulk_create(cases.values())
        for duty in duties:
            told = matrix.cell(duty, (stage,), role)
            if told is not None:
                real = {name for name, case in cases.items() if duty.held_by(user, case)}
                listed = {
                    name for name, case in cases.items()
                    if Case.objects.filter(duty.cases(user), pk=case.pk).exists()
                }  # fmt: skip
                assert real == set(told) == listed, (role, duty.name)
