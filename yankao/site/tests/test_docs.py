"""What the documents say is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from yankao.site.tests.installed import Installation

ROOT = Path(settings.BASE_DIR)
READ = re.compile(r"""(?:environ(?:\.get\(|\.setdefault\(|\[)|environment\.get\()\s*["']([A-Z][A-Z_]+)["']""")
OURS = re.compile(r"^(YANKAO_[A-Z_]+|DATABASE_URL)$")


def read_by_the_program() -> set[str]:
    found = set()
    for path in (ROOT / "yankao").rglob("*.py"):
        if "tests" not in path.parts:
            text = path.read_text("utf-8")
            found |= set(READ.findall(text)) | set(re.findall(r'"(YANKAO_[A-Z_]+)"', text))
    return {name for name in found if OURS.match(name)}


def test_every_environment_variable_stands_in_the_table_of_operations_and_no_other():
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert told == read_by_the_program()


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_the_worked_example_is_quoted_as_it_stands():
    text = (ROOT / "docs" / "adding-a-room.md").read_text("utf-8")
    quoted = re.findall(r"<!-- from ([\w/.]+) -->\n```\w*\n(.*?)```", text, re.DOTALL)
    assert len(quoted) >= 4
    for name, code in quoted:
        source = (ROOT / name).read_text("utf-8")
        for piece in code.split("…\n"):
            assert piece.strip("\n") in source, f"{name} no longer says:\n{piece}"


def test_the_handbook_is_the_one_that_the_rooms_write(tmp_path):
    written = Installation(tmp_path).done("handbook")
    kept = (ROOT / "docs" / "handbook.md").read_text("utf-8")
    assert written.rstrip() == kept.rstrip(), "Run: yankao handbook --output docs/handbook.md"
    chinese, english = kept.split("# yankao: handbook\n")
    for heading in ("流程", "期限", "規則", "數據"):
        assert f"# {heading}\n" in chinese
    for heading in ("Process", "Deadlines", "Rules", "Figures"):
        assert f"# {heading}\n" in english
