"""The registers in public, in files that come back without loss, and in the English of the whole platform."""

import csv
import json
from datetime import date

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register
from yankao.kernel.intake import take
from yankao.kernel.people.city import build_city
from yankao.kernel.period import Period
from yankao.kernel.register import english
from yankao.kernel.sheets import read as read_sheet
from yankao.kernel.sheets import write_csv, write_ods
from yankao.research.english import demo, imports, public
from yankao.research.english import process as p
from yankao.research.english.badges import demo as badges_demo
from yankao.research.english.badges import imports as badges_imports
from yankao.research.english.badges import process as bp
from yankao.research.english.badges import public as badges_public
from yankao.research.english.badges.models import Badge
from yankao.research.english.models import BilingualName, Meeting, Resolution
from yankao.research.english.signs import demo as signs_demo

from .conftest import at

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)


def test_the_half_year_yields_the_published_figures_and_the_present_leaves_them(db):
    city = build_city(today=TODAY)
    for part in (demo, badges_demo, signs_demo):
        part.load(city)
    mine = {name: figure for name, figure in register.items() if name.startswith("research.english.")}
    before = {name: read(figure, HALF) for name, figure in mine.items()}
    found = {name.rpartition(".")[2]: int(one.value) for name, one in before.items()}
    assert (found["members"], found["names_approved"], found["badges_certified"]) == (19, 678, 725)
    wanted = settings.BASE_DIR.parent / "shared" / "acceptance" / "figures.csv"
    if wanted.exists():
        with wanted.open(encoding="utf-8") as stream:
            rows = [r for r in csv.DictReader(stream) if r["figure"].startswith("research.english.")]
        assert {r["figure"].rpartition(".")[2]: int(r["value"]) for r in rows}.items() <= found.items()
    for name, check in checks.items():
        if name.startswith("research.english."):
            assert check.faults(HALF) == []
    for part in (demo, badges_demo, signs_demo):
        part.present(city, TODAY)
    for name, figure in mine.items():
        assert read(figure, HALF).digest == before[name].digest
        assert not list(partition_faults(figure, HALF))
    assert set(BilingualName.objects.values_list("case__stage", flat=True)) == set(p.Stage.values)
    assert set(Badge.objects.values_list("case__stage", flat=True)) == set(bp.Stage.values)
    english.forget()
    assert english.approved()["place", "左營區"] == "Zuoying District"


@pytest.fixture
def some(names, cast):
    """A changed name with its alias, an ended one and a plain one."""
    names.approve(names.propose(text="Lotus Lake"))
    names.approve(names.propose(), valid_from=date(2013, 1, 1), on=date(2012, 12, 1))
    ended = names.approve(names.propose("舊市政中心", "Old City Hall"))
    p.supersede.run(ended, cast.rdec_controller, {"ends_on": date(2014, 5, 1), "reason": "拆除"})
    plain = names.approve(names.propose("水利局", "Water Affairs Bureau", "agency"))
    p.add_alias(plain, cast.rdec_controller, alias="Hydraulic Bureau", since=date(2000, 1, 1), until=None)


def given_out(wanted, user, form="csv"):
    """The file the room gives out."""
    header, rows = wanted.out(user)
    return b"".join(write_csv(header, rows)) if form == "csv" else write_ods(header, rows, "x")


def snapshot():
    return [
        (
            n.zh, n.english, n.category, n.way, n.basis, n.case.agency.code, n.approved_on, n.letter,
            n.valid_from, n.valid_to, sorted((a.name, a.valid_from, a.valid_to) for a in n.aliases.all()),
            n.replaces.english if n.replaces else "",
        )
        for n in public.approved().order_by("valid_from", "english")
    ]  # fmt: skip


@pytest.mark.parametrize(("form", "language"), [("csv", "zh-hant"), ("csv", "en"), ("ods", "zh-hant")])
def test_the_register_of_names_comes_back_from_its_file_without_loss(some, cast, form, language):
    before = snapshot()
    with translation.override(language):
        data = given_out(imports.IMPORTS[0], cast.rdec_controller, form)
        again = take(read_sheet(data, f"n.{form}"), imports.IMPORTS[0], cast.rdec_controller)
        assert (again.kept, again.refused) == (4, []) and snapshot() == before
        with transaction.atomic():
            _empty(BilingualName)
            outcome = take(read_sheet(data, f"n.{form}"), imports.IMPORTS[0], cast.rdec_controller)
            assert [str(one.problems[0]) for one in outcome.refused] == []
            after = snapshot()
            transaction.set_rollback(True)
    assert after == before


def _empty(model):
    """As on another installation: the rows put out of the way, for their keys are taken here."""
    for row in model.objects.all():
        if model is BilingualName:
            row.aliases.all().delete()
            model.objects.filter(pk=row.pk).update(valid_from=None, valid_to=None, approved_on=None,
                                                   notified_on=None, replaces=None)  # fmt: skip


def test_a_row_that_differs_comes_back_with_its_reason(some, cast):
    text = given_out(imports.IMPORTS[0], cast.rdec_controller).decode("utf-8-sig")
    changed = text.replace("高市府研發字第101號", "高市府研發字第999號", 1)
    outcome = take(read_sheet(changed.encode(), "n.csv"), imports.IMPORTS[0], cast.rdec_controller)
    assert outcome.kept == 3 and "核定文號" in str(outcome.refused[0].problems[0])
    assert imports.may_import(cast.rdec_controller) and not imports.may_import(cast.officer)


