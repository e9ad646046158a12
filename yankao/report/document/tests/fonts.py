"""Tests that set a page need Chinese fonts; where there are none they say so."""

from __future__ import annotations

import pytest

from yankao.kernel.documents.pdf import NoChineseFont, font_dirs_from_environment
from yankao.report.document.pdf import render_pdf

from .sample import records, report

try:
    render_pdf(report(), records())
    FOUND = True
except NoChineseFont:
    FOUND = False

needs_fonts = pytest.mark.skipif(
    not FOUND,
    reason=f"no Chinese font in {', '.join(map(str, font_dirs_from_environment()))}: install fonts-noto-cjk",
)
