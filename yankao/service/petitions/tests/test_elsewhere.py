"""Other systems' requests: merged names, missing places, days that agree, repeated and taken back files."""

from __future__ import annotations

import csv
import gzip
import io
import os
import resource
import time
from pathlib import Path

import pytest
from django.urls import reverse

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.process import Refused
from yankao.kernel.intake import take
from yankao.kernel.sheets.reading import read
from yankao.kernel.sheets.sheet import SheetError
from yankao.service.petitions.elsewhere import taking
from yankao.service.petitions.elsewhere.profiles import mappings
from yankao.service.petitions.models import Batch, Elsewhere

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
WANTED = {one.code: one for one in taking.IMPORTS}
shared = pytest.mark.skipif(not DATA.exists(), reason="../shared/data with the public files is absent")
pytestmark = pytest.mark.django_db
HEAD = (
    "service_request_id,requested_datetime,status,area,service_name,lat,long,service_notice,updated_datetime"
)


def table(*rows, head=HEAD):
    return read("\n".join([head, *rows]).encode(), "table.csv")


def public(name):
    (path,) = (DATA / name).glob("*.csv.gz")
    return read(path.read_bytes(), path.name), list(
        csv.DictReader(gzip.open(path, "rt", encoding="utf-8-sig"))
    )


def test_spellings_of_one_category_merge_by_the_rule_of_the_profile_and_are_told(desk):
    rows = [
        "UN1,2015-04-15 00:02:00.0,未處理,柳營區,髒亂及汙染,0,null,,",
        "UN2,2015-04-15 00:03:00.0,未處理,柳營區,髒亂及污染,22.99,120.21,很急,",
        "UN3,2015-04-15 00:04:00.0,未處理,柳營區,髒亂及汙染,,,,",
    ]
    outcome = take(table(*rows), WANTED["tainan-open1999"], desk.cast.rdec_controller)
    assert (outcome.read, outcome.kept, outcome.refused) == (3, 3, [])
    assert outcome.notes == ["2: 「髒亂及汙染」與「髒亂及污染」是同一分類（汙＝污），以下同。"]
    first, second, _third = Elsewhere.objects.order_by("number")
    assert {one.category for one in Elsewhere.objects.all()} == {"髒亂及污染"}
    assert (first.category_given, second.category_given) == ("髒亂及汙染", "髒亂及污染")
    assert (first.latitude, first.longitude) == (None, None)
    assert (second.latitude, second.longitude, second.more) == (22.99, 120.21, {"service_notice": "很急"})


def test_rows_that_cannot_be_kept_come_back_with_the_reason_and_the_others_stay(desk):
    rows = [
        "UN1,15 April,未處理,東區,噪音舉發,0,0,,",
        "UN2,2015-04-15 00:03:00.0,已完工,東區,噪音舉發,0,0,,2015-04-14 00:00:00.0",
        "UN3,2015-04-15 00:04:00.0,已完工,東區,噪音舉發,95,120,,",
        ",2015-04-15 00:04:00.0,已完工,東區,噪音舉發,0,0,,",
        "UN5,2015-04-15 00:04:00.0,已完工,東區,噪音舉發,0,0,,2015-04-17 00:00:00.0",
        "UN5,2015-04-15 00:05:00.0,已完工,東區,噪音舉發,0,0,,2015-04-17 00:00:00.0",
        "UN6,2015-04-15 00:05:00.0,未處理,東區,噪音舉發,0,0,,2015-04-17 00:00:00.0",
    ]
    outcome = take(table(*rows), WANTED["tainan-open1999"], desk.cast.rdec_controller)
    assert [row.number for row in outcome.refused] == [2, 3, 4, 5, 7] and outcome.kept == 2
    done, waiting = Elsewhere.objects.order_by("number")
    assert (done.days, waiting.days, waiting.closed_at) == (2, None, None)
    assert waiting.more == {"updated_datetime": "2015-04-17 00:00:00.0"}


