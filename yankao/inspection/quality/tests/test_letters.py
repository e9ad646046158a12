"""L09 and L10: what goes out before, of and after an inspection; nothing of it leaks before the notice."""

from datetime import date
from pathlib import Path

import pytest

from yankao.inspection.quality import letters, returns
from yankao.inspection.quality.models import Kind
from yankao.kernel.letters import issuing, register, series
from yankao.kernel.letters.models import Dispatch
from yankao.kernel.letters.testing import reads_as
from yankao.kernel.notice.models import Notice
from yankao.kernel.period import Period

GOLDEN = Path(__file__).with_name("golden")
DAY = date(2012, 5, 25)
UNTIL = date(2012, 6, 25)


@pytest.fixture
def numbered(site):
    series.setting(site.cast.rdec_chief, site.cast.rdec, word="示市研", since=date(2011, 1, 1))
    return site


def test_the_advance_letter_names_no_day_and_is_seen_by_the_team_alone(numbered):
    site = numbered
    one = site.scheduled(kind=Kind.GENERAL)
    assert list(letters.for_advance(site.cast.secretary)) == [one]
    assert not letters.for_advance(site.cast.controller).exists()
    text = reads_as(GOLDEN / "advance.txt", letters.advance, one, site.cast.secretary, dated=DAY)
    assert "5月21日" not in text
    sent = issuing.issue(letters.advance, one, site.cast.secretary, dated=DAY)
    assert list(register.register(site.cast.secretary)) == [sent]
    for outsider in (site.cast.controller, site.cast.rdec_controller, site.cast.mayor, site.cast.stranger):
        assert not register.register(outsider).exists()
        assert not register.register(outsider).filter(register.matching(sent.number)).exists()
    assert not Notice.objects.filter(kind="letter").exists()


def test_the_notice_follows_the_call(site):
    early = site.formed()
    assert "電話通知" in issuing.refusal(letters.notice, early, site.cast.secretary)
    one = site.notified()
    reads_as(
        GOLDEN / "notice.txt", letters.notice, one, site.cast.secretary, dated=date(2012, 5, 18),
        meet_at="上午9時，工地會議室",
    )  # fmt: skip


def test_record_and_points_form_say_what_was_found_and_no_score(site):
    one = site.concluded(faults=2)
    text = reads_as(GOLDEN / "record.txt", letters.record, one, site.cast.secretary, dated=DAY)
    text += reads_as(GOLDEN / "points.txt", letters.points, one, site.cast.secretary, dated=DAY)
    assert "81" not in text and "甲等" not in text
    assert "查核之後" in issuing.refusal(letters.record, site.formed(), site.cast.secretary)


def test_result_letter_and_correction_form(site):
    one = site.issued()
    text = reads_as(GOLDEN / "result.txt", letters.result, one, site.cast.secretary, dated=DAY, until=UNTIL)
    assert "查核成績81分，列為甲等" in text
    reads_as(GOLDEN / "correction.txt", letters.correction, one, site.cast.controller, dated=DAY)
    assert "查核成績" not in issuing.refusal(letters.correction, one, site.cast.works_controller)
    assert issuing.refusal(letters.correction, one, site.cast.works_controller) != ""


def test_the_quarters_letter_goes_with_its_file(numbered):
    site = numbered
    site.issued()
    quarter = Period.parse("101Q2")
    assert not letters.unsent(site.cast.secretary).exists()
    kept = returns.prepare(quarter, site.cast.secretary)
    assert list(letters.unsent(site.cast.secretary)) == [kept]
    reads_as(GOLDEN / "quarterly.txt", letters.quarterly, kept, site.cast.secretary, dated=DAY)
    sent = issuing.issue(letters.quarterly, kept, site.cast.secretary, dated=DAY)
    assert sent.receivers == letters.NATIONAL
    assert Dispatch.objects.get().subject == f"quality.quarterlyreturn:{kept.pk}"
