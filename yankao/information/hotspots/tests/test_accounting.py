"""Accounting that is read twice, late, in pieces or out of order tells the same sessions."""

import random
import shutil
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from yankao.information.hotspots import detail, figures, imports, letters, rules
from yankao.information.hotspots import process as p
from yankao.information.hotspots.journal import journal
from yankao.information.hotspots.listener import (
    BadClients,
    Client,
    Listener,
    clients,
    listen,
    secret_of,
    source_of,
)
from yankao.information.hotspots.models import WifiSession
from yankao.kernel import intake, sheets
from yankao.kernel.journal import sealing
from yankao.kernel.journal.ingest import rebuild, replay, take
from yankao.kernel.journal.models import DeadLetter
from yankao.kernel.journal.tailing import read_file
from yankao.kernel.letters import issuing
from yankao.kernel.period import Period
from yankao.kernel.rules.values import change, seed
from yankao.kernel.sheets import write_csv, write_ods

from .conftest import at, record

HALF = Period.parse("101H1")
BEGUN = 1326160000
"""10 January 2012, 09:46:40 in Taipei."""


def snapshot():
    names = ("external_id", *detail.COLUMNS, "timed_out")
    return sorted(WifiSession.objects.values_list(*names))


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────


def test_counters_that_roll_over_are_put_together_with_their_gigawords():
    given = {"Acct-Output-Octets": "5", "Acct-Output-Gigawords": "3"}
    assert detail.octets(given, "Output") == 3 * 2**32 + 5
    assert detail.octets({}, "Output") == 0
    with pytest.raises(detail.Unreadable):
        detail.octets({"Acct-Output-Octets": "-5"}, "Output")
    with pytest.raises(detail.Unreadable):
        detail.octets({"Acct-Output-Octets": str(2**32)}, "Output")


def test_a_stop_without_a_start_tells_when_the_session_began_and_a_delay_is_taken_off():
    found = detail.told(record(status="Stop", Acct_Session_Time=600, Acct_Delay_Time=7))
    assert (found.at, found.started_at, found.kind) == (BEGUN - 7, BEGUN - 607, "stop")
    assert detail.told(record(status="Accounting-On")) is None
    head = detail.told(record().replace(f"Timestamp = {BEGUN}", "X = 1"))
    assert head.at == BEGUN
    unnamed = [detail.told(record(Acct_Unique_Session_Id=None, session=s)).session for s in ("A", "A", "B")]
    assert unnamed[0] == unnamed[1] != unnamed[2]