def test_a_file_taken_twice_doubles_nothing_and_a_batch_taken_back_leaves_nothing(desk):
    wanted, actor = WANTED["tainan-open1999"], desk.cast.rdec_controller
    rows = [f"UN{n},2015-04-15 00:0{n}:00.0,未處理,東區,噪音舉發,0,0,," for n in range(5)]
    assert take(table(*rows), wanted, actor, dry=True).kept == 5 and not Batch.objects.exists()
    take(table(*rows), wanted, actor)
    again = take(table(*rows, "UN9,2015-04-16 00:00:00.0,未處理,東區,噪音舉發,0,0,,"), wanted, actor)
    assert again.kept == 6 and again.notes == ["5列先前已匯入，未重複。"] and Elsewhere.objects.count() == 6
    changed = take(table("UN0,2015-04-15 00:00:00.0,已完工,東區,噪音舉發,0,0,,"), wanted, actor)
    assert "內容不同" in str(changed.refused[0].problems[0]) and Elsewhere.objects.count() == 6
    first = Batch.objects.order_by("pk")[0]
    with pytest.raises(Refused):
        taking.take_back(first, desk.cast.officer)
    assert taking.take_back(first, actor) == 5 and taking.take_back(first, actor) == 0
    assert Entry.objects.filter(act="petitions.batch_back").count() == 1
    assert take(table(*rows), wanted, actor).kept == 5 and Elsewhere.objects.count() == 6


def test_the_page_shows_what_was_merged_and_takes_a_batch_back(desk, client):
    rows = [
        "UN1,2015-04-15 00:02:00.0,未處理,柳營區,髒亂及汙染,0,null,,",
        "UN2,2015-04-15 00:03:00.0,已完工,柳營區,髒亂及污染,0,0,,2015-04-18 00:00:00.0",
    ]
    take(table(*rows), WANTED["tainan-open1999"], desk.cast.rdec_controller)
    client.force_login(desk.cast.officer)
    place = reverse("petitions:elsewhere")
    assert client.get(place).status_code == 403
    client.force_login(desk.cast.rdec_controller)
    page = client.get(place).content.decode()
    assert "汙＝污" in page and "髒亂及汙染" in page
    batch = Batch.objects.get()
    assert client.post(place, {"batch": batch.pk}).status_code == 303
    assert not Elsewhere.objects.exists() and client.post(place, {"batch": "x"}).status_code == 404


@shared
def test_every_row_of_tainan_is_kept_with_one_spelling_less(desk):
    sheet, rows = public("tainan-open1999")
    outcome = take(sheet, WANTED["tainan-open1999"], desk.cast.rdec_controller)
    assert outcome.read == outcome.kept == len(rows) == Elsewhere.objects.count() == 1405
    given = {row["service_name"] for row in rows}
    assert len(given) - 1 == Elsewhere.objects.values("category").distinct().count()
    assert Elsewhere.objects.filter(category="髒亂及污染").count() == 177
    assert not Elsewhere.objects.exclude(latitude=None).exists()


@shared
def test_the_days_of_every_closed_request_of_baltimore_agree(desk):
    sheet, rows = public("baltimore-311")
    outcome = take(sheet, WANTED["baltimore-311"], desk.cast.rdec_controller)
    assert outcome.read == outcome.kept == len(rows)
    assert not any("來源自報" in note for note in outcome.notes)
    stated = {row["SRRecordID"]: int(row["DaysOpen"]) for row in rows if row["CloseDate"]}
    assert dict(Elsewhere.objects.exclude(days=None).values_list("number", "days")) == stated
    assert len(stated) == 9792
    assert not Elsewhere.objects.filter(latitude=39, longitude=-77).exists()


@shared
@pytest.mark.skipif(
    os.environ.get("YANKAO_TEST_WHOLE") != "1", reason="341,299 rows take half a minute: YANKAO_TEST_WHOLE=1"
)
def test_a_third_of_a_million_rows_come_in_and_those_that_say_nothing_are_told(desk):
    (path,) = (DATA / "nyc-council-services").glob("*.csv.gz")
    sheet = read(path.read_bytes(), path.name)
    seen = []
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    outcome = take(sheet, WANTED["nyc-council"], desk.cast.rdec_controller, progress=seen.append)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{time.process_time() - begun:.1f} s of CPU, {grown} MB more")  # noqa: T201  (the measurement)
    assert outcome.read == 341_299 == outcome.kept + len(outcome.refused) == len(seen)
    assert len(outcome.refused) == 105 and Elsewhere.objects.count() == 341_194


def test_every_profile_names_each_field_once_and_its_columns_stand_in_the_public_file(desk):
    for code, mapping in mappings().items():
        assert {"number", "opened_at"} <= set(mapping.columns), code
        assert len(set(mapping.columns.values())) == len(mapping.columns), code


def test_a_table_without_the_columns_of_the_source_is_refused(desk):

    with pytest.raises(SheetError):
        take(
            read(io.BytesIO(b"a,b\n1,2\n").read(), "x.csv"), WANTED["nyc-council"], desk.cast.rdec_controller
        )
