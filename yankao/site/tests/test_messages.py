"""Catalogues: every sentence is found, kept, compiled and checked."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from yankao.site import messages


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house of two packages whose sentences come from Python and from a template."""
    house = tmp_path / "yankao"
    trips, desk = house / "research" / "trips", house / "desk"
    (trips / "templates" / "trips").mkdir(parents=True)
    desk.mkdir()
    (trips / "process.py").write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        "TITLE = _('出國報告')\n"
        "ngettext('%(n)d份', '%(n)d份', 2)\n"
        "pgettext('手冊', '退回')\n"
    )
    (trips / "templates" / "trips" / "page.html").write_text(
        "<h1>{{ _('出國報告') }}</h1>{% trans n=3 %}還有{{ n }}日{% endtrans %}"
    )
    (desk / "views.py").write_text("from django.utils.translation import gettext as _\n_('我的工作')\n")
    (desk / "tests").mkdir()
    (desk / "tests" / "test_x.py").write_text("_('測試不對人說話')\n")
    return house


def translate(house: Path, package: str, english: dict[str, str]) -> Path:
    """Fill empty translations by hand, as a translator does."""
    path = house / package / messages.CATALOGUE
    text = path.read_text()
    for chinese, words in english.items():
        text = text.replace(f'msgid "{chinese}"\nmsgstr ""', f'msgid "{chinese}"\nmsgstr "{words}"')
    path.write_text(text)
    return path


def test_sentences_go_to_the_catalogue_of_their_package(house: Path) -> None:
    assert messages.extract(house) == [
        "yankao/desk/locale/en/LC_MESSAGES/django.po",
        "yankao/research/trips/locale/en/LC_MESSAGES/django.po",
    ]
    text = (house / "research" / "trips" / messages.CATALOGUE).read_text()
    assert 'msgid "還有%(n)s日"' in text
    assert 'msgctxt "手冊"' in text and 'msgid_plural "%(n)d份"' in text
    assert "測試不對人說話" not in (house / "desk" / messages.CATALOGUE).read_text()


def test_a_translation_survives_extraction_and_an_unused_one_leaves(house: Path) -> None:
    messages.extract(house)
    path = translate(house, "desk", {"我的工作": "My work"})
    kept = path.read_text()
    assert messages.extract(house) == []
    assert path.read_text() == kept
    (house / "desk" / "views.py").write_text("_('另一句')\n")
    messages.extract(house)
    assert "My work" not in path.read_text()


def test_the_check_lists_missing_chinese_and_broken_english(house: Path) -> None:
    messages.extract(house)
    translate(house, "desk", {"我的工作": "My 工作"})
    translate(house, "research/trips", {"還有%(n)s日": "%(days)s days left"})
    wrong = "\n".join(messages.check(house))
    assert "no English for “出國報告”" in wrong
    assert "no English for “%(n)d份”" in wrong
    assert "English still with Chinese of “我的工作”" in wrong
    assert "other placeholders in the English of “還有%(n)s日”" in wrong


def test_complete_english_passes_and_is_compiled(house: Path) -> None:
    messages.extract(house)
    translate(house, "desk", {"我的工作": "My work"})
    english = {"還有%(n)s日": "%(n)s days left", "出國報告": "Report of a trip abroad", "退回": "Return"}
    path = translate(house, "research/trips", english)
    plural = 'msgstr[0] "%(n)d copy"\nmsgstr[1] "%(n)d copies"'
    path.write_text(path.read_text().replace('msgstr[0] ""\nmsgstr[1] ""', plural))
    assert messages.check(house) == []
    assert messages.compile_all(house) == 2
    assert messages.compile_all(house) == 0
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("出國報告") == "Report of a trip abroad"
    assert compiled.ngettext("%(n)d份", "%(n)d份", 1) == "%(n)d copy"
    assert compiled.pgettext("手冊", "退回") == "Return"


def test_a_broken_template_is_named(house: Path) -> None:
    (house / "desk" / "templates").mkdir()
    (house / "desk" / "templates" / "broken.html").write_text("{% if %}")
    with pytest.raises(messages.UnreadableSource, match=r"broken\.html"):
        messages.check(house)
