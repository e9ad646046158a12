"""`yankao vault`: keys of petitioners' data, and forgetting whose time has come; all of it in the ledger."""

from __future__ import annotations

import argparse

from . import installation
from .readout import person
from .terminal import FAULTS, INTACT, Progress, Stop, remark, say, table
from .words import _


def vault_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", metavar=_("動作"), required=True)
    deeds.add_parser("status", help=_("列出金鑰、各鑰所封的筆數與到期待銷毀的人數"))
    deeds.add_parser("rotate", help=_("換鑰：造新的主金鑰並將全部資料改由新鑰封裝"))
    deeds.add_parser("rewrap", help=_("將全部資料改由最新的主金鑰封裝（自備金鑰檔時）"))
    deeds.add_parser("retire", help=_("銷毀已不封任何資料的舊金鑰；先前的備份從此無法開啟"))
    propose = deeds.add_parser("propose", help=_("提出銷毀一個保存類別到期的個人資料"))
    propose.add_argument("retention", help=_("保存類別：brief、usual、long、accusation"))
    propose.add_argument("--by", required=True, metavar="USERNAME", help=_("提出人帳號"))
    approve = deeds.add_parser("approve", help=_("核定並執行銷毀案，無法復原"))
    approve.add_argument("number", type=int, help=_("銷毀案編號"))
    approve.add_argument("--by", required=True, metavar="USERNAME", help=_("核定人帳號，不可為提出人"))


def vault(options: argparse.Namespace) -> int:
    """See the help of `yankao vault`."""
    installation.ready()
    deeds = {
        "status": _status, "rotate": _rotate, "rewrap": _rewrap, "retire": _retire,
        "propose": _propose, "approve": _approve,
    }  # fmt: skip
    return deeds[options.deed](options)


def _status(options: argparse.Namespace) -> int:
    from django.utils import timezone  # noqa: PLC0415  (models are ready only after `up`)

    from yankao.kernel.vault import keys, rotation, shredding  # noqa: PLC0415
    from yankao.kernel.vault.models import Retention, Shredding  # noqa: PLC0415

    used = rotation.used()
    lost = rotation.missing()
    say(_("金鑰資料夾：%(folder)s") % {"folder": keys.folder()})
    rows = [[_("金鑰"), _("封裝筆數"), _("狀態")]]
    for ring in keys.RINGS:
        ids = keys.ids(ring)
        for name in ids:
            count = sum(number for _model, number in used.get(name, []))
            state = _("使用中") if name == ids[-1] else _("舊鑰") if count else _("可銷毀")
            rows.append([name, str(count), state])
    rows += [[name, str(sum(n for _m, n in used[name])), _("不在這裡！")] for name in lost]
    table(rows)
    today = timezone.localdate()
    rows = [[_("保存類別"), _("年數"), _("到期人數")]]
    for retention in Retention:
        count = shredding.due(retention, shredding.cutoff(retention, today)).count()
        rows.append([retention.value, str(shredding.YEARS[retention].at(today)), str(count)])
    table(rows)
    for one in Shredding.objects.filter(done_at=None, dropped_at=None).order_by("pk"):
        say(_("待核定的銷毀案%(number)s：%(retention)s，%(count)s人。")
            % {"number": one.pk, "retention": one.retention, "count": one.count})  # fmt: skip
    return FAULTS if lost else INTACT


def _rotate(options: argparse.Namespace) -> int:
    from yankao.kernel.vault import rotation  # noqa: PLC0415

    made = rotation.rotate()
    say(_("已造新金鑰：%(keys)s。") % {"keys": "、".join(made)})
    return _rewrap(options)


def _rewrap(options: argparse.Namespace) -> int:
    from yankao.kernel.vault import rotation  # noqa: PLC0415

    total = sum(count for _model, _key, count in rotation.old())
    with Progress(_("換鑰"), total) as bar:
        told = rotation.rewrap(lambda done: bar.step(done=done))
    say(_("%(count)s筆已改由新鑰封裝。") % {"count": told.done})
    if told.faulty:
        remark(_("%(count)s筆與其金鑰不符，未更動。") % {"count": told.faulty})
    return FAULTS if told.faulty else INTACT


def _retire(options: argparse.Namespace) -> int:
    from yankao.kernel.vault import rotation  # noqa: PLC0415

    gone = rotation.retire()
    say(_("已銷毀金鑰：%(keys)s。") % {"keys": "、".join(gone)} if gone else _("沒有可銷毀的舊金鑰。"))
    return INTACT


def _propose(options: argparse.Namespace) -> int:
    from yankao.kernel.casework.steps import Refused  # noqa: PLC0415
    from yankao.kernel.vault import shredding  # noqa: PLC0415
    from yankao.kernel.vault.models import Retention  # noqa: PLC0415

    if options.retention not in Retention.values:
        raise Stop(_("沒有「%(name)s」這個保存類別，可用：%(known)s。")
                   % {"name": options.retention, "known": "、".join(Retention.values)})  # fmt: skip
    try:
        made = shredding.propose(person(options.by), options.retention)
    except Refused as refused:
        raise Stop(str(refused), FAULTS) from refused
    say(_("已提出銷毀案%(number)s：結案日至%(until)s，%(count)s人，待核定。")
        % {"number": made.pk, "until": made.until.isoformat(), "count": made.count})  # fmt: skip
    return INTACT


def _approve(options: argparse.Namespace) -> int:
    from yankao.kernel.casework.steps import Refused  # noqa: PLC0415
    from yankao.kernel.vault import shredding  # noqa: PLC0415
    from yankao.kernel.vault.models import Shredding  # noqa: PLC0415

    proposal = Shredding.objects.filter(pk=options.number).first()
    if proposal is None:
        raise Stop(_("沒有這個銷毀案。"))
    try:
        count = shredding.approve(proposal, person(options.by))
    except Refused as refused:
        raise Stop(str(refused), FAULTS) from refused
    say(_("已銷毀%(count)s人的個人資料。") % {"count": count})
    return INTACT
