"""Sorting is proposed from closed cases, decided by a human, and both are kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from yankao.kernel.casework.models import Security
from yankao.kernel.period import Period
from yankao.kernel.suggest import suggesters
from yankao.kernel.suggest.models import AMONG_THREE, FIRST_TAKEN, Choice, choices
from yankao.kernel.suggest.suggesters import Suggester
from yankao.service.petitions import process as p
from yankao.service.petitions import suggestions
from yankao.service.petitions.models import Category, Petition

from .conftest import MONDAY

pytestmark = pytest.mark.django_db

DITCH = [f"側溝淤積{n}號旁水溝堵塞請清疏" for n in "甲乙丙丁戊己庚辛壬癸"]
LIGHT = [f"巷口路燈不亮{n}夜間照明請檢修" for n in "子丑寅卯辰巳午未申酉"]


@pytest.fixture
def learned(cast: Any, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of twenty texts, as closed cases would give it."""
    settings.DATA = tmp_path
    monkeypatch.setattr(suggesters, "FEWEST", 20)
    for one, labels in (
        (suggestions.CATEGORY, ("drainage.ditch", "works.light")),
        (suggestions.AGENCY, (str(cast.water.pk), str(cast.works.pk))),
    ):
        rows = [(text, label) for label, texts in zip(labels, (DITCH, LIGHT), strict=True) for text in texts]
        taught = Suggester(one.name, one.label, lambda rows=rows: rows)
        assert taught.retrain() is not None
        suggesters.suggesters[one.name] = one


def test_a_proposal_is_shown_and_fills_in_the_form_that_a_human_sends(
    desk: Any, client: Any, cast: Any, learned: None
) -> None:
    one = desk.received(content="家門口水溝淤積發臭，請清疏")
    client.force_login(cast.rdec_controller)
    page = client.get(reverse("desk:case", args=[one.pk])).content.decode()
    link = reverse("desk:move", args=[one.pk, "triage"]) + "?category=drainage.ditch"
    assert link in page and "建議只供參考" in page

    def filled_in(address: str) -> str:
        box = re.search(r'<input[^>]*name="category"[^>]*>', client.get(address).content.decode())
        assert box is not None
        return box[0]

    assert f'value="{Category.objects.get(pk="drainage.ditch")}' in filled_in(link)
    assert "value=" not in filled_in(link.replace("drainage.ditch", "no.such"))
    assert Choice.objects.count() == 0 and desk.fresh(one).category is None


def test_what_was_proposed_is_kept_beside_what_was_chosen(desk: Any, cast: Any, learned: None) -> None:
    one = desk.received(content="家門口水溝淤積發臭，請清疏")
    desk.do(
        one, p.triage, cast.rdec_controller, kind=one.kind, category=Category.objects.get(pk="works.light")
    )
    desk.do(one, p.assign, cast.rdec_controller, agency=cast.water)
    category, agency = Choice.objects.order_by("pk")
    assert (category.first, category.chosen) == ("drainage.ditch", "works.light")
    assert (agency.first, agency.chosen) == (str(cast.water.pk),) * 2 and agency.version
    period = Period.between(MONDAY, MONDAY)
    assert choices(suggestions.AGENCY.name, period).filter(FIRST_TAKEN).count() == 1
    assert choices(suggestions.CATEGORY.name, period).filter(FIRST_TAKEN).count() == 0
    assert choices(suggestions.CATEGORY.name, period).filter(AMONG_THREE).count() == 1


def test_without_a_model_nothing_is_proposed_and_nothing_kept(
    desk: Any, client: Any, cast: Any, settings: Any, tmp_path: Any
) -> None:
    settings.DATA = tmp_path
    one = desk.assigned()
    assert Choice.objects.count() == 0
    client.force_login(cast.rdec_controller)
    assert "建議只供參考" not in client.get(reverse("desk:case", args=[one.pk])).content.decode()


def test_only_closed_cases_that_are_not_restricted_are_learned_from(desk: Any) -> None:
    desk.assigned()
    assert list(suggestions.CATEGORY.learned_from()) == []
    one = desk.closed()
    assert [label for _text, label in suggestions.CATEGORY.learned_from()] == ["drainage.ditch"]
    Petition.objects.get(pk=one.pk).case.__class__.objects.filter(pk=one.pk).update(security=Security.SECRET)
    assert list(suggestions.AGENCY.learned_from()) == []