def test_badges_come_back_from_their_file_and_personal_columns_stay_inside(client, cast):
    rdec = cast.rdec_controller
    shop = bp.process.open(
        rdec, title="海港小館", agency=cast.rdec, district=cast.district, name_en="Harbor Kitchen",
        sector="food", address="中山路1號", contact="陳小姐", phone="07-5550001", at=at(date(2012, 1, 5)),
    )  # fmt: skip
    bp.enrol(shop, rdec, certified_on=date(2011, 5, 1), badge_no="KES1", first_certified_on=date(2008, 5, 1))
    data = given_out(badges_imports.IMPORTS[0], rdec)
    assert "陳小姐" in data.decode()
    assert take(read_sheet(data, "b.csv"), badges_imports.IMPORTS[0], rdec).kept == Badge.objects.count() == 1
    Badge.objects.update(badge_no="KES2")
    outcome = take(read_sheet(data, "b.csv"), badges_imports.IMPORTS[0], rdec)
    assert (outcome.kept, outcome.refused) == (1, [])
    copy = Badge.objects.get(badge_no="KES1")
    for column in ("name_en", "sector", "address", "contact", "phone", "first_certified_on", "certified_on"):
        assert getattr(copy, column) == getattr(shop, column), column
    assert (copy.case.title, copy.case.district) == (shop.case.title, shop.case.district)
    seen = [
        client.get("/register/badges/").content.decode(),
        client.get("/register/badges/?q=陳小姐").content.decode(),
        client.get(f"/register/badges/{shop.pk}/").content.decode(),
        b"".join(client.get("/register/badges/open-data.csv").streaming_content).decode(),
        b"".join(client.get("/register/badges/open-data.json").streaming_content).decode(),
    ]
    assert all("07-5550001" not in text for text in seen)
    assert all(">陳小姐" not in text and '陳小姐"' not in text.replace('value="陳小姐"', "") for text in seen)
    assert "沒有符合的登錄" in seen[1]
    assert {one.name for one in badges_public.FIELDS if one.personal} == set(Badge.PERSONAL)


def test_the_public_register_is_searched_by_both_names_and_by_aliases(client, some):
    for words in ("蓮池潭", "lotus pond", "Lotus Lake", "Hydraulic"):
        page = client.get("/register/english/", {"q": words}).content.decode()
        assert "沒有符合的登錄" not in page, words
    assert "沒有符合的登錄" in client.get("/register/english/", {"q": "不存在"}).content.decode()
    records = json.loads(
        b"".join(client.get("/register/english/open-data.json", {"category": "agency"}).streaming_content)
    )["records"]
    assert [one["english"] for one in records] == ["Water Affairs Bureau"]
    assert records[0]["aliases"] == ["Hydraulic Bureau"]
    assert client.get(f"/register/english/{public.approved()[0].pk}/").status_code == 200
    assert client.get("/register/english/?older=x").status_code == 404


def test_the_list_costs_the_same_queries_whatever_its_length(client, names, django_assert_max_num_queries):
    for number in range(6):
        names.approve(names.propose(f"景點{number}", f"Sight {number}"))
    client.get("/register/english/")
    with django_assert_max_num_queries(4) as few:
        client.get("/register/english/", {"q": "Sight 1"})
    with django_assert_max_num_queries(len(few)):
        client.get("/register/english/")


def test_the_approved_name_of_an_agency_stands_in_the_english_pages(some, client, cast):
    from yankao.desk import reference

    english.forget()
    reference.forget()
    client.force_login(cast.officer)
    with translation.override("en"):
        assert reference.agency_names()[cast.water.pk] == "Water Affairs Bureau"
        assert reference.agency_names()[cast.works.pk] == "Public Works Bureau"
        assert english.shown(english.PLACE, "無名里") == '<span lang="zh-Hant">無名里</span>'
    assert english.shown(english.AGENCY, "水利局") == "水利局"


def test_an_address_is_put_into_english_on_a_public_page(client, names):
    names.approve(names.propose("左營區", "Zuoying District", "place"))
    english.forget()
    page = client.get(
        "/register/english/address/", {"address": "高雄縣岡山鎮中山北路12號之3"}
    ).content.decode()
    assert "No. 12-3, Zhongshan N. Rd., Gangshan Dist., Kaohsiung City" in page or "No. 12-3" in page
    assert "高雄市岡山區中山北路12號之3" in page
    page = client.get("/register/english/address/", {"address": "高雄市左營區???"}).content.decode()
    assert "看不懂" in page and "Zuoying District" in page
    assert client.get("/register/english/address/", {"address": ""}).status_code == 422


def test_committee_pages_are_written_by_the_commission_only(client, cast):
    client.force_login(cast.officer)
    assert client.get(reverse("english:committee")).status_code == 200
    assert client.get(reverse("english:add_member")).status_code == 403
    client.force_login(cast.rdec_controller)
    given = {
        "name": "林怡君",
        "kind": "external",
        "post": "教授",
        "valid_from": "115/1/1",
        "valid_to": "116/12/31",
    }
    assert client.post(reverse("english:add_member"), given).status_code == 302
    refused = client.post(reverse("english:add_member"), given)
    assert refused.status_code == 422 and "已有任期" in refused.content.decode()
    meeting = {"number": "1", "title": "第1次會議", "held_on": "115/3/1", "place": "市府"}
    assert client.post(reverse("english:add_meeting"), meeting).status_code == 302
    assert "第1次會議" in client.get(reverse("english:committee")).content.decode()
    page = reverse("english:meeting", args=[Meeting.objects.get().pk])
    given = {"text": "站名英譯", "resolution": "一個月內提案。", "owner": cast.water.pk, "due_on": "115/4/1"}
    assert client.post(f"{page}resolution/", given).status_code == 302
    item = Resolution.objects.get()
    assert "一個月內提案。" in client.get(page).content.decode() and item.done_on is None
    assert client.post(reverse("english:done", args=[item.pk])).status_code == 302
    item.refresh_from_db()
    assert item.done_on is not None
