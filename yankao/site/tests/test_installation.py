"""One installation from the first load to the restored backup, through the command as a person calls it."""

from __future__ import annotations

import csv
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from yankao.site.tests.installed import ROOT, Installation

DAY = "2026-11-23"
CITY = ("demo", "load", "--seed-date", DAY, "--scale", "0.02")
"""The same kinds of records as the whole city, which yankao/report/tests/test_acceptance.py loads."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    house = Installation(tmp_path_factory.mktemp("city")).with_tables()
    house.done(*CITY)
    with house.at_hand():
        yield house


@pytest.fixture(scope="module")
def figures(city: Installation) -> list[dict]:
    return json.loads(city.done("figures", "101H1", "--json"))


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    return 20000 + number % 12000


def get(number: int, path: str) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", number, timeout=5)
    line.request("GET", path)
    answer = line.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def until(condition, seconds: float = 40.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("It did not come about in time")


def test_the_city_loads_into_an_empty_installation_only_once(city):
    assert json.loads((city.data / "demo.json").read_text())["scale"] == 0.02
    again = city("demo", "load")
    assert again.returncode == 2 and "已有資料" in again.stderr
    listed = city.done("demo", "logins")
    assert "demo.commissioner" in listed and "demo.reviewer" in listed


def test_the_same_seed_gives_the_same_figures_and_the_same_records(city, figures, tmp_path):
    other = Installation(tmp_path).with_tables()
    other.done(*CITY)
    assert json.loads(other.done("figures", "101H1", "--json")) == figures
    assert len(figures) > 10 and all(len(one["digest"]) == 64 for one in figures)


def test_figures_by_name_and_unknown_ones(city, figures):
    name = figures[0]["figure"]
    [one] = json.loads(city.done("figures", "101H1", name, "--json"))
    assert one == figures[0]
    unknown = city("figures", "101H1", "no.such.figure")
    assert unknown.returncode == 2 and "no.such.figure" in unknown.stderr
    assert city("figures", "101Z9").returncode == 2


def test_the_report_is_written_to_a_file(city, tmp_path):
    for form, begins in (("html", b"<!"), ("pdf", b"%PDF")):
        place = tmp_path / f"report.{form}"
        made = city("report", "101H1", "--format", form, "--output", str(place), "--lang", "en")
        assert made.returncode in (0, 1), made.stderr
        assert place.read_bytes().lower().startswith(begins.lower()), form


def test_verify_finds_a_changed_row_and_names_it(city, tmp_path):
    assert city.done("verify").strip() == "完好無誤。"
    copy = Installation(tmp_path / "copy")
    subprocess.run(["cp", "-r", str(city.data), str(copy.data)], check=True)
    with sqlite3.connect(copy.data / "yankao.sqlite3") as base:
        [(trigger,)] = base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
            " AND sql LIKE '%UPDATE%'"
        ).fetchall()
        base.execute(f"DROP TRIGGER {trigger}")
        base.execute("UPDATE audit_entry SET act = 'other' WHERE seq = 7")
    found = copy("verify")
    assert found.returncode == 1 and "第7筆" in found.stdout


def test_verify_and_freeze_say_what_is_missing(city):
    assert city("verify", "100H1").returncode == 2
    assert city("freeze", "100H1", "--by", "demo.commissioner").returncode == 2


def test_a_backup_restores_to_the_same_figures_and_a_proven_ledger(city, figures, tmp_path):
    file = tmp_path / "backup.tar.gz"
    city.done("backup", str(file))
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert city("backup", str(file)).returncode == 2, "never overwritten"
    fresh = Installation(tmp_path / "fresh")
    assert "完好無誤" in fresh.done("restore", str(file))
    assert json.loads(fresh.done("figures", "101H1", "--json")) == figures
    assert (fresh.data / "keys" / "ledger.pem").read_bytes() == (
        city.data / "keys" / "ledger.pem"
    ).read_bytes()
    assert fresh("restore", str(file)).returncode == 2, "only into an empty folder"
    english = fresh("restore", str(file), "--lang", "en")
    assert "is not empty" in english.stderr


def test_a_damaged_backup_is_refused(city, tmp_path):
    file, worse = tmp_path / "backup.tar.gz", tmp_path / "worse.tar.gz"
    city.done("backup", str(file))
    with tarfile.open(file) as old, tarfile.open(worse, "w:gz") as new:
        for member in old:
            data = old.extractfile(member)
            if member.name == "demo.json":
                (tmp_path / "other").write_text("{}\n")
                new.add(tmp_path / "other", "demo.json")
            else:
                new.addfile(member, data)
    refused = Installation(tmp_path / "fresh")("restore", str(worse))
    assert refused.returncode == 1 and "demo.json" in refused.stderr
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused = Installation(tmp_path / "fresh2")("restore", str(cut))
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert not (tmp_path / "fresh2" / "yankao.sqlite3").exists()


def test_check_finds_a_lost_file_of_evidence(city, tmp_path):
    assert city("check").returncode == 0
    copy = Installation(tmp_path / "copy")
    subprocess.run(["cp", "-r", str(city.data), str(copy.data)], check=True)
    lost = next(path for path in sorted((copy.data / "evidence").glob("??/??/*")))
    lost.unlink()
    found = copy("check")
    assert found.returncode == 1 and lost.name in found.stdout


def test_everything_of_a_room_is_exported(city, tmp_path):
    city.done("export", "--all", str(tmp_path / "all"), "--format", "jsonl")
    lines = [
        json.loads(line) for line in (tmp_path / "all" / "research-trips.jsonl").read_text().splitlines()
    ]
    trips = [line for line in lines if line["table"] == "trip"]
    with sqlite3.connect(city.data / "yankao.sqlite3") as base:
        [(count,)] = base.execute(
            "SELECT count(*) FROM casework_case WHERE kind = 'research.trips'"
        ).fetchall()
    assert len(trips) == count > 0 and all(line["number"] for line in trips)
    city.done("export", "research.trips", "--output", str(tmp_path / "csv"))
    with (tmp_path / "csv" / "trip.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == [line["number"] for line in trips]


def test_suspensions_of_work_are_imported_and_wrong_rows_come_back(city, tmp_path):
    file, back = tmp_path / "closures.csv", tmp_path / "back.csv"
    file.write_text(
        "日期,時段,行政區,發布時間,公告\n"
        "2012-08-02,全日,,2012-08-01 20:30,蘇拉颱風\n2012-08-03,上午,沒有的區,2012-08-02 20:30,蘇拉颱風\n",
        "utf-8",
    )
    tried = city("import", "closures", str(file), "--dry-run", "--refused", str(back))
    assert tried.returncode == 1 and "可匯入1列，退回1列" in tried.stdout
    taken = city("import", "closures", str(file), "--refused", str(back))
    assert taken.returncode == 1 and "匯入1列，退回1列" in taken.stdout
    assert "沒有的區" in back.read_text("utf-8-sig")
    again = city("import", "closures", str(file), "--refused", str(back))
    assert "已經登錄" in again.stderr


def test_imports_refuse_unknown_rooms_kinds_and_files(city, tmp_path):
    assert "control.programme" in city("import", "no.room", "x", "y").stderr
    assert "projects" in city("import", "control.programme", "nothing", "y").stderr
    assert city("import", "control.programme", "projects", str(tmp_path / "none.csv")).returncode == 3
    other = city("import", "control.programme", "projects", "x.csv", "--by", "demo.councillor")
    assert other.returncode == 2 and "無權" in other.stderr


def test_accounts_are_made_given_posts_and_disabled(city):
    made = city("user", "add", "chen", "--name", "陳小明", "--role", "officer", "--agency", "KCG-WR",
                "--password-stdin", stdin="short\n")  # fmt: skip
    assert made.returncode == 1 and "Traceback" not in made.stderr
    made = city("user", "add", "chen", "--name", "陳小明", "--role", "officer", "--agency", "KCG-WR",
                "--password-stdin", stdin="correct horse battery staple\n")  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "officer" in next(
        line for line in city.done("user", "list").splitlines() if line.startswith("chen ")
    )
    assert city("user", "post", "chen", "controller", "KCG-WR", "--since", "2026-01-01").returncode == 0
    assert city("user", "post", "chen", "controller", "KCG-WR", "--end", "2026-06-30").returncode == 0
    assert city("user", "post", "chen", "king", "KCG-WR").returncode == 2
    assert city("user", "reset-mfa", "chen").returncode == 0
    assert city("user", "disable", "chen").returncode == 0
    assert not any(line.startswith("chen ") for line in city.done("user", "list").splitlines())
    assert city.done("verify")


def test_run_serves_restarts_what_dies_and_leaves_nothing_behind(city):
    number = port()
    running = subprocess.Popen(
        [sys.executable, "-m", "yankao", "run", "--port", str(number), "--workers", "1"],
        cwd=ROOT, env=city.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        until(lambda: get(number, "/healthz")[0] == 200)
        status, headers, page = get(number, "/accounts/demo/")
        assert status == 200 and "unsafe" not in headers["content-security-policy"]
        for name, value in {
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
        }.items():
            assert headers[name] == value
        style = page.decode().partition('rel="stylesheet" href="')[2].partition('"')[0]
        status, headers, _css = get(number, style)
        assert status == 200 and "immutable" in headers["cache-control"]
        status, headers, _page = get(number, "/no/such/page/")
        assert status == 404 and headers["x-error-id"]
        assert get(number, "/checkpoints/")[0] == 200
        until(lambda: json.loads(get(number, "/healthz")[2])["worker"] == "ok")
        web = children(running.pid, "granian")
        os.kill(web[0], signal.SIGKILL)
        until(lambda: children(running.pid, "granian") not in ([], web) and get(number, "/healthz")[0] == 200)
        busy = subprocess.run(
            [sys.executable, "-c", "import sys; from yankao.site.serve import free_port;"
             "print(free_port('127.0.0.1', int(sys.argv[1])))", str(number)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert int(busy.stdout) > number
    finally:
        below = descendants(running.pid)
        running.terminate()
        told, _none = running.communicate(timeout=40)
    assert running.returncode == 0, told
    assert f"http://localhost:{number}/" in told and "demo.commissioner" in told and "重新啟動" in told
    assert below and not [pid for pid in below if alive(pid)]


def test_gunicorn_serves_the_same_application(city):
    pytest.importorskip("gunicorn")
    number = port()
    running = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "yankao.site.wsgi", "--bind", f"127.0.0.1:{number}", "-w", "1"],
        cwd=ROOT, env=city.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: get(number, "/healthz")[0] == 200)
        assert get(number, "/accounts/demo/")[0] == 200
    finally:
        running.terminate()
        running.wait(20)


def parents() -> dict[int, int]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _name, _mark, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        found[int(stat.parent.name)] = int(rest.split()[1])
    return found


def descendants(pid: int) -> list[int]:
    above = parents()
    found, edge = [], {pid}
    while edge:
        edge = {child for child, parent in above.items() if parent in edge}
        found += sorted(edge)
    return found


def children(pid: int, word: str) -> list[int]:
    return [
        child
        for child, parent in parents().items()
        if parent == pid and word in Path(f"/proc/{child}/cmdline").read_text()
    ]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