@pytest.mark.parametrize(
    "bad",
    [
        record(status="Nonsense"),
        record(nas=""),
        record(status="Stop", Acct_Session_Time=10**9),
        record(status="Stop", Acct_Session_Time='"x"'),
        "no head\n\tAcct-Status-Type = Start\n\tNAS-Identifier = a\n\tAcct-Session-Id = b\n\n",
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(bad):
    with pytest.raises(detail.Unreadable, match=r"[。：」]"):
        detail.told(bad)


@given(st.binary(max_size=300))
def test_a_cut_never_parts_a_record(data):
    end = detail.whole_records(data)
    assert 0 <= end <= len(data)
    whole = record().encode() * 2
    assert detail.whole_records(whole + data.replace(b"\n", b"")) == len(whole)


ROWS = st.tuples(
    st.integers(0, 3), st.sampled_from(["", "a", "b"]), st.none() | st.integers(1, 3),
    st.sampled_from(["", "u"]),
    st.none() | st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9),
).map(lambda t: (date(2012, 1, 1) + timedelta(days=t[0]), *t[1:4], t[0] * 100, *t[4:]))  # fmt: skip


@given(ROWS, ROWS, ROWS)
def test_tellings_merge_in_any_order(one, two, three):
    merge = detail.merge
    assert merge(one, one) == one and merge(detail.BLANK, one)[1:3] == one[1:3]
    assert merge(one, two) == merge(two, one)
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


# ── Into the journal ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_log_read_twice_in_any_order_gives_the_same_sessions(site, source):
    told = []
    for number in range(12):
        one = {"session": f"S{number}", "user": f"u{number % 5}", "nas": f"iTW-001-{1 + number % 2}"}
        told.append(record(**one, at=BEGUN + number))
        told.append(record(**one, status="Interim-Update", at=BEGUN + number + 300, Acct_Session_Time=300))
        if number % 4:
            told.append(record(**one, status="Stop", at=BEGUN + number + 900, Acct_Session_Time=900))
    take(source, "".join(told).encode())
    before = snapshot()
    assert len(before) == 12 and figures.users.value(HALF) == 5 and figures.sessions.value(HALF) == 12
    random.Random(1).shuffle(told)
    for some in (told[:7], told[7:20], told[20:], told):
        assert take(source, "".join(some).encode()).new == 0
    assert snapshot() == before
    replay(journal)
    rebuild(journal)
    assert snapshot() == before
    assert not list(figures.sessions_cover_users(HALF)) and not list(figures.every_point_known(HALF))


@pytest.mark.django_db
def test_users_of_a_period_are_not_the_sum_of_its_days(site, source):
    days = [BEGUN + n * 86_400 for n in range(3)]
    take(source, "".join(record(f"D{n}", at=moment) for n, moment in enumerate(days)).encode())
    daily = sum(WifiSession.objects.filter(day=day).values("account").distinct().count()
                for day in set(WifiSession.objects.values_list("day", flat=True)))  # fmt: skip
    assert daily == 3 and figures.users.value(HALF) == 1 and figures.sessions.value(HALF) == 3


@pytest.mark.django_db
def test_a_session_without_its_end_is_closed_by_the_rule_and_a_late_stop_holds(site, source):
    now = timezone.now()
    fresh, old = int(now.timestamp()) - 60, int(now.timestamp()) - 7200
    take(source, (record("OLD", at=old) + record("NEW", at=fresh)).encode())
    ended = dict(WifiSession.objects.values_list("external_id", "timed_out"))
    assert ended == {"OLD": True, "NEW": False}
    take(source, record("OLD", status="Stop", at=old + 90, Acct_Session_Time=90).encode())
    one = WifiSession.objects.get(external_id="OLD")
    assert not one.timed_out and one.stopped_at == datetime.fromtimestamp(old + 90, one.stopped_at.tzinfo)


@pytest.mark.django_db
def test_nobody_s_name_is_in_the_facts(site, source):
    take(source, (record(user="Alice@itaiwan") + record("S2", user=" alice@ITAIWAN")).encode())
    accounts = set(WifiSession.objects.values_list("account", flat=True))
    assert accounts == {sealing.pseudonym("alice@itaiwan")} and "alice" not in "".join(accounts)


@pytest.mark.django_db
def test_an_unknown_access_point_is_told_and_placed_once_it_is_on_record(site, source, cast):
    take(source, record(nas="iTW-777").encode())
    assert figures.sessions.value(HALF) == 0
    assert "iTW-777" in "".join(figures.every_point_known(HALF))
    p.add_point.run(
        site, cast.officer, {"point": "iTW-777", "since": date(2012, 1, 10)}, at=at(date(2012, 2, 1))
    )
    take(source, record("S9", at=BEGUN + 5).encode())
    assert figures.sessions.value(HALF) == 2 and not list(figures.every_point_known(HALF))


@pytest.mark.django_db
def test_the_way_of_counting_is_a_rule_with_a_date(site, source, cast):
    take(source, (record("A") + record("A", status="Stop", at=BEGUN + 30) + record("B", user="bob")
                  + record("B", user="bob", status="Stop", at=BEGUN + 90)).encode())  # fmt: skip
    assert (figures.users.value(HALF), figures.sessions.value(HALF)) == (2, 2)
    seed()
    change(cast.rdec_controller, rules.COUNTING.rule.code, "minute_or_more/1", date(2012, 6, 1), "測試")
    assert (figures.users.value(HALF), figures.sessions.value(HALF)) == (1, 1)


@pytest.mark.django_db
def test_a_detail_file_is_followed_through_rotation_and_truncation(site, tmp_path):
    file = tmp_path / "detail"
    file.write_text(record("A") + record("B")[:40])
    source = source_of("tail", "tail", "radius_detail", str(file))
    assert read_file(source).new == 1
    with file.open("a") as out:
        out.write(record("B")[40:] + record("C"))
    assert read_file(source).new == 2
    file.rename(tmp_path / "detail.1")
    with (tmp_path / "detail.1").open("a") as out:
        out.write(record("D"))
    file.write_text(record("E"))
    assert read_file(source).new == 2
    shutil.copy(file, tmp_path / "copy")
    file.write_text(record("F"))  # copied away and truncated
    read_file(source)
    assert set(WifiSession.objects.values_list("external_id", flat=True)) == set("ABCDEF")
    assert read_file(source).new == 0
    file.write_text(record("G", status="Nonsense"))
    assert read_file(source).dead == 1 and DeadLetter.objects.get().reason
    options = type("Given", (), {"detail": [file], "port": None, "host": "", "once": True})()
    said = []
    listen(options, said.append, lambda: True)
    assert "無法讀取" in "".join(said)


# ── Packets ─────────────────────────────────────────────────────────────────────────────────────────


def test_senders_and_their_secrets_are_a_private_file(tmp_path):
    file = tmp_path / "radius-clients"
    file.write_text(
        "# test\n127.0.0.0/8 loopback-secret\n127.0.0.1 narrow-secret\n2001:db8::/32 another-secret\n"
    )
    with pytest.raises(BadClients, match="600"):
        clients(file)
    file.chmod(0o600)
    known = clients(file)
    assert (
        secret_of(known, "127.0.0.1") == b"narrow-secret"
        and secret_of(known, "127.9.9.9") == b"loopback-secret"
    )
    assert secret_of(known, "::ffff:127.0.0.1") == b"narrow-secret" and secret_of(known, "192.0.2.1") is None
    for text, sentence in (("x y\n", "網段"), ("10.0.0.0/8 short\n", "太短"), ("\n", "沒有任何來源")):
        file.write_text(text)
        with pytest.raises(BadClients, match=sentence):
            clients(file)
    with pytest.raises(BadClients, match="無法讀取"):
        clients(tmp_path / "none")


@pytest.fixture
def listener(db):
    import ipaddress

    one = Listener("127.0.0.1", 0, [Client(ipaddress.ip_network("127.0.0.0/8"), b"loopback-secret")])
    yield one
    one.close()


def packet(listener, secret=b"loopback-secret", **more):
    import socket

    from pyrad.packet import AcctPacket

    made = AcctPacket(secret=secret, dict=listener.dictionary)
    given = {
        "User-Name": "alice",
        "NAS-Identifier": "iTW-001-1",
        "Acct-Session-Id": "S1",
        "Acct-Status-Type": 1,
    }
    for name, value in (given | {k.replace("_", "-"): v for k, v in more.items()}).items():
        made[name] = value
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.settimeout(0.5)
    sender.sendto(made.RequestPacket(), ("127.0.0.1", listener.port))
    return made, sender


def test_a_packet_is_answered_only_after_it_is_kept(site, listener, monkeypatch):
    from yankao.information.hotspots import listener as module

    made, sender = packet(listener)
    monkeypatch.setattr(module, "take", lambda *given: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        listener.turn()
    with pytest.raises(TimeoutError):
        sender.recv(4096)
    monkeypatch.undo()
    sender.sendto(made.RequestPacket(), ("127.0.0.1", listener.port))  # sent again, as its sender would
    assert listener.turn().new == 1
    assert made.VerifyReply(made.CreateReply(packet=sender.recv(4096)))
    stop = {
        "Acct_Status_Type": 2,
        "Acct_Session_Time": 60,
        "Acct_Output_Octets": 7,
        "Acct_Output_Gigawords": 1,
    }
    packet(listener, **stop)[1].close()
    packet(listener, **stop)[1].close()
    listener.turn()
    one = WifiSession.objects.get()
    assert one.octets_out == 2**32 + 7 and one.stopped_at and one.hotspot == site
    sender.close()


def test_a_wrong_secret_a_stranger_and_noise_get_no_answer(site, listener):
    import socket

    _made, sender = packet(listener, secret=b"another-secret")
    listener.turn()
    with pytest.raises(TimeoutError):
        sender.recv(4096)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
        for data in (b"", b"x", b"\x04\x01\x00\x14" + b"0" * 16, bytes(4096)):
            noise.sendto(data, ("127.0.0.1", listener.port))
        listener.turn()
    listener.known = []
    packet(listener)[1].close()
    listener.turn()
    assert listener.refused >= 5 and not WifiSession.objects.exists()
    sender.close()


def test_a_line_break_in_a_value_cannot_begin_another_record(site, listener):
    packet(listener, User_Name='mallory"\n\n\tAcct-Session-Id = "X')[1].close()
    listener.turn()
    assert WifiSession.objects.count() == 1


FREERADIUS = shutil.which("freeradius") or shutil.which("radiusd")


@pytest.mark.skipif(
    not FREERADIUS,
    reason="FreeRADIUS is not here: its own detail file was NOT read. Debian: apt-get install freeradius",
)
def test_what_freeradius_itself_writes_is_read(site, tmp_path):
    """Debian's server with a configuration of our own on a free port; radclient speaks to it."""
    from yankao.information.hotspots.tests.freeradius import running

    dictionary = Path(FREERADIUS).resolve().parent.parent / "share" / "freeradius"
    with running(FREERADIUS, tmp_path) as (port, file):
        for kind, extra in (("Start", ""), ("Stop", "\nAcct-Session-Time = 61\nAcct-Output-Gigawords = 1")):
            text = (
                'User-Name = "alice"\nNAS-Identifier = "iTW-001-1"\nAcct-Session-Id = "0001"\n'
                f"Acct-Status-Type = {kind}{extra}\n"
            )
            subprocess.run(
                ["radclient", "-x", "-D", str(dictionary), f"127.0.0.1:{port}", "acct", "loopback-secret"],
                input=text.encode(), check=True, capture_output=True, timeout=20,
            )  # fmt: skip
        source = source_of("freeradius", "FreeRADIUS", "radius_detail", str(file))
        taken = read_file(source)
    one = WifiSession.objects.get()
    assert (taken.records, taken.dead, one.nas, one.octets_out) == (2, 0, "iTW-001-1", 2**32)
    assert one.stopped_at is not None


# ── Out and in again ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "ods"])
def test_sessions_come_back_from_their_file_without_loss_and_without_an_account(site, source, cast, form):
    told = [
        record("A"), record("A", "Stop", BEGUN + 900, Acct_Session_Time=900, Acct_Input_Gigawords=2),
        record("B", user="bob", nas="iTW-001-2"), record("C", user="", nas="elsewhere"),
    ]  # fmt: skip
    take(source, "".join(told).encode())
    before, wanted = snapshot(), imports.IMPORTS[1]
    header, rows = wanted.out(cast.rdec_controller)
    kept = list(rows)
    data = b"".join(write_csv(header, kept)) if form == "csv" else write_ods(header, kept, "sessions")
    assert "alice" not in str(kept) and sealing.pseudonym("alice") in str(kept)
    again = intake.take(sheets.read(data, f"s.{form}"), wanted, cast.rdec_controller)
    assert (again.kept, again.refused, snapshot()) == (3, [], before)
    WifiSession.objects.all().delete()
    again = intake.take(sheets.read(data, f"s.{form}"), wanted, cast.rdec_controller)
    assert (again.kept, again.refused, snapshot()) == (3, [], before)
    assert [row[-1] for row in snapshot()] == [False, True, True]  # what nobody ended has timed out again


@pytest.mark.django_db
def test_a_session_that_accounting_cannot_have_told_comes_back(site, source, cast):
    take(source, (record("A") + record("A", "Stop", BEGUN + 900, Acct_Session_Time=900)).encode())
    wanted = imports.IMPORTS[1]
    header, rows = wanted.out(cast.rdec_controller)
    row = dict(zip(header, next(iter(rows)), strict=True))
    before = snapshot()
    for wrong in (
        {"使用者代碼": "alice"}, {"使用者代碼": sealing.pseudonym("bob")}, {"下載位元組": "-1"},
        {"結束": "2012-01-01 00:00:00", "來源識別碼": "Z"}, {"熱點案號": "X-1"}, {"資料來源": "other"},
    ):  # fmt: skip
        data = b"".join(write_csv(header, [list({**row, **wrong}.values())]))
        outcome = intake.take(sheets.read(data, "s.csv"), wanted, cast.rdec_controller)
        assert outcome.refused and outcome.refused[0].problems[0].sentence, wrong
    assert snapshot() == before
    assert not wanted.may(cast.officer)


@pytest.mark.django_db
def test_the_table_of_use_counts_a_user_of_two_sites_once_in_all(site, source, cast):
    told = [record("A"), record("B", nas="iTW-001-2"), record("C", user="bob"), record("D", nas="elsewhere")]
    take(source, "".join(told).encode())
    staff = cast.rdec_controller
    made = issuing.compose(letters.usage, [site], staff, {"period": "101-01"})
    [table] = made.content.tables()
    assert [row[3:5] for row in table.rows] == [("2", "3"), ("2", "3")]
    assert "101年1月" in "".join(str(block) for block in made.blocks)
    [table] = issuing.compose(letters.usage, [site], staff, {"period": "101-02"}).content.tables()
    assert table.rows[-1][3:] == ("0", "0", "0")
    assert list(letters.known(staff)) == [site]
