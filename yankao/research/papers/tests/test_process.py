"""A report from the draft to the repository: form, shares, declaration, names in the copy, award, prize."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.casework import contract
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.files import open_bytes
from yankao.kernel.figures.checks import checks
from yankao.kernel.people.models import Post, Role
from yankao.kernel.period import Period
from yankao.kernel.review import rounds
from yankao.kernel.review.models import Round, Sheet
from yankao.research.papers import process as p
from yankao.research.papers.models import KIND, Author, Paper

pytestmark = pytest.mark.django_db


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


def test_a_report_belongs_to_an_open_round_of_its_year(hall):
    with pytest.raises(Refused, match="99年度尚未開辦"):
        hall.draft(year=99)
    paper = hall.draft()
    assert (paper.round, paper.case.stage) == (hall.round, "draft")
    Round.objects.update(closes_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(Refused, match="收件期間為"):
        p.submit.run(paper, hall.cast.officer, hall.given())


def test_an_abstract_has_at_most_three_hundred_characters(hall):
    assert hall.draft(abstract="字" * 300).pk
    with pytest.raises(ValidationError):
        hall.draft(abstract="字" * 301)


@pytest.mark.parametrize(("shares", "said"), [((60, 30), "目前為90%"), ((), "請列出作者")])
def test_the_shares_of_the_authors_sum_to_a_hundred(hall, shares, said):
    rows = [p.AuthorRow(f"作者{n}", Decimal(share)) for n, share in enumerate(shares)]
    with pytest.raises(Refused, match=said):
        hall.submitted(authors=rows)


def test_the_declaration_of_earlier_awards_is_given(hall):
    with pytest.raises(Refused, match="聲明"):
        hall.submitted(declared=False)


def test_a_copy_that_names_an_author_or_the_bureau_goes_back(hall):
    paper = hall.submitted(blind_copy=hall.file("本局（水 利 局）林怡君"))
    with pytest.raises(Refused, match="林怡君、水利局"):
        p.pass_form.run(paper, hall.cast.rdec_controller, {})
    p.send_back.run(paper, hall.cast.rdec_controller, {"reason": "請移除姓名"})
    Round.objects.update(closes_on=timezone.localdate() - timedelta(days=1))
    p.submit.run(hall.fresh(paper), hall.cast.officer, hall.given())  # a correction may come after the window
    p.pass_form.run(paper, hall.cast.rdec_controller, {})
    assert paper.case.stage == "form_checked"
    assert list(Author.objects.values_list("submission").distinct().order_by("submission")) == [(1,), (2,)]


def test_the_copy_that_is_judged_is_cleaned(hall):
    from yankao.kernel.review.tests import files

    paper = hall.submitted(blind_copy=_kept(hall, files.odt()))
    for move in (p.pass_form, p.admit):
        move.run(paper, hall.cast.rdec_controller, {})
    copy = hall.sheet(paper).copy
    with open_bytes(copy) as file:
        assert files.SECRET.encode() not in file.read()
    assert copy.sha256 != hall.fresh(paper).blind_copy.sha256


def _kept(hall, data):
    from yankao.kernel.evidence.files import keep

    return keep(data, "b.odt", hall.cast.officer)


def test_a_grade_brings_its_prize_and_a_certificate_of_its_own(hall):
    paper = hall.announced(hall.admitted(), "second")
    assert (paper.case.stage, paper.grade, paper.prize) == ("awarded", "second", 8000)
    assert paper.certificate_no.startswith("研獎") and paper.score == Decimal("91.00")
    p.pay.run(paper, hall.cast.rdec_controller, {"paid_on": timezone.localdate(), "voucher": "付1"})
    p.publish.run(paper, hall.cast.rdec_controller, {})
    assert hall.fresh(paper).case.closed_on


def test_no_result_is_entered_by_hand(hall):
    paper = hall.scored(hall.admitted())
    with pytest.raises(Refused, match="一次公布"):
        p.award.run(
            paper, hall.cast.rdec_controller,
            {"grade": "first", "prize": Decimal(20000), "certificate_no": "x"},
        )  # fmt: skip


def test_a_report_taken_back_leaves_the_round(hall):
    paper = hall.admitted()
    hall.assigned(paper)
    p.withdraw.run(paper, hall.cast.officer, {"reason": "另投他處"})
    assert hall.sheet(paper).withdrawn_on and rounds.table(hall.round) == []
    assert Paper.objects.of_year(100, timezone.localdate()).count() == 0


def test_authors_with_an_account_are_found_by_name_and_do_not_conduct(hall):
    Post.objects.create(user=hall.cast.rdec_chief, agency=hall.cast.water, role=Role.OFFICER)
    rows = [p.AuthorRow(hall.cast.rdec_chief.name, Decimal(100))]
    paper = hall.submitted(authors=rows)
    for move in (p.pass_form, p.admit):
        move.run(paper, hall.cast.rdec_controller, {})
    assert not rounds.conducts(hall.cast.rdec_chief, hall.round)
    assert rounds.conducts(hall.cast.rdec_controller, hall.round)


def test_the_equation_of_the_awards_finds_what_does_not_add_up(hall):
    year = timezone.localdate().year - 1911
    Round.objects.update(code=str(year - 1))
    paper = hall.announced(_of_year(hall, year - 1))
    period = Period.of_year(year)
    check = checks[f"{KIND}.E1"]
    assert check.faults(period) == []
    Paper.objects.filter(pk=paper.pk).update(prize=19_999)
    assert "依篇數與等第應為20,000元" in check.faults(period)[0]
    Paper.objects.filter(pk=paper.pk).update(prize=20_000)
    Round.objects.update(appropriation=100)
    assert "超過預算額度100元" in check.faults(period)[0]


def _of_year(hall, year):
    paper = hall.draft(year=year)
    p.submit.run(paper, hall.cast.officer, hall.given())
    for move in (p.pass_form, p.admit):
        move.run(paper, hall.cast.rdec_controller, {})
    return paper


def test_the_repository_is_searched_by_words_and_by_likeness_and_warns_of_repetition(hall, client):
    paper = hall.published()
    place = reverse("papers_public:list")
    assert "雨水下水道" in client.get(place, {"q": "汰換 水利局"}).content.decode()
    assert "沒有符合" in client.get(place, {"q": "登革熱"}).content.decode()
    like = client.get(place, {"like": "雨水下水道維護管理研究，建立資料庫決定汰換順序"}).content.decode()
    assert "相似度" in like and paper.case.title in like
    page = client.get(reverse("papers_public:paper", args=[paper.pk])).content.decode()
    assert "林怡君、陳冠廷" in page and "甲師" not in page
    assert client.get(reverse("papers_public:file", args=[paper.pk])).status_code == 200
    for form in ("csv", "json"):
        answer = client.get(reverse("papers_public:open_data", args=[form]))
        assert paper.case.number.encode() in b"".join(answer)
    Round.objects.create(
        kind=KIND, code="101", title="101年度", opens_on=timezone.localdate(), closes_on=timezone.localdate()
    )
    again = hall.draft("雨水下水道維護管理之研究二", year=101)
    client.force_login(hall.cast.officer)
    assert "與本件相近" in client.get(reverse("desk:case", args=[again.pk])).content.decode()


def test_a_file_kept_to_the_house_is_not_given_out(hall, client):
    paper = hall.published(file_open=False)
    assert client.get(reverse("papers_public:file", args=[paper.pk])).status_code == 404
    assert "只公開摘要" in client.get(reverse("papers_public:paper", args=[paper.pk])).content.decode()
    assert not Sheet.objects.filter(case_id=paper.pk, withdrawn_on__isnull=False).exists()
