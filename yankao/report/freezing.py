"""Freezing an edition (定稿): every figure with its records, the document in both languages, the rules, the
code.

What was frozen renders to the same bytes at any later time, whatever happens to the records. `verify`
proves it again.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Head
from yankao.kernel.figures.declare import digest_of, resolve
from yankao.kernel.people.models import User
from yankao.kernel.rules.values import declared

from . import api, keysets
from .access import CHIEFS, role_of
from .building import LANGUAGES, Built
from .document.facts_json import canonical
from .document.model import Facts, Language, from_dict, to_dict
from .editions import Refused, Step, draft, in_force, refresh, seals, stored
from .models import Edition, FrozenFigure, FrozenOutput, FrozenPart
from .prose import facts_in
from .readings import Readings, said

ATTEMPTS = 3


def freeze(edition: Edition, actor: User) -> None:
    """Freeze an approved edition. Raises Refused with the sentence when it may not be."""
    if not role_of(actor, *CHIEFS):
        raise Refused(_("僅主任秘書或主任委員可定稿。"))
    if edition.frozen:
        raise Refused(_("本版已定稿。"))
    refresh(edition, actor)
    if edition.state != Edition.State.APPROVED:
        raise Refused(_("尚未核定，不得定稿。"))
    for _attempt in range(ATTEMPTS):
        if _freeze_once(edition, actor):
            return
    raise Refused(_("定稿期間紀錄不斷異動，請稍後再試。"))


def _head() -> int:
    return Head.objects.filter(pk=1).values_list("seq", flat=True).first() or 0


def _freeze_once(edition: Edition, actor: User) -> bool:
    """Read, render, and write it all down, provided that no record was changed meanwhile.

    Every change of a record is an entry of the ledger: the ledger standing still is one consistent
    moment, and nobody has to wait while the files are made.
    """
    before = _head()
    now = timezone.now()
    readings = Readings(edition.days, keep_keys=True)
    built = draft(edition, readings, status="frozen", dated=timezone.localdate(now))
    problems = [problem.sentence for one in built.values() for problem in one.problems]
    if problems:
        raise Refused("\n".join(problems))
    outputs = {
        f"report.{language}.{form}": api.render(one, form)
        for language, one in built.items()
        for form in api.FORMATS
    }
    keys = _keys(built[LANGUAGES[0]].facts, readings)
    outputs[keysets.NAME] = keysets.write(edition.pk, keys)
    with transaction.atomic():
        if Head.objects.select_for_update().get(pk=1).seq != before:
            return False
        approved = in_force(edition).get(("", Step.APPROVE))
        if approved is None or approved.seal != seals(built)[0]:
            raise Refused(_("核定後文字或數字已變更，請重新核定。"))
        _write(edition, actor, built, readings, outputs, now)
    return True


def _keys(facts: Facts, readings: Readings) -> dict[str, list[str]]:
    found = {}
    for record in facts.records:
        figure = resolve(record.concept)
        found[record.concept] = readings.records(figure, readings.dates(figure).period)[2]
    return found


def _write(
    edition: Edition,
    actor: User,
    built: dict[Language, Built],
    readings: Readings,
    outputs: dict[str, bytes],
    now: Any,
) -> None:
    parts = {
        f"model.{language}.json": canonical(
            {"report": to_dict(one.report), "facts": to_dict(one.facts)}
        ).decode()
        for language, one in built.items()
    }
    parts |= {"rules.json": canonical(rules_at(edition)).decode(), "revision": revision()}
    FrozenPart.objects.bulk_create(
        [
            FrozenPart(
                edition=edition, name=name, content=content, sha256=sha256(content.encode()).hexdigest()
            )
            for name, content in parts.items()
        ]
    )
    FrozenFigure.objects.bulk_create(_figures(edition, built[LANGUAGES[0]], readings))
    FrozenOutput.objects.bulk_create(
        [
            FrozenOutput(edition=edition, name=name, size=len(content), sha256=sha256(content).hexdigest())
            for name, content in outputs.items()
        ]
    )
    entry = ledger.note(
        "report.freeze",
        f"report:{edition.period}:{edition.number}",
        actor,
        facts=sha256(outputs["report.zh-hant.json"]).hexdigest(),
        keys=sha256(outputs[keysets.NAME]).hexdigest(),
        models={name: sha256(content.encode()).hexdigest() for name, content in parts.items()},
    )
    edition.frozen_at, edition.frozen_by, edition.state = now, actor, Edition.State.FROZEN
    edition.ledger_seq = entry.seq
    edition.save(update_fields=["frozen_at", "frozen_by", "state", "ledger_seq"])


def _figures(edition: Edition, built: Built, readings: Readings) -> list[FrozenFigure]:
    places = {fact: key for key, part in reversed(built.parts.items()) for fact in facts_in(part.blocks)}
    rows = []
    for position, record in enumerate(built.facts.records):
        figure = resolve(record.concept)
        reading = readings.read(figure)
        definition = said(figure, "definition")
        rows.append(
            FrozenFigure(
                edition=edition,
                position=position,
                figure=record.concept,
                section=places.get(record.id, ""),
                label=record.label.zh[:200],
                label_en=record.label.en[:200],
                value=record.value,
                unit=reading.unit,
                decimals=record.decimals,
                kind=record.kind,
                first=reading.start,
                last=reading.end,
                as_of=reading.as_of,
                records=record.records,
                digest=record.digest,
                definition=definition[0],
                definition_en=definition[1],
                version=record.definition_version,
            )
        )
    return rows


def rules_at(edition: Edition) -> dict[str, Any]:
    """Every declared rule with the value in force on the edition's day."""
    found: dict[str, Any] = {}
    for code, rule in sorted(declared.items()):
        try:
            seed = rule.row(edition.as_of)
        except LookupError:
            continue
        found[code] = {"value": seed.value, "since": seed.since.isoformat(), "basis": seed.basis}
    return found


