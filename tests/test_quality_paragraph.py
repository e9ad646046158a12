"""The room's section of the report: every number in it is a figure or a rule, in both languages."""

import re
from datetime import date

import pytest

from yankao.inspection.quality import demo
from yankao.kernel.people.city import build_city
from yankao.kernel.period import Period, roc_text

HALF = Period.parse("101H1")
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_section_is_written_from_figures_and_rules(db, language):
    from yankao.report.outline import paragraphs
    from yankao.report.paragraph import source_of
    from yankao.report.readings import Readings

    demo.load(build_city(today=date(2026, 11, 23)))
    (paragraph,) = [
        one for found in paragraphs().values() for one in found if one.room.name == "inspection.quality"
    ]
    text = source_of(paragraph, Readings(HALF), language)
    for name in (
        "inspected[kind=inspection]",
        "inspected[kind=reinspection]",
        "quarterly_returns",
        "returned",
    ):
        assert f"{{inspection.quality.{name}}}" in text
    assert "{rule:inspection.quality.correction_term" in text
    assert "{inspection.quality.graded[grade=poor]}" in text
    assert not [
        sign
        for sign in re.sub(r"[{][^}]*[}]", "", text.replace(roc_text(HALF, language), ""))
        if sign.isdigit()
    ]
