"""Every kind of letter as it reads, in both files alike."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import odfdo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.casework.steps import Refused
from yankao.kernel.documents.pdf import NoChineseFont, check_fonts
from yankao.kernel.documents.read_pdf import tags_of, text_of
from yankao.kernel.letters import issuing, verify
from yankao.kernel.letters.declare import Column, Letter, Table
from yankao.kernel.letters.odt import render_odt
from yankao.kernel.letters.paper import Paper, said
from yankao.kernel.letters.pdf import render_pdf
from yankao.kernel.letters.text import Item, Para, Part, label_of, parsed, written

from . import samples
from .conftest import DAY

try:
    check_fonts()
    FONTS = True
except NoChineseFont:
    FONTS = False
needs_fonts = pytest.mark.skipif(not FONTS, reason="no Chinese font: install fonts-noto-cjk")
GOLDEN = Path(__file__).with_name("golden")
GIVEN: dict[str, dict[str, Any]] = {
    "reminder": {"until": date(2012, 7, 31), "note": "請一併檢還原卷。"},
    "meeting": {"place": "第一會議室"},
    "award": {"winner": "林大同"},
    "listing": {},
    "payment": {"amount": 152_000, "due": 456_000},
    "slip": {},
}


def made(name: str, finds: list[Any], house: Any, language: str = "") -> Paper:
    """The letter as issued, with a number and a code that are always the same."""
    letter: Letter[...] = getattr(samples, name)
    about = finds if letter.many else finds[0]
    composed = issuing.compose(
        letter, about, house.rdec_controller, GIVEN[name], language=language, dated=DAY
    )
    check = issuing._check("00000-00000-00000-00000", "https://city.example") if name == "award" else None
    return composed.paper("示市研管字第10130009500號" if letter.numbered else "", check=check)


def odt_text(content: bytes) -> str:
    """Everything an OpenDocument text says in its body, in order."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        root = ElementTree.fromstring(archive.read("content.xml"))
    body = root.find(".//{urn:oasis:names:tc:opendocument:xmlns:office:1.0}text")
    assert body is not None
    svg = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
    for parent in list(body.iter()):
        for child in [one for one in parent if one.tag in (f"{svg}title", f"{svg}desc")]:
            parent.remove(child)
    return "".join(body.itertext())


def squeezed(text: str) -> str:
    return "".join(text.split())


ALL = [*((name, "") for name in GIVEN), ("reminder", "en")]