def revision() -> str:
    """The version of the product, and the revision of its code where it is known."""
    try:
        words = version("yankao")
    except PackageNotFoundError:
        words = "0"
    given = os.environ.get("YANKAO_REVISION", "") or _checkout(Path(settings.BASE_DIR))
    return f"{words} {given}".strip()


def _checkout(root: Path) -> str:
    """The commit of a checkout, read from its own files."""
    head = root / ".git" / "HEAD"
    if not head.is_file():
        return ""
    text = head.read_text().strip()
    if not text.startswith("ref: "):
        return text
    ref = root / ".git" / text.removeprefix("ref: ")
    if ref.is_file():
        return ref.read_text().strip()
    packed = root / ".git" / "packed-refs"
    if packed.is_file():
        for line in packed.read_text().splitlines():
            if line.endswith(text.removeprefix("ref: ")):
                return line.partition(" ")[0]
    return ""


# ── Proof ─────────────────────────────────────────────────────────────────────────────────────────────


def verify(edition: Edition, *, outputs: bool = True) -> list[str]:
    """What is wrong with a frozen edition, in sentences; empty when it is intact.

    Stored parts against their hashes, figures against the stored facts, keys against their digests, and
    (unless `outputs` is False) every output rendered again against the hash of what was given out.
    """
    if not edition.frozen:
        return [_("%(edition)s尚未定稿。") % {"edition": edition}]
    faults: list[str] = []
    for part in FrozenPart.objects.filter(edition=edition):
        if sha256(part.content.encode()).hexdigest() != part.sha256:
            faults.append(_("定稿檔%(name)s已被更動。") % {"name": part.name})
    if missing := {f"model.{language}.json" for language in LANGUAGES} - set(
        FrozenPart.objects.filter(edition=edition).values_list("name", flat=True)
    ):
        return [*faults, *(_("缺少定稿檔%(name)s。") % {"name": name} for name in sorted(missing))]
    faults += _wrong_figures(edition)
    faults += _wrong_keys(edition)
    if outputs and not faults:
        faults += _wrong_outputs(edition)
    return faults


def _wrong_figures(edition: Edition) -> list[str]:
    part = FrozenPart.objects.get(edition=edition, name=f"model.{LANGUAGES[0]}.json")
    facts = {one.concept: one for one in from_dict(Facts, json.loads(part.content)["facts"]).records}
    rows = {row.figure: row for row in FrozenFigure.objects.filter(edition=edition)}
    faults = [_("定稿數據缺少「%(name)s」。") % {"name": name} for name in facts.keys() - rows.keys()]
    for name, row in rows.items():
        fact = facts.get(name)
        if fact is None or (row.value, row.records, row.digest) != (fact.value, fact.records, fact.digest):
            faults.append(_("定稿數據「%(name)s」與定稿文件不符。") % {"name": name})
    return faults


def _wrong_keys(edition: Edition) -> list[str]:
    kept = FrozenOutput.objects.filter(edition=edition, name=keysets.NAME).first()
    if kept is None:
        return [_("沒有紀錄鍵值檔的雜湊。")]
    held = keysets.file_hash(edition.pk)
    if not held:
        return [_("紀錄鍵值檔不見了。")]
    if held != kept.sha256:
        return [_("紀錄鍵值檔已被更動。")]
    keys = keysets.read(edition.pk)
    return [
        _("「%(name)s」的紀錄鍵值與雜湊不符。") % {"name": row.figure}
        for row in FrozenFigure.objects.filter(edition=edition)
        if digest_of(keys.get(row.figure, [])) != (row.records, row.digest)
    ]


def _wrong_outputs(edition: Edition) -> list[str]:
    faults = []
    for output in FrozenOutput.objects.filter(edition=edition).exclude(name=keysets.NAME):
        _report, language, form = output.name.split(".")
        made = api.render(stored(edition, language), form)  # type: ignore[arg-type]
        if sha256(made).hexdigest() != output.sha256:
            faults.append(_("重新產製之%(name)s與定稿時不同。") % {"name": output.name})
    return faults
