"""The command line speaks both languages and answers mistakes with sentences."""

from __future__ import annotations

import io
import re

import pytest

from yankao.site import command, terminal, words
from yankao.site.tests.installed import Installation

HAN = re.compile(r"[\u4e00-\u9fff]")
EXPECTED = {
    "run", "setup", "demo", "report", "figures", "freeze", "verify", "import", "export", "check", "worker",
    "user", "backup", "restore", "handbook", "listen", "index", "vault", "permissions",
}  # fmt: skip


@pytest.fixture(autouse=True)
def chinese_again():
    yield
    words.speak("zh-hant")


def told(capsys, *arguments):
    code = command.main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_the_commands_are_those_of_the_house():
    assert {one.name for one in command.commands()} == EXPECTED


@pytest.mark.parametrize("name", ["", *sorted(EXPECTED)])
def test_help_is_complete_in_both_languages(capsys, name):
    given = [name, "--help"] if name else ["--help"]
    code, chinese, _err = told(capsys, "--lang", "zh", *given)
    assert code == 0 and HAN.search(chinese) and "usage" not in chinese
    code, english, _err = told(capsys, "--lang", "en", *given)
    assert code == 0 and not HAN.search(english), english


def test_the_actions_of_user_and_demo_have_help_in_both_languages(capsys):
    for given in (["user", "add"], ["user", "post"], ["demo", "load"]):
        assert HAN.search(told(capsys, *given, "--help")[1])
        assert not HAN.search(told(capsys, "--lang=en", *given, "--help")[1])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["nothing"], "沒有'nothing'"),
        (["figures"], "缺少引數：period"),
        (["report", "101H1", "--format", "docx", "--output", "x"], "沒有'docx'"),
        (["run", "--port", "abc"], "不是可用的值"),
        ([], "缺少引數"),
    ],
)
def test_wrong_use_is_answered_in_words_with_code_2(capsys, given, sentence):
    code, out, err = told(capsys, *given)
    assert code == 2 and not out
    assert sentence in err and "--help" in err and "Traceback" not in err


def test_the_language_comes_from_option_variable_or_terminal():
    assert words.wanted(["--lang", "en", "check"], {}) == "en"
    assert words.wanted(["check", "--lang=zh"], {"LANG": "en_US.UTF-8"}) == "zh-hant"
    assert words.wanted([], {"LANG": "en_GB.UTF-8"}) == "en"
    assert words.wanted([], {"YANKAO_LANG": "zh", "LANG": "en_GB.UTF-8"}) == "zh-hant"
    assert words.wanted([], {"LANG": "C.UTF-8"}) == "zh-hant"


def test_unusable_surroundings_are_told_with_code_3(tmp_path):
    house = Installation(tmp_path)
    wrong = house("check", env={"DATABASE_URL": "mysql://somewhere/x"})
    assert wrong.returncode == 3 and "DATABASE_URL" in wrong.stderr and "Traceback" not in wrong.stderr
    bare = house("figures", "101H1")
    assert bare.returncode == 3 and "yankao setup" in bare.stderr
    english = house("--lang", "en", "verify")
    assert english.returncode == 3 and "run yankao setup" in english.stderr


def test_unsafe_settings_stop_run_and_worker_before_anything_is_made(tmp_path):
    house = Installation(tmp_path, {"YANKAO_DEMO": "0", "YANKAO_HOSTS": "*"})
    for name in ("run", "worker", "setup"):
        refused = house(name)
        assert refused.returncode == 3 and "YANKAO_HOSTS" in refused.stderr
    kept = tmp_path / "yankao.sqlite3"
    assert not kept.exists() or not kept.stat().st_size, "looking for accounts made tables"
    assert not (tmp_path / "static").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_draws_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    clock = iter(2.0 * n for n in range(1000))
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    with terminal.Progress("讀", 4) as bar:
        bar.step("二", done=2)
        assert "50%" in bar.line() and "█" * 12 + "░" * 12 in bar.line()
    assert screen.getvalue().rstrip().endswith("秒。")
    pipe = io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    with terminal.Progress("讀", 4) as bar:
        bar.step("三", done=3)
    assert "75%" in pipe.getvalue() and "\x1b" not in pipe.getvalue()


def test_columns_line_up_although_a_han_character_takes_two(capsys):
    terminal.table([["值", "a"], ["xyz", "b"]])
    assert capsys.readouterr().out == "值   a\nxyz  b\n"
