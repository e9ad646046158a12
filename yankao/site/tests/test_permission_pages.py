"""The permission matrix in the product: for auditors and administrators, narrowed, and as a file."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from yankao.kernel.audit.models import Entry
from yankao.kernel.sheets import read
from yankao.site import permissions as matrix
from yankao.site import room_permissions as rooms

pytestmark = pytest.mark.django_db
PAGE, FILE = "/office/permissions/", "/office/permissions/export.csv"


def signed_in(user: Any, language: str = "zh-hant") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def table(client: Client, query: str = "", form: str = "csv") -> list[list[str]]:
    answer = client.get(f"/office/permissions/export.{form}?{query}")
    told = b"".join(answer)
    assert answer.status_code == 200
    if form == "csv":
        return list(csv.reader(io.StringIO(told.decode("utf-8-sig"))))
    sheet = read(told, f"matrix.{form}")
    return [sheet.header, *(row.cells for row in sheet.rows)]


def test_auditors_and_administrators_find_it_and_nobody_else_comes_in(cast: Any) -> None:
    for name in ("auditor", "admin"):
        assert PAGE in signed_in(getattr(cast, name)).get("/office/").content.decode()
    for name in ("officer", "rdec_commissioner", "mayor", "ethics", "councillor"):
        client = signed_in(getattr(cast, name))
        assert PAGE not in client.get("/office/").content.decode()
        assert [client.get(address).status_code for address in (PAGE, FILE)] == [403, 403]
    assert [Client().get(address).status_code for address in (PAGE, FILE)] == [302, 302]


def test_every_address_stands_there_with_its_audience(cast: Any) -> None:
    page = shown(signed_in(cast.auditor))
    assert len(re.findall('<tr><th scope="row"><code>', page)) == len(matrix.pages())
    assert "/cases/&lt;pk&gt;/" in page and "desk:case" in page and "依紀錄與權責" in page
    assert "(?P" not in page and "\\" not in page, "addresses are readable"


def test_a_role_shows_which_doors_open_to_it(cast: Any) -> None:
    client = signed_in(cast.auditor)
    row = r"<small[^>]*>desk:office_looks</small></th>.*?<td>([^<]*)</td></tr>"
    found = {role: re.search(row, shown(client, f"role={role}")) for role in ("auditor", "admin", "nobody")}
    assert {role: one[1] for role, one in found.items() if one} == {
        "auditor": "●",
        "admin": "·",
        "nobody": "·",
    }


def test_a_verb_leaves_what_does_it(cast: Any) -> None:
    page = shown(signed_in(cast.auditor), "verb=drill")
    names = set(re.findall(r"<small[^>]*>([a-z_0-9]+:[a-z_]+)</small>", page))
    assert names == {name for name, one in matrix.pages().items() if "drill" in one.verbs}
    hotspots = shown(signed_in(cast.auditor), "room=information.hotspots&verb=search&role=nobody")
    assert re.findall(r"<td>([^<]*)</td>", hotspots) == ["·"], "nobody who is not signed in searches cases"


def test_a_room_shows_its_classes_of_secrecy_and_the_custodian_of_accusations_alone_sees_the_sealed(
    cast: Any,
) -> None:
    page = shown(signed_in(cast.admin), "room=service.petitions&role=ethics&verb=read")
    heads = re.findall(r"<h2[^>]*>([^<]+)</h2>", page)
    assert heads == ["符號", "公開、機關內", "指定人員", "密"]
    sealed = page.partition(">密</h2>")[2]
    assert re.findall(r"<td>([^<]*)</td>", sealed) == ["●", "●"], "the case, and the data of its persons"
    chief = shown(signed_in(cast.admin), "room=service.petitions&role=rdec_chief&verb=read")
    assert re.findall(r"<td>([^<]*)</td>", chief.partition(">密</h2>")[2]) == ["○ef", "·"]
    assert "f 列於「指定人員」：他機關案件" in chief


def test_the_file_holds_every_row_with_a_sign_for_each_person(cast: Any) -> None:
    client = signed_in(cast.auditor)
    head, *rows = table(client)
    people = len(rooms.people())
    assert len(head) == 7 + people and {len(row) for row in rows} == {len(head)}
    told = sum(len(one.rows) for room in rooms.rooms_told() for one in room.tables)
    assert len(rows) == len(matrix.pages()) + told
    assert all(cell for row in rows for cell in row[6:-1])
    assert Entry.objects.filter(act="export", subject="permissions").exists()


def test_the_file_is_narrowed_as_the_page_is_in_both_forms(cast: Any) -> None:
    client = signed_in(cast.auditor)
    query = "room=service.petitions&role=ethics&verb=export"
    head, *rows = table(client, query)
    assert head[6] == "檢舉案件保管人" and [row[6] for row in rows] == ["·", "●", "●", "●"]
    assert table(client, query, "ods") == [head, *rows]
    page = client.get(f"{PAGE}?{query}").content.decode()
    assert f"export.csv?{query.replace('&', '&amp;')}" in page
    assert client.get("/office/permissions/export.xlsx").status_code == 404


def test_what_the_address_asks_in_vain_narrows_nothing(cast: Any) -> None:
    client = signed_in(cast.auditor)
    assert table(client, "room=x&role=y&verb=z") == table(client)


def test_in_english_it_speaks_english(cast: Any) -> None:
    page = shown(signed_in(cast.auditor, "en"), "room=service.petitions&role=auditor")
    assert "every agency" in page and "Permission matrix" in page
    assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"lang=\"zh[^>]*>[^<]*<", "", page)) == []
