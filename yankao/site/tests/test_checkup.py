"""`yankao check` tells of what the worker alone would stumble over."""

from __future__ import annotations

import mailbox
from pathlib import Path
from typing import Any

from django.utils import translation

from yankao.site import checkup


def told(settings: Any, intake: str) -> list[tuple[str, str]]:
    settings.INTAKE = intake
    with translation.override("en"):
        return [(one.level, one.sentence) for one in checkup.mail_boxes()]


def test_a_box_that_opens_is_told_and_its_mails_stay_new(settings: Any, tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "in", create=True)
    box.add(b"Subject: a lamp is out\n\nOn our road.")
    assert told(settings, f"maildir:{tmp_path / 'in'}")[0][0] == "ok"
    assert len(list((tmp_path / "in" / "new").iterdir())) == 1
    assert told(settings, "") == []


def test_a_box_that_is_not_there_and_a_wrong_address_are_faults_without_a_password(
    settings: Any, tmp_path: Path
) -> None:
    found = told(settings, f"maildir:{tmp_path}/none pop3://mayor:secret@mail.example/")
    assert [level for level, _sentence in found] == ["fault", "fault"]
    assert "none" in found[0][1] and "2" in found[1][1]
    assert "secret" not in f"{found}"
    unreachable = told(settings, "imap://mayor:secret@127.0.0.1:1/INBOX")
    assert unreachable[0][0] == "fault" and "secret" not in f"{unreachable}"
