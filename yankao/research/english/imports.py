"""譯名匯入 The register of names from a file: what it gives out comes back without loss.

A name on record already is left alone; one that differs comes back with the column that differs, because a
change is a proposal of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import RDEC
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.standing import standing
from yankao.kernel.register import english
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .models import BilingualName, Category, NameAlias, Way
from .public import approved


def _sound(values: Values) -> Iterable[tuple[str, str]]:
    if sentence := way.unsound(values["english"]):
        yield "english", sentence
    if values["approved_on"] > timezone.localdate():
        yield "approved_on", _("核定日不能晚於今天。")
    begun = values["valid_from"] or values["approved_on"]
    if values["valid_to"] and values["valid_to"] < begun:
        yield "valid_to", _("失效日不能早於生效日。")


ALIAS = re.compile(r"(.+?)(?:[（(]([\d-]*)[～~]([\d-]*)[）)])?")


def alias_written(alias: NameAlias) -> str:
    """An alias with its time, as `aliases_given` reads it: Sitzuwan（2005-01-01～2010-12-24）."""
    if not (alias.valid_from or alias.valid_to):
        return alias.name
    return f"{alias.name}（{alias.valid_from or ''}～{alias.valid_to or ''}）"


def aliases_given(given: str) -> tuple[tuple[str, date | None, date | None], ...]:
    """(Name, from, to) of each alias of a cell."""
    found = []
    for part in parsing.several(given):
        match = ALIAS.fullmatch(part)
        assert match
        first, last = (parsing.day(text) if text else None for text in (match[2], match[3]))
        found.append((match[1].strip(), first, last))
    return tuple(found)


PROFILE = Profile(
    title=gettext_lazy("核定譯名"),
    columns=(
        Column("zh", ("中文名稱", "Chinese name"), parsing.text, required=True),
        Column("english", ("英文名稱", "English name"), parsing.text, required=True),
        Column("category", ("譯名類別", "Category"), parsing.among(Category), required=True),
        Column("way", ("譯寫方式", "Way"), parsing.among(Way), required=True),
        Column("basis", ("依據或理由", "Basis"), parsing.text, default=""),
        Column("agency", ("提案機關", "Agency"), cells.agency, required=True),
        Column("approved_on", ("核定日", "Approved on"), parsing.day, required=True),
        Column("letter", ("核定文號", "Letter"), parsing.text, default=""),
        Column("valid_from", ("生效日", "Valid from"), parsing.day),
        Column("valid_to", ("失效日", "Valid to"), parsing.day),
        Column(
            "aliases",
            ("舊譯名與別名", "Aliases"),
            aliases_given,
            default=(),
            told=lambda name: "、".join(alias_written(alias) for alias in name.aliases.all()),
        ),
    ),
    check=_sound,
    key=("category", "zh", "english"),
)
SAME = ("way", "basis", "approved_on", "letter", "valid_to")


def keep(actor: Any, values: Values) -> BilingualName:
    """Enrol the name, or leave it alone when it is on record already."""
    begun = values["valid_from"] or values["approved_on"]
    found = BilingualName.objects.filter(
        category=values["category"],
        key=english.key_of(values["zh"]),
        english=values["english"],
        valid_from=begun,
    ).first()
    if found is not None:
        _refuse_difference(found, values)
        return found
    name = way.process.open(
        actor,
        title=values["zh"],
        agency=values["agency"],
        **{part: values[part] for part in ("zh", "english", "category", "way", "basis")},
    )
    way.enrol(name, actor, approved_on=values["approved_on"], letter=values["letter"], valid_from=begun)
    held = set(NameAlias.objects.filter(entry=name).values_list("name", flat=True))
    for alias, first, last in values["aliases"]:
        if alias not in held:
            way.add_alias(name, actor, alias=alias, since=first, until=last)
    if values["valid_to"]:
        way.supersede(name, actor, ends_on=values["valid_to"], reason=_("依匯入檔登錄失效。"))
    return name


def _refuse_difference(name: BilingualName, values: Values) -> None:
    labels = {column.field: column.names[0] for column in PROFILE.columns}
    for part in SAME:
        kept, given = getattr(name, part), values[part]
        if (kept or None) != (given or None):
            shown = kept.isoformat() if isinstance(kept, date) else str(kept or _("（空白）"))
            sentence = _("「%(zh)s」已登錄，這一欄現為「%(value)s」；變更請另行提案，更正請在案件辦理。")
            raise Refusal(sentence % {"zh": name.zh, "value": shown}, labels[part], str(given or ""))


def may_import(user: Any) -> bool:
    """The commission keeps the register."""
    return standing(user).has(*RDEC)


IMPORTS = (
    Import(
        "names",
        gettext_lazy("核定譯名"),
        PROFILE,
        keep=keep,
        may=may_import,
        records=lambda user: approved().order_by("valid_from", "pk"),
        example=(
            "西子灣",
            "Sizihwan Bay",
            "地標與景點",
            "音譯加意譯",
            "沿用通行拼法",
            "觀光局",
            "95/3/1",
            "高市府研發字第0950001234號",
            "95/4/1",
            "",
            "Hsitzu Bay（1990-01-01～2006-03-31）",
        ),
    ),
)
