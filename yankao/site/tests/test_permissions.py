"""The permission matrix: no address without a line, no line without an address, the page of it fresh, and the
rooms' part is what the duties really answer.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from yankao.kernel.casework.models import Case, Security
from yankao.kernel.casework.process import processes
from yankao.kernel.people.models import Agency, Post, User
from yankao.kernel.vault.revealing import may_reveal
from yankao.service.petitions.models import Custodian, Joint
from yankao.service.petitions.tests.conftest import Desk, everybody
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


# ── Verbs ───────────────────────────────────────────────────────────────────────────────────────────


def takes(name: str, view: Any) -> set[str]:
    """The HTTP methods of a view, told by what guards it: Django's decorators, a class, the operations of the
    programming interface, Open311's own guard. Nothing where nothing guards it.
    """
    waiting, seen = [view], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if kind := getattr(one, "view_class", None):
            return {method.upper() for method in kind.http_method_names if hasattr(kind, method)}
        for held in (cell.cell_contents for cell in getattr(one, "__closure__", None) or ()):
            if isinstance(held, list | tuple) and held and set(held) <= HTTP:
                return set(held)
            if operations := getattr(held, "operations", None):
                asked = [each for each in operations if each.view_func.__name__ == name.partition(":")[2]]
                return {method for each in asked for method in each.methods}
            if callable(held):
                waiting.append(held)
        waiting += [below for mark in ("__wrapped__", "__func__") if (below := getattr(one, mark, None))]
    return set()


HTTP = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FILE = re.compile(r"\.(<(str|slug):form>|\(\?P<form>|(ics|geojson|atom|zip|jsonld|json|pem|ods|svg)\$?$)")


def test_what_takes_a_form_is_declared_to_write_and_nothing_else_is() -> None:
    told = {name: takes(name, view) for name, (_route, view) in matrix.book().items()}
    posted = {name for name, methods in told.items() if "POST" in methods}
    assert len(posted) > 120 and len([name for name, methods in told.items() if methods]) > 300
    declared = {name for name, page in matrix.pages().items() if "write" in page.verbs}
    assert sorted(posted ^ declared) == [], "a view that takes POST writes; one that does not writes nothing"
    shown = {name for name, methods in told.items() if methods and "GET" not in methods}
    verbs = {name: matrix.pages()[name].verbs for name in shown}
    assert {name: told for name, told in verbs.items() if set(told) - {"write", "api"}} == {}, (
        "there is no page"
    )


def test_what_answers_with_a_file_is_declared_to_give_one_out() -> None:
    files = {name for name, (route, _view) in matrix.book().items() if FILE.search(route)}
    assert len(files) > 30
    assert [name for name in sorted(files) if not {"export", "api"} & set(matrix.pages()[name].verbs)] == []


def test_what_programs_ask_is_declared_so_and_nothing_else_is() -> None:
    asked = {
        name for name, (route, _view) in matrix.book().items() if re.match("/(api|open311|healthz)", route)
    }
    declared = {name for name, page in matrix.pages().items() if "api" in page.verbs}
    assert sorted(asked ^ declared) == []


def test_what_leads_from_a_figure_to_its_records_is_declared_so() -> None:
    leading = {name for name, (route, _v) in matrix.book().items() if re.match("/(figures|f)/", route)}
    declared = {name for name, page in matrix.pages().items() if "drill" in page.verbs}
    assert leading <= declared


# ── Written ─────────────────────────────────────────────────────────────────────────────────────────


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


def test_the_matrix_says_of_each_petition_what_the_case_itself_says(cast: Any) -> None:
    """By the relation in which each person stands to it, and by what names them: asked to join, custody; the
    case itself, and who its petitioner is.
    """
    process = processes["service.petitions"]
    sees, told = process.sees, 0
    persons = [rooms.persons(process, sealed=sealed) for sealed in (False, True)]
    for kind, one in Desk(cast).each_kind().items():
        for name, user in everybody(cast).items():
            post = Post.objects.filter(user=user).first() if user else None
            who = post.role if post else rooms.NO_POST if user else rooms.NOBODY
            agency = post.agency_id if post else None
            case = one.case
            base = "own" if user and case.officer_id == user.pk else "other"
            base = "agency" if base == "other" and case.agency_id == agency else base
            named = (
                (Custodian, Custodian.objects.filter(petition=one, user=user)),
                (Joint, Joint.objects.filter(petition=one, agency=agency, withdrawn_at=None)),
            )
            ways = [
                rooms.Relation(base),
                *(rooms.Relation(base, table) for table, rows in named if rows.exists()),
            ]
            for duty, real in (
                (sees, sees.held_by(user or AnonymousUser(), case)),
                (persons[case.security == "secret"], may_reveal(one.petitioner, user or AnonymousUser())),
            ):
                found = bool(rooms.cell(duty, who, case.stage, case.security) & set(ways))
                assert found == real, (name, kind, str(duty.name))
                told += found
    assert told > 100
