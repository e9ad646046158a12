"""The command `yankao`: everything that is done at a terminal rather than on the screen.

Exit codes: 0 done and intact, 1 faults found, 2 wrong use, 3 the surroundings (files, database, packages)
are not right. What a person did wrong is answered with a sentence, never with a traceback. Each command
stands in a module of its own, loaded when it is called.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

from .terminal import INTACT, MISUSE, SURROUNDINGS, Stop, remark
from .words import _, speak, tongue, wanted

ARGPARSE_ZH = {
    "usage: ": "用法：",
    "positional arguments": "引數",
    "options": "選項",
    "show this help message and exit": "顯示說明後結束",
    "the following arguments are required: %s": "缺少引數：%s",
    "one of the arguments %s is required": "下列選項須擇一：%s",
    "unrecognized arguments: %s": "不認得的引數：%s",
    "expected one argument": "須給一個值",
    "expected at least one argument": "須至少給一個值",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s：%(message)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "沒有%(value)r，可選：%(choices)s",
    "invalid choice: %(value)s (choose from %(choices)s)": "沒有%(value)s，可選：%(choices)s",
    "invalid %(type)s value: %(value)r": "%(value)r不是可用的值",
    "not allowed with argument %s": "不可與%s並用",
    "expected %s argument": "須給%s個值",
    "expected %s arguments": "須給%s個值",
    "ambiguous option: %(option)s could match %(matches)s": "選項%(option)s不明確，可能是%(matches)s",
}
"""What Python's own parser says, in Chinese."""


class Parser(argparse.ArgumentParser):
    """A parser whose refusals name the help to read."""

    def error(self, message: str) -> NoReturn:
        remark(self.format_usage().rstrip())
        remark(
            _("%(command)s：%(message)s。說明：%(command)s --help")
            % {"command": self.prog, "message": message}
        )
        raise SystemExit(MISUSE)


type Arguments = Callable[[argparse.ArgumentParser], None]
type Act = Callable[[argparse.Namespace], int]


@dataclass(frozen=True)
class Command:
    """A command: its module, where `<name>_arguments(parser)` and `<name>(options) -> exit code` stand."""

    name: str
    module: str
    help: str

    def part(self, suffix: str = "") -> Any:
        found = import_module(f"{__package__}.{self.module}")
        word = "import_" if self.name == "import" and not suffix else self.name
        return getattr(found, f"{word}{suffix}")


def commands() -> list[Command]:
    """Every command in the order of the help, in the language spoken."""
    return [
        Command("run", "serve", _("啟動網站與背景工作；空的資料庫會先載入示範城市")),
        Command("setup", "serve", _("只做準備：建立資料表、規則與靜態檔，不啟動")),
        Command("demo", "demo", _("示範城市：載入資料、列出示範帳號")),
        Command("report", "readout", _("產出施政報告：HTML、ODT、PDF、JSON或壓縮檔")),
        Command("figures", "readout", _("列出期間的數據及其紀錄數與雜湊值")),
        Command("freeze", "readout", _("將已核定的報告版本定稿")),
        Command("verify", "readout", _("驗證歷程帳本；指明版本時一併驗證定稿")),
        Command("import", "exchange", _("匯入系統的紀錄、辦公日曆或停班公告")),
        Command("export", "exchange", _("匯出系統的全部紀錄：CSV、ODS或JSON Lines")),
        Command("listen", "listen", _("接收系統的即時紀錄（檔案續讀、網路封包），直到收到停止訊號")),
        Command("check", "checkup", _("檢查環境與資料：設定、字型、資料庫、佐證檔、帳本、磁碟")),
        Command("index", "searching", _("搜尋索引：與紀錄比對並更正，或全部重建")),
        Command("worker", "serve", _("執行背景工作，直到收到停止訊號")),
        Command("user", "accounts", _("帳號：新增、列出、停用、重設雙因素、任職")),
        Command("vault", "vaulting", _("個資保管庫：金鑰狀態、換鑰、保存年限與銷毀")),
        Command("backup", "keeping", _("備份資料庫、佐證、金鑰、定稿與查核點為一個檔案")),
        Command("restore", "keeping", _("將備份還原到空的資料夾並驗證")),
        Command("handbook", "handbook", _("由各系統的說明、流程、規則與數據定義產出手冊")),
        Command("permissions", "permissions", _("產出權限矩陣：每個位址與每項動作對各角色的開放情形")),
    ]


def parser(only: str = "") -> Parser:
    """The parser of the whole command; the arguments of `only` alone are filled in, to start faster."""
    setattr(argparse, "_", lambda text: ARGPARSE_ZH.get(text, text) if tongue() == "zh-hant" else text)  # noqa: B010
    setattr(  # noqa: B010
        argparse,
        "ngettext",
        lambda one, many, n: ARGPARSE_ZH.get(one, one) if tongue() == "zh-hant" else one if n == 1 else many,
    )
    language = Parser(add_help=False)
    language.add_argument(
        "--lang", choices=("zh", "en"), help=_("訊息與產出的語言，預設依YANKAO_LANG或終端機")
    )
    top = Parser(
        prog="yankao",
        parents=[language],
        description=_("yankao研考：市府研考會的作業平台。施政報告由紀錄自行寫成。"),
        epilog=_("結束碼：0完成且無誤，1發現錯誤，2用法不對，3環境有問題。環境變數見docs/operations.md。"),
    )
    below = top.add_subparsers(dest="command", metavar=_("命令"), required=True, parser_class=Parser)
    for command in commands():
        one = below.add_parser(command.name, help=command.help, description=command.help, parents=[language])
        if not only or only == command.name:
            command.part("_arguments")(one)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yankao.site.settings")
    os.umask(0o027)  # what is written here is for the account and its group alone
    speak(wanted(words))
    known = {command.name: command for command in commands()}
    first = next((word for word in words if not word.startswith("-") and word not in ("zh", "en")), "")
    try:
        options = parser(first if first in known else "").parse_args(words)
        code: int = known[options.command].part()(options)
        sys.stdout.flush()
        return code
    except Stop as stop:
        remark(str(stop))
        return stop.code
    except KeyboardInterrupt:
        remark(_("已中斷。"))
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (the reader of the pipe has gone; nothing more is owed to it)
        return INTACT
    except SystemExit as end:
        if isinstance(end.code, str):  # refusals of the house, such as unsafe settings
            remark(end.code)
            return SURROUNDINGS
        return int(end.code or 0)
    except Exception as error:
        sentence = _plainly(error)
        if not sentence:
            raise
        remark(sentence)
        return SURROUNDINGS


def _plainly(error: Exception) -> str:
    """What is wrong with the surroundings, for errors that are no fault of the program; "" for the others."""
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415  (only when something went wrong)
    from django.db import DatabaseError, OperationalError  # noqa: PLC0415

    from .database import DatabaseAddress  # noqa: PLC0415

    if isinstance(error, ImproperlyConfigured | DatabaseAddress):
        return str(error)
    if isinstance(error, OperationalError):
        return _("資料庫無法使用：%(why)s") % {"why": str(error).strip()}
    if isinstance(error, DatabaseError) and "malformed" in str(error):
        return _("資料庫檔案損毀：%(why)s。請由備份還原（yankao restore）。") % {"why": error}
    if isinstance(error, OSError):
        place = error.filename or ""
        return _("檔案無法使用：%(file)s %(why)s") % {"file": place, "why": error.strerror or error}
    return ""
