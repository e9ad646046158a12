"""A room that writes no prose has its figures listed in one sentence, each with its records behind it."""

from __future__ import annotations

import pytest

from yankao.kernel.rooms import room
from yankao.report.api import as_period
from yankao.report.outline import Paragraph
from yankao.report.paragraph import source_of
from yankao.report.readings import Readings

ROOM = "examples.lost_property"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "begins", "joint"),
    [("zh-hant", "<p>101年1月至6月，", "、"), ("en", "<p>", "; ")],
)
def test_figures_stand_as_references_in_one_sentence(language: str, begins: str, joint: str) -> None:
    readings = Readings(as_period("101H1"))
    text = source_of(Paragraph(room(ROOM), "六(三)4", ""), readings, language)
    assert text.startswith(begins) and text.count("<p>") == 1
    assert f"{{{ROOM}.noticed}}{joint}" in text and f"{{{ROOM}.returned_rate}}" in text
