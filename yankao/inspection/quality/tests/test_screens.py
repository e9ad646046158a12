"""The team's own pages: the meter, the candidates with their reasons, the calendar, letters and returns."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from yankao.inspection.quality import planning, returns, rules
from yankao.inspection.quality import process as p
from yankao.inspection.quality.figures import quarterly_returns, returned
from yankao.inspection.quality.models import Inspection, Kind, QuarterlyReturn, YearPlan
from yankao.kernel.casework.process import Refused
from yankao.kernel.figures.checks import checks
from yankao.kernel.period import Period

pytestmark = pytest.mark.django_db
M = 1_000_000


# ── The meter ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("budget", "day", "band"),
    [
        (50 * M, date(2012, 1, 1), "large"),
        (50 * M - 1, date(2012, 1, 1), "medium"),
        (10 * M, date(2012, 1, 1), "medium"),
        (10 * M - 1, date(2012, 1, 1), "small"),
        (M, date(2012, 1, 1), "small"),
        (M - 1, date(2012, 1, 1), ""),
        (1_499_999, date(2024, 1, 1), ""),
        (1_500_000, date(2024, 1, 1), "small"),
    ],
)
def test_a_tender_falls_into_the_band_of_the_day(budget, day, band):
    assert planning.band_of(Decimal(budget), day) == band


def test_the_meter_asks_for_all_where_there_are_fewer_than_the_quota(site):
    for number in range(16):
        site.make_tender(f"M{number}", budget=Decimal(20 * M))
    site.on_site()
    found = {gauge.code: gauge for gauge in planning.gauges(2012)}
    assert (found["large"].tenders, found["large"].owed, found["large"].done) == (1, 1, 1)
    assert (found["medium"].tenders, found["medium"].owed, found["medium"].left) == (16, 15, 15)
    assert (found["share"].tenders, found["share"].owed) == (17, 2)


def test_the_head_adjusts_a_year_with_approval_and_report(site, client):
    client.force_login(site.cast.secretary)
    address = reverse("quality:year_plan") + "?year=101"
    given = {"large": "12", "medium": "", "small": "", "reason": "標案減少", "approved_on": "101/2/1"}
    assert client.post(address, given).status_code == 422
    assert client.post(address, given | {"reported_on": "101/2/3"}).status_code == 302
    assert YearPlan.objects.get(pk=101).large == 12
    assert next(g for g in planning.gauges(2012) if g.code == "large").owed == 12
    assert "標案減少" in client.get(address).content.decode()


# ── Candidates ──────────────────────────────────────────────────────────────────────────────────────


def test_candidates_are_ranked_by_what_speaks_for_a_visit(site):
    today = date(2012, 6, 1)
    good = {"award": Decimal(55 * M), "filed_on": date(2012, 5, 5)}
    site.tender.award, site.tender.filed_on = Decimal(55 * M), date(2012, 5, 5)
    site.tender.save()
    site.make_tender("R1", complaints=2, **good)
    site.make_tender("R2", planned=Decimal(50), actual=Decimal(40), changes=3, **good)
    site.make_tender("R3", award=Decimal(47 * M), filed_on=None)
    found = {one.tender.case_no: one for one in planning.candidates(today)}
    assert found["R1"].reasons == ("檢舉或媒體報導2次",)
    assert found["R2"].reasons == ("進度落後10.00個百分點", "變更契約3次")
    assert found["R3"].reasons == ("決標標比78%偏低", "標案系統逾期未填報")
    assert found["101-001"].reasons == ()
    assert [one.tender.case_no for one in planning.candidates(today)] == ["R2", "R1", "R3", "101-001"]


def test_a_lag_just_below_the_limit_is_no_reason(site):
    site.tender.planned, site.tender.actual = Decimal(50), Decimal("40.01")
    site.tender.save()
    (one,) = planning.candidates(date(2012, 6, 1))
    assert not any("落後" in words for words in one.reasons)


def test_what_is_planned_or_was_visited_this_year_is_no_candidate(site):
    site.scheduled()
    assert planning.candidates(date(2012, 6, 1)) == []


def test_picking_a_candidate_opens_its_inspection_with_the_reasons(site, client):
    site.tender.complaints = 1
    site.tender.save()
    client.force_login(site.cast.secretary)
    given = {"tender": site.tender.pk, "kind": "petition"}
    answer = client.post(reverse("quality:pick"), given)
    one = Inspection.objects.select_related("case").get()
    assert answer.url == reverse("desk:case", args=[one.pk])
    assert "檢舉或媒體報導1次" in one.grounds and one.case.security == "secret"
    client.post(reverse("quality:pick"), given)
    assert Inspection.objects.count() == 1


@pytest.mark.parametrize("name", ["year_plan", "candidates"])
def test_the_list_of_candidates_is_for_insiders_only(site, client, name):
    for who, status in (
        ("secretary", 200),
        ("rdec_chief", 200),
        ("controller", 403),
        ("rdec_controller", 403),
    ):
        client.force_login(getattr(site.cast, who))
        assert client.get(reverse(f"quality:{name}")).status_code == status, who
    client.force_login(site.cast.rdec_chief)
    assert (
        client.post(reverse("quality:pick"), {"tender": site.tender.pk, "kind": "special"}).status_code == 403
    )


# ── Calendar, case page, letters ────────────────────────────────────────────────────────────────────


def test_the_calendar_shows_a_visit_to_the_host_only_after_the_notice(site, client):
    site.formed()
    address = reverse("quality:quarter") + "?quarter=101Q2"
    client.force_login(site.cast.controller)
    assert "雨水下水道" not in client.get(address).content.decode()
    client.force_login(site.cast.inspector)
    assert "雨水下水道" in client.get(address).content.decode()


def test_the_case_page_shows_single_scores_to_the_team_only(site, client):
    one = site.issued(70, 85, 91)
    client.force_login(site.cast.secretary)
    assert ">91<" in client.get(reverse("desk:case", args=[one.pk])).content.decode()
    client.force_login(site.cast.controller)
    page = client.get(reverse("desk:case", args=[one.pk])).content.decode()
    assert ">91<" not in page and "不公開" in page


def test_the_picker_says_who_may_not_sit_and_why(site, client):
    site.outsiders[0].employer = "鼎盛營造有限公司"
    site.outsiders[0].save()
    one = site.scheduled()
    client.force_login(site.cast.secretary)
    page = client.get(reverse("desk:case", args=[one.pk])).content.decode()
    assert "任職於受查廠商鼎盛營造有限公司" in page and "可派聘委員" in page


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_every_page_opens_in_both_languages(site, client, language):
    one = site.filed()
    site.cast.secretary.language = language
    site.cast.secretary.save()
    client.force_login(site.cast.secretary)
    client.cookies["django_language"] = language
    addresses = [
        reverse("desk:list", args=["inspection.quality"]), reverse("desk:case", args=[one.pk]),
        reverse("desk:work"), reverse("quality:year_plan"), reverse("quality:candidates"),
        reverse("quality:quarter") + "?quarter=101Q2",
        reverse("quality:returns"),
        reverse("desk:board", args=["inspection.quality"]), reverse("desk:open", args=["inspection.quality"]),
    ]  # fmt: skip
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
    if language == "en":
        for name in ("year_plan", "candidates", "returns"):
            body = client.get(reverse(f"quality:{name}")).content.decode().partition("<main")[2]
            assert not [word for word in ("應查核", "選案理由", "期限", "彙送") if word in body], name


def test_an_ordered_reinspection_is_opened_from_the_case(site, client):
    one = site.filed()
    site.do(one, p.order_reinspection, on=date(2012, 6, 18), reinspect_by=date(2012, 8, 1), reason="缺失嚴重")
    client.force_login(site.cast.secretary)
    assert "開立複查案" in client.get(reverse("desk:case", args=[one.pk])).content.decode()
    client.post(reverse("quality:reinspect", args=[one.pk]))
    again = Inspection.objects.get(kind=Kind.REINSPECTION)
    assert again.earlier_id == one.pk
    assert client.post(reverse("quality:reinspect", args=[one.pk])).status_code == 404


# ── Quarterly returns ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("quarter", "day"),
    [
        ("100Q4", date(2012, 1, 31)),
        ("101Q1", date(2012, 4, 30)),
        ("101Q2", date(2012, 7, 31)),
        ("101Q3", date(2012, 10, 31)),
    ],
)
def test_a_return_is_due_at_the_end_of_the_month_after_the_quarter(db, quarter, day):
    assert returns.due_day(Period.parse(quarter)) == day


def test_a_return_holds_every_inspection_of_its_quarter_and_is_sent_once(site):
    one = site.issued()
    kept = returns.prepare(Period.parse("101Q2"), site.cast.secretary)
    assert kept.cases == 1
    (line,) = returns.lines(Period.parse("101Q2"))
    assert line[0] == one.case.number and line[10:15] == (2, 81, "甲等", 1, 1)
    returns.send(kept, site.cast.secretary, sent_on=date(2012, 7, 20), letter="研工9")
    with pytest.raises(Refused, match="已彙送"):
        returns.send(kept, site.cast.secretary, sent_on=date(2012, 7, 21), letter="研工10")
    with pytest.raises(Refused, match="不能重製"):
        returns.prepare(Period.parse("101Q2"), site.cast.secretary)


def test_a_return_sent_back_is_made_anew_and_counted(site):
    kept = returns.prepare(Period.parse("100Q4"), site.cast.secretary)
    returns.send(kept, site.cast.secretary, sent_on=date(2012, 1, 20), letter="研工9")
    returns.send_back(kept, site.cast.secretary, on=date(2012, 2, 1), reason="欄位有誤")
    half = Period.parse("101H1")
    assert (quarterly_returns.value(half), returned.value(half)) == (1, 1)
    assert "100Q4的季查核結果經退回修正。" in checks["inspection.quality.E26"].faults(half)
    kept = returns.prepare(Period.parse("100Q4"), site.cast.secretary)
    returns.send(kept, site.cast.secretary, sent_on=date(2012, 2, 6), letter="研工12")
    kept.refresh_from_db()
    assert (kept.sent_on, kept.corrected_on) == (date(2012, 1, 20), date(2012, 2, 6))


def test_a_late_return_breaks_the_check(site):
    kept = returns.prepare(Period.parse("100Q4"), site.cast.secretary)
    returns.send(kept, site.cast.secretary, sent_on=date(2012, 2, 1), letter="研工9")
    assert "100Q4的季查核結果未依限彙送。" in checks["inspection.quality.E26"].faults(Period.parse("101H1"))


def test_the_return_is_made_and_sent_at_the_desk(site, client):
    client.force_login(site.cast.secretary)
    owed = returns.owed(timezone.localdate())
    client.post(reverse("quality:returns_act", args=[owed.quarter, "prepare"]))
    kept = QuarterlyReturn.objects.get()
    empty = client.post(reverse("quality:returns_act", args=[owed.quarter, "send"]), {})
    assert empty.status_code == 422
    day = timezone.localdate() - timedelta(days=1)
    roc = f"{day.year - 1911}/{day.month}/{day.day}"
    client.post(
        reverse("quality:returns_act", args=[owed.quarter, "send"]),
        {"send-sent_on": roc, "send-letter": "研工1"},
    )
    kept.refresh_from_db()
    assert kept.sent_on == day
    assert b"".join(client.get(reverse("quality:returns_file", args=[kept.quarter])))[:2] == b"PK"
    client.force_login(site.cast.controller)
    assert client.get(reverse("quality:returns")).status_code == 403


def test_the_practice_of_march_2012_is_a_rule_with_its_day():
    assert not rules.in_force(rules.ADVANCE_LEAST, date(2012, 2, 29))
    assert rules.in_force(rules.ADVANCE_LEAST, date(2012, 3, 1))
