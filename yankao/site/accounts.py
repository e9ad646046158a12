"""`yankao user`: the accounts, for whoever looks after the installation. Each act is noted in the ledger."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

from . import installation
from .readout import person
from .terminal import FAULTS, INTACT, Stop, say, table
from .words import _

if TYPE_CHECKING:
    from yankao.kernel.people.models import Agency


def user_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", metavar=_("動作"), required=True)
    add = deeds.add_parser("add", help=_("新增帳號；密碼由終端機或標準輸入讀取"))
    add.add_argument("username")
    add.add_argument("--name", required=True, help=_("姓名"))
    add.add_argument("--name-en", default="", help=_("英文姓名"))
    add.add_argument("--email", default="", help=_("電子郵件"))
    add.add_argument("--role", default="", help=_("角色代碼，同時任職"))
    add.add_argument("--agency", default="", help=_("機關代碼，與--role並用"))
    add.add_argument("--password-stdin", action="store_true", help=_("由標準輸入讀取密碼"))
    shown = deeds.add_parser("list", help=_("列出帳號、狀態與現任職務"))
    shown.add_argument("--all", action="store_true", help=_("含停用者"))
    off = deeds.add_parser("disable", help=_("停用帳號並登出各處"))
    off.add_argument("username")
    mfa = deeds.add_parser("reset-mfa", help=_("清除雙因素與通行金鑰（遺失裝置時）"))
    mfa.add_argument("username")
    post = deeds.add_parser("post", help=_("任職或卸任：以機關、角色與日期"))
    post.add_argument("username")
    post.add_argument("role", help=_("角色代碼"))
    post.add_argument("agency", help=_("機關代碼"))
    post.add_argument("--title", default="", help=_("職稱"))
    post.add_argument("--since", type=date.fromisoformat, default=None, help=_("到職日，預設今天"))
    post.add_argument("--end", type=date.fromisoformat, default=None, help=_("卸任：最後在職日"))


def user(options: argparse.Namespace) -> int:
    """See the help of `yankao user`."""
    installation.ready()
    deeds = {"add": _add, "list": _list, "disable": _disable, "reset-mfa": _reset, "post": _post}
    return deeds[options.deed](options)


def _password(from_stdin: bool) -> str:
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(_("密碼："))
    if first != getpass.getpass(_("再輸入一次：")):
        raise Stop(_("兩次輸入的密碼不同。"))
    return first


def _role(code: str) -> str:
    from yankao.kernel.people.models import Role  # noqa: PLC0415  (models are ready only after `up`)

    if code not in Role.values:
        raise Stop(
            _("沒有「%(role)s」這個角色，可用：%(known)s。") % {"role": code, "known": "、".join(Role.values)}
        )
    return code


def _agency(code: str) -> Agency:
    from yankao.kernel.people.models import Agency  # noqa: PLC0415

    found = (
        Agency.objects.filter(code=code).first() or Agency.objects.filter(name=code, valid_to=None).first()
    )
    if found is None:
        raise Stop(_("沒有「%(agency)s」這個機關，請填機關代碼或全銜。") % {"agency": code})
    return found


def _add(options: argparse.Namespace) -> int:
    from django.contrib.auth.password_validation import validate_password  # noqa: PLC0415
    from django.core.exceptions import ValidationError  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415

    from yankao.kernel.audit import ledger  # noqa: PLC0415
    from yankao.kernel.people.models import Post, User  # noqa: PLC0415

    if bool(options.role) != bool(options.agency):
        raise Stop(_("--role與--agency須一起給。"))
    made = User(username=options.username, name=options.name, name_en=options.name_en, email=options.email)
    post = Post(role=_role(options.role), agency=_agency(options.agency)) if options.role else None
    password = _password(options.password_stdin)
    try:
        validate_password(password, made)
        made.set_password(password)
        made.full_clean()
    except ValidationError as error:
        raise Stop(" ".join(error.messages), FAULTS) from error
    with transaction.atomic():
        made.save()
        ledger.note("user.add", f"user:{made.pk}", None, username=made.username)
        if post:
            post.user = made
            post.save()
            ledger.note("post.begin", f"user:{made.pk}", None, role=post.role, agency=post.agency.code)
    say(_("已新增帳號%(name)s。") % {"name": made.username})
    return INTACT


def _list(options: argparse.Namespace) -> int:
    from django.db.models import Prefetch  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from yankao.kernel.people.models import Post, User  # noqa: PLC0415
    from yankao.kernel.register.validity import in_force  # noqa: PLC0415

    held = Post.objects.filter(in_force(timezone.localdate())).select_related("agency")
    people = User.objects.order_by("username").prefetch_related(Prefetch("posts", held, to_attr="held"))
    if not options.all:
        people = people.filter(is_active=True)
    rows = [[_("帳號"), _("姓名"), _("狀態"), _("現任職務")]]
    for one in people:
        posts = "、".join(f"{post.agency.name} {post.role}" for post in one.held)
        state = _("示範") if one.demo else _("啟用") if one.is_active else _("停用")
        rows.append([one.username, one.name, state, posts])
    table(rows)
    return INTACT


def _disable(options: argparse.Namespace) -> int:
    from django.contrib.sessions.models import Session  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415

    from yankao.kernel.audit import ledger  # noqa: PLC0415

    found = person(options.username)
    with transaction.atomic():
        found.is_active = False
        found.save(update_fields=["is_active"])
        mine = [
            one.pk
            for one in Session.objects.iterator()
            if one.get_decoded().get("_auth_user_id") == str(found.pk)
        ]
        Session.objects.filter(pk__in=mine).delete()
        ledger.note("user.disable", f"user:{found.pk}", None, username=found.username)
    say(_("已停用帳號%(name)s，並登出%(count)s處。") % {"name": found.username, "count": len(mine)})
    return INTACT


def _reset(options: argparse.Namespace) -> int:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415

    from yankao.kernel.audit import ledger  # noqa: PLC0415

    found = person(options.username)
    with transaction.atomic():
        count, _by_kind = Authenticator.objects.filter(user=found).delete()
        ledger.note("user.reset_mfa", f"user:{found.pk}", None, username=found.username, removed=count)
    say(_("已清除%(name)s的%(count)s個雙因素憑證。") % {"name": found.username, "count": count})
    return INTACT


def _post(options: argparse.Namespace) -> int:
    from django.db import transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from yankao.kernel.audit import ledger  # noqa: PLC0415
    from yankao.kernel.people.models import Post  # noqa: PLC0415
    from yankao.kernel.register.validity import in_force  # noqa: PLC0415

    found, role, agency = person(options.username), _role(options.role), _agency(options.agency)
    since = options.since or timezone.localdate()
    held = Post.objects.filter(in_force(options.end or since), user=found, role=role, agency=agency).first()
    with transaction.atomic():
        if options.end:
            if held is None:
                raise Stop(
                    _("%(name)s在%(day)s沒有這個職務。") % {"name": found.username, "day": options.end},
                    FAULTS,
                )
            held.valid_to = options.end
            held.save(update_fields=["valid_to"])
            ledger.note("post.end", f"user:{found.pk}", None, role=role, agency=agency.code, on=options.end)
            words = _("%(name)s自%(day)s起不再擔任此職。")
            day = options.end + timedelta(days=1)
        else:
            if held:
                raise Stop(_("%(name)s已擔任此職。") % {"name": found.username}, FAULTS)
            Post.objects.create(user=found, role=role, agency=agency, title=options.title, valid_from=since)
            ledger.note("post.begin", f"user:{found.pk}", None, role=role, agency=agency.code, on=since)
            words, day = _("%(name)s自%(day)s起擔任此職。"), since
    say(words % {"name": found.username, "day": day})
    return INTACT
