"""`yankao demo`: the demonstration city. Everything in it follows from one seed; its records yield the
printed figures."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from . import installation
from .terminal import INTACT, Progress, Stop, say, table
from .words import _

if TYPE_CHECKING:
    from yankao.kernel.people.models import User


RAW_MONTHS = "1200"
"""For so many months a demonstration keeps raw records."""


def demo_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", metavar=_("動作"), required=True)
    load = deeds.add_parser("load", help=_("載入示範城市到空的資料庫，不問問題"))
    load.add_argument(
        "--scale", type=scale, default=1.0, help=_("資料規模，1為全市；小於1時報告會註明縮小比例")
    )
    load.add_argument("--seed-date", type=day, help=_("示範資料的「今天」，預設為今天，如2026-11-23"))
    deeds.add_parser("logins", help=_("列出每種角色的示範帳號"))


def scale(text: str) -> float:
    """A share of the city above 0, at most 1."""
    value = float(text)
    if not 0 < value <= 1:
        raise ValueError(text)
    return value


def day(text: str) -> date:
    """A day in ISO form."""
    return date.fromisoformat(text)


def demo(options: argparse.Namespace) -> int:
    """See the help of `yankao demo`."""
    if options.deed == "logins":
        installation.ready()
        logins()
        return INTACT
    installation.up()
    installation.prepare()
    load(options.scale, options.seed_date)
    return INTACT


def load(scale: float = 1.0, today: date | None = None, *, quick: bool = False) -> float:
    """Fill an empty installation with the city: people, then every room's reference half-year and present.

    `quick` takes of the rooms that hold very much the part their demonstration calls `QUICK`. Returns the
    smallest part taken; below 1 every page of the report says so. All or nothing: a load that is broken off
    leaves the installation empty.
    """
    from django.conf import settings  # noqa: PLC0415  (models are ready only after `up`)
    from django.db import transaction  # noqa: PLC0415  (models are ready only after `up`)
    from django.utils import timezone  # noqa: PLC0415  (models are ready only after `up`)

    from yankao.kernel import planner  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.audit import ledger  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.evidence.store import together  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.letters.series import load_words  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.people.city import build_city  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.search.tables import filling  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.report import demo as report_demo  # noqa: PLC0415  (models are ready only after `up`)

    if not settings.DEMO:
        raise Stop(_("示範資料只能載入示範站：請設YANKAO_DEMO=1，或改用另一個YANKAO_DATA。"))
    if not installation.empty():
        raise Stop(_("這裡已有資料，未載入示範城市：請改用空的YANKAO_DATA（或空的資料庫）。"))
    today, least = today or timezone.localdate(), scale
    bar = Progress(_("載入示範城市"), 2 * len(rooms()) + 3)
    with bar, transaction.atomic(), together(), filling():
        bar.enter(_("機關與人員"))
        city = build_city(scale, today)
        load_words(city.rdec_chief)
        keep_raw(city.rdec_chief)
        for room in rooms():
            bar.step(room.title)
            found = room.part("demo")
            if found is None:
                bar.step()
                continue
            part = scale * (getattr(found, "QUICK", 1.0) if quick else 1.0)
            least = min(least, part)
            found.load(replace(city, scale=part))
            bar.step(_("%(room)s（近況）") % {"room": room.title})
            if present := getattr(found, "present", None):
                present(city, today)
        bar.step(_("議會施政報告"))
        planner.learn()
        report_demo.load(replace(city, scale=least))
        bar.step(_("查核點"))
    ledger.checkpoint()
    mark = {"scale": least, "today": today.isoformat()}
    (Path(settings.DATA) / "demo.json").write_text(json.dumps(mark) + "\n", "ascii")
    return least


def keep_raw(chief: User) -> None:
    """Raw records of the demonstration are from 2012: by the usual term the first night would forget them.
    The city has a longer term instead, which stands with its reason among the rules and in the ledger.
    """
    from yankao.kernel.journal import sealing  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.rules import values  # noqa: PLC0415  (models are ready only after `up`)

    basis = "示範資料：保留2012年的原始紀錄，供重讀、對帳與展示"
    values.change(chief, sealing.RAW_MONTHS.code, RAW_MONTHS, date(2012, 1, 1), basis)


def logins() -> None:
    """One line for each role: the person to sign in as, in both languages."""
    from django.utils import translation  # noqa: PLC0415  (models are ready only after `up`)

    from yankao.kernel.people.models import Role  # noqa: PLC0415  (models are ready only after `up`)

    from .signin import personas, reviewers  # noqa: PLC0415  (models are ready only after `up`)

    rows = []
    for user, post in personas():
        names = []
        for language in ("zh-hant", "en"):
            with translation.override(language):
                names.append(str(Role(post.role).label))
        rows.append([user.username, user.name, post.agency.name, *names])
    rows += [[one.username, one.name, one.reviewer.employer, "審查人員", "Reviewer"] for one in reviewers()]
    if rows:
        say("示範帳號，免密碼，於/accounts/demo/點選。")
        say("Demonstration log-ins without password, to pick at /accounts/demo/:")
        table(rows)
    else:
        say("沒有示範帳號。 / There are no demonstration log-ins.")
