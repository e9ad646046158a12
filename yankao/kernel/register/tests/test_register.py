"""Pages by keyset and open data, on the docket of the worked example."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.people.models import Agency
from yankao.kernel.register.open_data import Field, csv_of, json_of
from yankao.kernel.register.pages import BadCursor, page
from yankao.kernel.sheets import read

DAY = date(2012, 5, 1)


def walk(rows, size, way, start=""):
    """The keys met going from page to page in one direction."""
    seen, cursor = [], start
    while True:
        found = page(rows, "valid_from", size=size, **({way: cursor} if cursor else {}))
        seen.append([row.code for row in found.rows])
        cursor = getattr(found, way)
        if not cursor:
            return seen, found


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pages_meet_every_row_once_in_both_directions(size, django_assert_num_queries):
    for number in range(7):
        Agency.objects.create(
            code=f"A{number}", name=str(number), valid_from=DAY + timedelta(days=number // 3)
        )
    rows = Agency.objects.all()
    down, last = walk(rows, size, "older")
    flat = [code for part in down for code in part]
    assert flat == list(Agency.objects.order_by("-valid_from", "-pk").values_list("code", flat=True))
    if last.newer:
        up, top = walk(rows, size, "newer", last.newer)
        assert [code for part in reversed(up) for code in part] + down[-1] == flat
        assert top.newer == ""
    with django_assert_num_queries(1):
        page(rows, "valid_from", size=size)


@pytest.mark.parametrize("cursor", ["x", "2012-05-01", "2012-05-01.", "2012-13-01.4", ".", "2012-05-01.4.5"])
def test_an_address_that_names_no_place_is_refused(cursor):
    for way in ("older", "newer"):
        with pytest.raises(BadCursor):
            page(Agency.objects.all(), "valid_from", **{way: cursor})


FIELDS = (
    Field("name", "名稱", lambda row: row["name"]), Field("on", "日期", lambda row: row["on"]),
    Field("places", "地點", lambda row: row["places"]),
)  # fmt: skip


@given(
    st.lists(
        st.tuples(st.text(max_size=12), st.lists(st.text('甲乙,"\n', min_size=1, max_size=4), max_size=3)),
        max_size=4,
    )
)
def test_the_json_of_any_rows_is_json(given):
    rows = [{"name": name, "on": DAY, "places": places} for name, places in given]
    told = json.loads(b"".join(json_of("名冊", FIELDS, rows)))
    assert told["records"] == [
        {"name": row["name"], "on": "2012-05-01", "places": row["places"]} for row in rows
    ]


def test_the_csv_guards_what_could_run_and_keeps_what_it_says():
    rows = [{"name": "=1+1", "on": DAY, "places": ["東京", "大阪"]}]
    (row,) = read(b"".join(csv_of(FIELDS, rows)), "x.csv").rows
    assert row.cells[1:] == ["2012-05-01", "東京、大阪"]
    assert not b"".join(csv_of(FIELDS, rows)).decode("utf-8-sig").splitlines()[1].startswith("=")
