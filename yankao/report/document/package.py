"""The package of an edition: one zip with every output and a manifest of hashes. It opens and verifies
without us.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext as _

from yankao.kernel.documents.zipping import zipped

from .facts_json import canonical, render_facts_json
from .html import render_html_file
from .model import Facts, Report, to_dict
from .odt import render_odt
from .pdf import render_pdf
from .tables import render_tables

MANIFEST = "manifest.json"
_KINDS = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pdf": "application/pdf",
}


def render_package(
    report: Report,
    facts: Facts,
    *,
    font_dirs: Sequence[Path] | None = None,
    more: Mapping[str, bytes] | None = None,
) -> bytes:
    """report.html, .odt, .pdf, facts.json, model.json, tables/… and manifest.json with the SHA-256 of each.

    `more` adds files by name, such as the lists of records that may be given out. Raises as `render_pdf`
    does, and ValueError when a name is taken.
    """
    parts = {
        "facts.json": render_facts_json(report, facts),
        "model.json": canonical({"report": to_dict(report), "facts": to_dict(facts)}),
        "report.html": render_html_file(report, facts),
        "report.odt": render_odt(report, facts),
        "report.pdf": render_pdf(report, facts, font_dirs=font_dirs),
        **{f"tables/{name}": content for name, content in render_tables(report, facts).items()},
    }
    if taken := (parts.keys() | {MANIFEST}) & (more or {}).keys():
        raise ValueError(f"The package already has {', '.join(sorted(taken))}.")
    parts |= more or {}
    listed = sorted(parts.items())
    return zipped([(MANIFEST, _manifest(report, listed)), *listed])


def _manifest(report: Report, listed: list[tuple[str, bytes]]) -> bytes:
    return canonical(
        {
            "title": report.title,
            "agency": report.agency,
            "period": report.period,
            "edition": report.edition,
            "status": report.status,
            "notice": report.notice,
            "language": report.language,
            "dated": report.dated.isoformat(),
            "files": {
                name: {
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "type": _KINDS.get(Path(name).suffix, "application/octet-stream"),
                }
                for name, content in listed
            },
        }
    )


def verify_package(package: bytes) -> list[str]:
    """What is wrong with a package: files changed, missing or added since it was made. Empty when it is
    intact.
    """
    try:
        with zipfile.ZipFile(BytesIO(package)) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
        listed = json.loads(held.pop(MANIFEST))["files"]
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        return [_("資料包無法讀取：%(reason)s") % {"reason": error}]
    missing, added = sorted(listed.keys() - held.keys()), sorted(held.keys() - listed.keys())
    wrong = [_("缺少檔案%(name)s。") % {"name": name} for name in missing]
    wrong += [_("檔案%(name)s不在清單內。") % {"name": name} for name in added]
    for name in sorted(held.keys() & listed.keys()):
        if hashlib.sha256(held[name]).hexdigest() != listed[name]["sha256"]:
            wrong.append(_("檔案%(name)s已被更動。") % {"name": name})
    return wrong
