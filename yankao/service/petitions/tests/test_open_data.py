"""What anybody may take away of petitions: counts by week, told to harvesters, and a feed of reports."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from yankao.kernel.people.models import District
from yankao.kernel.register.catalogue import SMALLEST
from yankao.service.petitions import open_data
from yankao.service.petitions import process as p

feedparser = pytest.importorskip("feedparser")
rdflib = pytest.importorskip("rdflib")

pytestmark = pytest.mark.django_db
DCAT, DCT = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/"
OWED = {
    "Catalog": (f"{DCT}title", f"{DCT}description", f"{DCT}publisher", f"{DCAT}dataset"),
    "Dataset": (f"{DCT}title", f"{DCT}description", f"{DCT}publisher", f"{DCAT}contactPoint",
                f"{DCAT}distribution", f"{DCAT}theme", f"{DCT}accrualPeriodicity"),
    "Distribution": (f"{DCAT}accessURL", f"{DCAT}downloadURL", f"{DCT}format", f"{DCT}license"),
}  # fmt: skip
"""What DCAT-AP 3 makes mandatory or recommends of each kind."""


@pytest.fixture
def weeks(desk):
    """Four petitions of one week in one district, one closed, and one of the next week."""
    cache.clear()
    for _number in range(3):
        desk.triaged()
    desk.closed()
    later = timezone.make_aware(timezone.datetime(2012, 3, 13, 10))
    desk.triaged(received_at=later)
    return desk


def table(client, address="/open-data/petitions-weekly.csv?year=2012"):
    told = b"".join(client.get(address))
    return list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"))))


def test_a_week_is_counted_by_category_district_and_state_and_few_are_not_told(weeks, client):
    rows = table(client)
    told = [(row["週次"], row["狀態代碼"], row["件數"], row["件數過少不顯示"]) for row in rows]
    assert told == [("2012-W10", "open", "3", "否"), ("2012-W10", "closed", "", "是"),
                    ("2012-W11", "open", "", "是")]  # fmt: skip
    assert {row["分類代碼"] for row in rows} == {"drainage"}
    found = json.loads(b"".join(client.get("/open-data/petitions-weekly.json?year=2012")))
    assert [one["count"] for one in found["records"]] == [3, None, None]
    assert found["records"][0]["week_start"] == "2012-03-05"


def test_the_sums_are_the_cases_when_nothing_is_few(weeks, monkeypatch):
    monkeypatch.setattr(type(SMALLEST), "at", lambda self, day: 0)
    assert sum(one.count for one in open_data.cells(2012)) == 5


def test_sealed_and_confidential_cases_and_running_weeks_are_in_no_count(weeks, client):
    before = [one.count for one in open_data.cells(2012)]
    weeks.triaged(confidential=True)
    sealed = weeks.received()
    weeks.do(sealed, p.make_confidential, weeks.cast.rdec_controller, sealed=True, reason="檢舉")
    weeks.triaged(received_at=timezone.now())
    assert [one.count for one in open_data.cells(2012)] == before
    this = timezone.localdate()
    assert this - timedelta(days=this.weekday()) not in [one.week for one in open_data.cells(this.year)]
    cache.clear()
    assert client.get("/open-data/petitions-weekly.csv?year=1999").status_code == 404
    assert client.get("/open-data/no-such.csv").status_code == 404
    assert client.get("/open-data/petitions-weekly.xml").status_code == 404


def test_a_year_is_one_query_whatever_its_cases(weeks, django_assert_num_queries):
    SMALLEST.at(date(2012, 3, 5))
    with django_assert_num_queries(1):
        list(open_data.cells(2012))


def test_the_catalogue_is_dcat_that_a_stranger_reads(weeks, client):
    told = client.get("/open-data/catalogue.jsonld")
    assert told["Content-Type"] == "application/ld+json"
    graph = rdflib.Graph().parse(data=told.content.decode(), format="json-ld")
    kind = rdflib.RDF.type
    for name, owed in OWED.items():
        subjects = list(graph.subjects(kind, rdflib.URIRef(DCAT + name)))
        assert subjects
        for one in subjects:
            missing = [word for word in owed if (one, rdflib.URIRef(word), None) not in graph]
            assert missing == [], (one, missing)
    sets = set(graph.objects(None, rdflib.URIRef(f"{DCAT}dataset")))
    assert len(sets) >= 5 and all((one, kind, rdflib.URIRef(f"{DCAT}Dataset")) in graph for one in sets)
    tongues = {title.language for title in graph.objects(next(iter(sets)), rdflib.URIRef(f"{DCT}title"))}
    assert tongues == {"zh-Hant-TW", "en"}
    for address in graph.objects(None, rdflib.URIRef(f"{DCAT}downloadURL")):
        assert client.get(str(address).removeprefix("http://testserver")).status_code == 200


def test_the_page_offers_every_set_and_its_years(weeks, client):
    page = client.get("/open-data/").content.decode()
    assert "陳情與派工每週件數" in page and "petitions-weekly.csv?year=2012" in page
    assert "/register/trips/open-data.csv" in page and "少於3件" in page
    assert 'href="/open-data/"' in client.get("/counter/").content.decode()
    english = client.get("/open-data/", headers={"Accept-Language": "en"}).content.decode()
    assert "Petitions and dispatch" in english


def test_reports_are_told_as_atom_by_district_and_service_without_a_word_of_the_citizen(desk, client):
    other = District.objects.create(code="T-X", name="前金區", name_en="Qianjin")
    hour = timedelta(hours=1)
    one = desk.fault(received_at=timezone.now() - hour, content="我是王曉明，門前有坑洞")
    two = desk.fault("signal", received_at=timezone.now() - 2 * hour, district=other)
    desk.fault(received_at=timezone.now() - hour, confidential=True)
    desk.received(received_at=timezone.now() - hour)

    def read(query=""):
        told = client.get(f"/feeds/reports.atom{query}")
        assert told.status_code == 200 and told["Content-Type"].startswith("application/atom+xml")
        assert "王曉明" not in told.content.decode() and "五福" not in told.content.decode()
        found = feedparser.parse(told.content)
        assert not found.bozo and found.version == "atom10" and found.feed.id and found.feed.updated
        return found.entries

    numbers = [entry.link.rsplit("/", 1)[1].removesuffix(".json") for entry in read()]
    assert numbers == [one.case.number, two.case.number]
    assert [entry.title for entry in read("?district=T-X")] == ["號誌故障（處理中）"]
    assert [entry.title for entry in read("?service=pothole")] == ["路面坑洞（處理中）"]
    assert all(entry.updated and entry.id and entry.summary for entry in read())
    for query in ("?district=nowhere", "?service=nothing", "?district=%00"):
        assert client.get(f"/feeds/reports.atom{query}").status_code == 404
    assert client.get(read()[0].link.removeprefix("http://testserver")).status_code == 200


def test_whoever_reads_too_often_is_told_when_to_come_back(desk, client, monkeypatch):
    monkeypatch.setattr("yankao.site.feeds.allowed", lambda *_words: False)
    told = client.get("/feeds/reports.atom")
    assert (told.status_code, told["Retry-After"]) == (429, "3600")
