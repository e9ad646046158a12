"""The floor of a list page: the least one can do, one hand-written statement for the rows, one for the count,
f-strings; and the floor of any page, an empty answer through all middleware.
"""

from __future__ import annotations

from html import escape
from typing import Any

from .city import KIND

SIZE = 50
ROWS = (
    "SELECT c.id, c.number, c.title, a.name, u.name, c.stage, c.opened_on, c.due_at, f.place, f.found_on "
    "FROM casework_case c JOIN people_agency a ON a.id = c.agency_id "
    "LEFT JOIN people_user u ON u.id = c.officer_id LEFT JOIN lost_property_find f ON f.case_id = c.id "
    "WHERE c.kind = %s AND c.agency_id = %s AND c.stage = %s {beyond} "
    "ORDER BY c.opened_on DESC, c.id DESC LIMIT 51"
)
COUNT = (
    "SELECT COUNT(*) FROM (SELECT 1 FROM casework_case WHERE kind = %s AND agency_id = %s AND stage = %s "
    "LIMIT 1001) t"
)
shell = ["", ""]
"""Our own page before and behind its rows: the floor sends it as text."""


def _row(row: tuple[Any, ...]) -> str:
    pk, number, title, agency, officer, stage, opened, due, place, found = row
    told = escape(number)
    return (
        f'<tr class="r" role="row"><td class="ck" role="cell"><label><input type="checkbox" name="id"'
        f' value="{told}" aria-label="選取 {told}"></label></td><td role="cell" class="c-subject">'
        f'<a class="sub" href="/cases/{pk}/">{escape(title)}</a>'
        f'<div class="meta"><span>{told}</span><span>{escape(agency)}</span></div></td>'
        f'<td role="cell" class="lab">{escape(place or "")}</td><td role="cell" class="date lab">{found}</td>'
        f'<td role="cell" class="c-tag"><span class="tag">{escape(stage)}</span></td>'
        f'<td role="cell">{due or ""}</td>'
        f'<td role="cell" class="c-person"><span class="who">{escape(officer or "")}</span></td>'
        f'<td role="cell" class="date lab">{opened}</td></tr>'
    )


def floor(request: Any) -> Any:
    """The page narrowed by agency and stage, its first or the one behind `after`."""
    from django.db import connection
    from django.http import HttpResponse, HttpResponseForbidden

    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    parameters: list[Any] = [KIND, int(request.GET["agency"][1:]), request.GET["stage"]]
    beyond, count = "", 0
    with connection.cursor() as cursor:
        if key := request.GET.get("after"):
            day, _dot, pk = key.partition(".")
            beyond = "AND (c.opened_on, c.id) < (%s, %s)"
            parameters += [day, int(pk)]
        else:
            cursor.execute(COUNT, parameters)
            count = cursor.fetchone()[0]
        cursor.execute(ROWS.format(beyond=beyond), parameters)
        rows = cursor.fetchall()
    body = "".join(map(_row, rows[:SIZE]))
    return HttpResponse(f"{shell[0]}{body}{count}{shell[1]}")


PETITIONS = "service.petitions"
PETITION_ROWS = (
    "SELECT c.id, c.number, c.title, a.name, u.name, c.stage, c.opened_on, c.due_at, p.kind, p.channel, "
    "p.category_id, p.disposition, p.days FROM casework_case c JOIN people_agency a ON a.id = c.agency_id "
    "LEFT JOIN people_user u ON u.id = c.officer_id JOIN petitions_petition p ON p.case_id = c.id "
    "WHERE c.kind = %s AND c.agency_id = %s AND c.stage = %s {beyond} "
    "ORDER BY c.opened_on DESC, c.id DESC LIMIT 51"
)
petition_shell = ["", ""]


def _petition(row: tuple[Any, ...]) -> str:
    pk, number, title, agency, officer, stage, opened, due, kind, channel, category, disposition, days = row
    told = escape(number)
    return (
        f'<tr class="r" role="row"><td class="ck" role="cell"><label><input type="checkbox" name="id"'
        f' value="{told}" aria-label="選取 {told}"></label></td><td role="cell" class="c-subject">'
        f'<a class="sub" href="/cases/{pk}/">{escape(title)}</a>'
        f'<div class="meta"><span>{told}</span><span>{escape(agency)}</span></div></td>'
        f'<td role="cell" class="lab">{kind}</td><td role="cell" class="lab">{channel}</td>'
        f'<td role="cell" class="lab">{escape(category or "")}</td><td role="cell">{disposition}</td>'
        f'<td role="cell" class="num">{days if days is not None else ""}</td>'
        f'<td role="cell" class="c-tag"><span class="tag">{escape(stage)}</span></td>'
        f'<td role="cell">{due or ""}</td>'
        f'<td role="cell" class="c-person"><span class="who">{escape(officer or "")}</span></td>'
        f'<td role="cell" class="date lab">{opened}</td></tr>'
    )


def petitions_floor(request: Any) -> Any:
    """The staff's list of petitions narrowed by agency and stage, page 1 or the one behind `after`."""
    from django.db import connection
    from django.http import HttpResponse, HttpResponseForbidden

    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    parameters: list[Any] = [PETITIONS, int(request.GET["agency"][1:]), request.GET["stage"]]
    beyond, count = "", 0
    with connection.cursor() as cursor:
        if key := request.GET.get("after"):
            day, _dot, pk = key.partition(".")
            beyond = "AND (c.opened_on, c.id) < (%s, %s)"
            parameters += [day, int(pk)]
        else:
            cursor.execute(COUNT, parameters)
            count = cursor.fetchone()[0]
        cursor.execute(PETITION_ROWS.format(beyond=beyond), parameters)
        rows = cursor.fetchall()
    body = "".join(map(_petition, rows[:SIZE]))
    return HttpResponse(f"{petition_shell[0]}{body}{count}{petition_shell[1]}")


def nothing(request: Any) -> Any:
    """An empty page for a signed-in person."""
    from django.http import HttpResponse, HttpResponseForbidden

    return HttpResponse("") if request.user.is_authenticated else HttpResponseForbidden()