@pytest.mark.parametrize(("name", "language"), ALL)
def test_each_kind_reads_as_it_should(name: str, language: str, finds: list[Any], house: Any) -> None:
    path = GOLDEN / f"{name}{'.en' if language else ''}.txt"
    text = said(made(name, finds, house, language)) + "\n"
    if os.environ.get("YANKAO_WRITE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@needs_fonts
@pytest.mark.parametrize(("name", "language"), ALL)
def test_odt_and_pdf_say_the_same(name: str, language: str, finds: list[Any], house: Any) -> None:
    page = made(name, finds, house, language)
    odt, pdf = render_odt(page), render_pdf(page)
    assert squeezed(odt_text(odt)) == squeezed(text_of(pdf)) == squeezed(said(page))
    assert render_odt(page) == odt
    assert render_pdf(page) == pdf
    odfdo.Document(BytesIO(odt))


@needs_fonts
def test_the_pdf_is_tagged_and_for_the_archive(finds: list[Any], house: Any) -> None:
    pdf = render_pdf(made("payment", finds, house))
    assert {"H1", "Table", "TH", "TD", "P"} <= set(tags_of(pdf))
    assert b"pdfuaid:part" in pdf or b"pdfuaid" in pdf
    assert {"L", "LI", "Lbl", "LBody"} <= set(tags_of(render_pdf(made("reminder", finds, house))))
    assert "Figure" in tags_of(render_pdf(made("award", finds, house)))


def test_the_odt_opens_in_libreoffice(finds: list[Any], house: Any, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        pytest.skip("LibreOffice is not here: that it opens the ODT is NOT tested")
    (tmp_path / "letter.odt").write_bytes(render_odt(made("reminder", finds, house)))
    subprocess.run(
        [office, "--headless", "--convert-to", "txt:Text", "--outdir", tmp_path, tmp_path / "letter.odt"],
        check=True, timeout=120, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    text = (tmp_path / "letter.txt").read_text("utf-8-sig")
    assert squeezed(said(made("reminder", finds, house))) in squeezed(text)


@needs_fonts
def test_a_preview_is_a_draft_without_number(finds: list[Any], house: Any) -> None:
    page = issuing.draft(samples.reminder, finds[0], house.rdec_controller, GIVEN["reminder"], dated=DAY)
    assert page.draft == "草稿"
    assert page.number == ""
    assert squeezed(text_of(render_pdf(page))).startswith("草稿")


def test_a_payment_list_that_does_not_come_to_its_sum_is_refused(finds: list[Any], house: Any) -> None:
    with pytest.raises(Refused, match=r"456,000元與應核銷456,001元不符"):
        issuing.compose(
            samples.payment, finds, house.rdec_controller, {"amount": 152_000, "due": 456_001}, dated=DAY
        )


def test_a_part_of_a_dollar_is_refused() -> None:
    from decimal import Decimal

    with pytest.raises(Refused, match="整數元"):
        Table((Column("名"), Column("金額", 1, "money")), [("甲", Decimal("10.5"))])


# ── The text ────────────────────────────────────────────────────────────────────────────────────────


def test_items_are_counted_as_official_documents_count() -> None:
    text = "說明：\n- 甲\n  - 乙\n  - 丙\n    - 丁\n- 戊\n辦法：\n- 己\n"
    assert parsed(text, {}, "zh-hant") == [
        Part("說明", ""), Item(1, "一、", "甲"), Item(2, "（一）", "乙"), Item(2, "（二）", "丙"),
        Item(3, "1、", "丁"), Item(1, "二、", "戊"), Part("辦法", "己"),
    ]  # fmt: skip
    assert [label_of(level, 2, "en") for level in (1, 2, 3)] == ["2.", "(2)", "(b)"]


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]) | st.sampled_from("\n- #"), max_size=40
    )
)
def test_what_a_value_holds_is_text_and_no_markup(value: str) -> None:
    from yankao.kernel.letters.text import _environment

    written_out = _environment(Path(__file__).parent, "zh-hant").from_string("{{ v }}\n").render(v=value)
    blocks = parsed(written_out, {}, "zh-hant")
    assert len(blocks) <= 1
    assert all(isinstance(block, Para) for block in blocks)


@pytest.mark.parametrize("value", ["主旨：撤銷", "- 一項", "# 標題", "甲\n說明：乙", "\x02123\x03"])
def test_a_value_begins_no_part(value: str) -> None:
    from yankao.kernel.letters.text import _environment

    text = _environment(Path(__file__).parent, "zh-hant").from_string("{{ v }}\n\n末段").render(v=value)
    first, last = parsed(text, {}, "zh-hant")
    assert isinstance(first, Para)
    assert squeezed(first.text) == squeezed(value.replace("\x02", "").replace("\x03", ""))
    assert last == Para("末段")


def test_moments_are_written_as_letters_write_them() -> None:
    assert written(datetime(2012, 7, 18, 9, 30), "zh-hant") == "101年7月18日（三）上午9時30分"  # noqa: DTZ001
    assert written(datetime(2012, 7, 18, 14), "zh-hant") == "101年7月18日（三）下午2時整"  # noqa: DTZ001
    assert written(date(2012, 7, 18), "en") == "18 July 2012"


def test_a_code_reads_alike_however_it_is_typed() -> None:
    code = verify.new_code()
    assert verify.digest(code) == verify.digest(code.lower().replace("-", " "))
    assert verify.digest(code.replace("0", "o").replace("1", "l")) == verify.digest(code)
    assert verify.digest(code[:-1]) == verify.digest("") == verify.digest("U" * 20) == ""
    assert len({verify.new_code() for _n in range(500)}) == 500
