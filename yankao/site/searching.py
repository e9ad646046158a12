"""`yankao index`: whether searches find what the records say, and putting it right."""

from __future__ import annotations

import argparse

from . import installation
from .terminal import FAULTS, INTACT, Progress, remark, say
from .words import _

NEWEST = 1000
"""So many of the newest records of each kind are compared in a quick look."""


def index_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help=_("只比對，不改動；有落後時結束碼為1"))
    parser.add_argument("--anew", action="store_true", help=_("全部重建；重建期間仍可搜尋"))


def index(options: argparse.Namespace) -> int:
    """Mend what differs; `--check` only tells, `--anew` writes everything anew."""
    installation.ready()
    if options.anew and not options.check:
        done = rebuild()
        say(_("已重建搜尋索引：%(count)s筆。") % {"count": f"{done:,}"})
        return INTACT
    behind = compare(mending=not options.check)
    if not behind:
        say(_("搜尋索引與紀錄相符。"))
        return INTACT
    if not options.check:
        say(_("搜尋索引有%(count)s筆與紀錄不符，已更正。") % {"count": f"{behind:,}"})
        return INTACT
    remark(_("搜尋索引有%(count)s筆與紀錄不符：請執行yankao index。") % {"count": f"{behind:,}"})
    return FAULTS


def compare(*, mending: bool = False, newest: int = 0) -> int:
    """How many entries differ from their records, all of them or among the newest of each kind."""
    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.search import corpus  # noqa: PLC0415

    rooms()
    total = sum(one.rows().count() for one in corpus.corpora.values())
    behind = done = 0
    with Progress(_("比對搜尋索引"), total) as bar:
        for one in corpus.corpora.values():
            for found in corpus.differences(one, newest):
                behind += corpus.mend(one, found) if mending else len(found)
                done = min(done + corpus.AT_ONCE, total)
                bar.step(done=done)
    return behind


def rebuild() -> int:
    """Write the whole index anew; how many records that were."""
    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.search import corpus  # noqa: PLC0415

    rooms()
    total = sum(one.rows().count() for one in corpus.corpora.values())
    with Progress(_("重建搜尋索引"), total) as bar:
        return corpus.anew(lambda done: bar.step(done=done))
