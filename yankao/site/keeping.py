"""`yankao backup` and `restore`: one file with everything that cannot be made again, and back from it.

In the file: the database as of one moment, evidence, keys, files of frozen editions, published checkpoints,
and a manifest with the SHA-256 of each. The order matters: checkpoints are taken before the database, so
that none is ahead of it; evidence and editions after it, since files are written before the rows that name
them and never changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from . import installation
from .terminal import FAULTS, INTACT, SURROUNDINGS, Progress, Stop, remark, say
from .words import _

FORM = 1
MANIFEST = "manifest.json"
BEFORE = ("checkpoints",)
AFTER = ("keys", "editions", "evidence")
SINGLE = ("demo.json",)
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
MADE_BY_STARTING = {"keys/secret_key", ".preparing"}
"""What merely starting the command leaves in an empty folder."""


def backup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=_("備份檔（.tar.gz）；內含金鑰，請如金鑰般保管")
    )


def restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=_("備份檔"))


def _data() -> Path:
    from django.conf import settings  # noqa: PLC0415  (settings are read once Django is set up)

    return Path(settings.DATA)


def _server() -> dict[str, str]:
    """The PostgreSQL server for its own tools, as environment; passwords never stand among the arguments."""
    from django.db import connection  # noqa: PLC0415

    told = connection.settings_dict
    names = {
        "NAME": "PGDATABASE",
        "USER": "PGUSER",
        "PASSWORD": "PGPASSWORD",
        "HOST": "PGHOST",
        "PORT": "PGPORT",
    }
    own = {there: str(told[here]) for here, there in names.items() if told.get(here)}
    if mode := told.get("OPTIONS", {}).get("sslmode"):
        own["PGSSLMODE"] = str(mode)
    return os.environ | own


def _tool(*words: str) -> None:
    if shutil.which(words[0]) is None:
        raise Stop(_("缺少%(tool)s：請安裝postgresql-client。") % {"tool": words[0]}, SURROUNDINGS)
    done = subprocess.run(words, env=_server(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Stop(_("%(tool)s失敗：%(why)s") % {"tool": words[0], "why": done.stderr.strip()}, SURROUNDINGS)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ── Backup ──────────────────────────────────────────────────────────────────────────────────────────


def backup(options: argparse.Namespace) -> int:
    """Write the backup beside its place, then put it there whole; the installation goes on working."""
    installation.ready()
    place: Path = options.file
    if place.exists():
        raise Stop(_("%(file)s已存在，未覆寫：請另取檔名。") % {"file": place})
    with tempfile.TemporaryDirectory(dir=_data(), prefix=".backup-") as folder, Progress(_("備份")) as bar:
        draft = place.with_name(f".{place.name}.part")
        try:
            manifest = _write(Path(folder), draft, bar)
            os.replace(draft, place)
        finally:
            draft.unlink(missing_ok=True)
    say(_("已備份%(count)s個檔案到%(file)s（帳本至第%(seq)s筆）。內含金鑰，請如金鑰般保管。")
        % {"count": len(manifest["files"]), "file": place, "seq": manifest["ledger"]["seq"]})  # fmt: skip
    return INTACT


def _write(work: Path, draft: Path, bar: Progress) -> dict[str, Any]:
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    data = _data()
    early = work / "early"
    for name in BEFORE:
        if (data / name).is_dir():
            shutil.copytree(data / name, early / name)
    kept = DATABASES[connection.vendor]
    bar.enter(_("資料庫"))
    dump = work / kept
    _dump(dump)
    files: list[tuple[str, Path]] = [(kept, dump)]
    files += [(str(path.relative_to(early)), path) for path in _files(early)]
    files += [(name, data / name) for name in SINGLE if (data / name).is_file()]
    files += [(str(path.relative_to(data)), path) for name in AFTER for path in _files(data / name)]
    manifest: dict[str, Any] = {
        "form": FORM, "made": timezone.now().isoformat(), "database": connection.vendor,
        "migrations": _applied(), "ledger": _head(dump), "files": {},
    }  # fmt: skip
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as out:
            for name, path in files:
                bar.step(name)
                manifest["files"][name] = digest(path)
                out.add(path, name, recursive=False)
            told = work / MANIFEST
            told.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
            out.add(told, MANIFEST)
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def _files(folder: Path) -> Iterator[Path]:
    """Every finished file below; those being written begin with a dot."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))


def _dump(place: Path) -> None:
    from django.db import connection  # noqa: PLC0415

    if connection.vendor == "postgresql":
        _tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={place}")
        return
    name = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(name)) as source, closing(sqlite3.connect(place)) as copy:
        source.backup(copy)  # in one step: one moment, while others go on writing
        copy.execute("PRAGMA journal_mode = DELETE")


def _head(dump: Path) -> dict[str, Any]:
    """Where the ledger stands in the copy itself (on PostgreSQL: stood just after)."""
    from django.db import connection  # noqa: PLC0415

    from yankao.kernel.audit.models import Head  # noqa: PLC0415

    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(dump)) as copy:
            row = copy.execute(f"SELECT seq, hash FROM {Head._meta.db_table}").fetchone()  # noqa: S608
    else:
        row = Head.objects.filter(pk=1).values_list("seq", "hash").first()
    return {"seq": row[0], "hash": row[1]} if row else {"seq": 0, "hash": ""}


def _applied() -> list[str]:
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.recorder import MigrationRecorder  # noqa: PLC0415

    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


# ── Restore ─────────────────────────────────────────────────────────────────────────────────────────


def restore(options: argparse.Namespace) -> int:
    """Bring a backup into an empty installation, then prove it: every hash, and the whole ledger."""
    installation.up()
    _refuse_unless_empty()
    data = _data()
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as folder, Progress(_("還原")) as bar:
        work = Path(folder)
        manifest = _unpack(options.file, work, bar)
        _refuse_unfit(manifest)
        bar.enter(_("資料庫"))
        _load(work, manifest)
        for name in manifest["files"]:
            if name != DATABASES[manifest["database"]]:
                target = data / name
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.replace(work / name, target)
    from .readout import ledger_faults  # noqa: PLC0415

    installation.prepare()
    from yankao.kernel.vault import shredding  # noqa: PLC0415

    if back := shredding.again():
        remark(_("備份中有%(count)s人的個人資料已在備份後銷毀，還原時再次銷毀。") % {"count": back})
    faults = [*ledger_faults(), *_evidence_faults(), *_vault_faults()]
    for sentence in faults:
        say(sentence)
    if faults:
        remark(_("已還原，但發現%(count)s項錯誤。") % {"count": len(faults)})
        return FAULTS
    say(_("已還原並驗證：%(count)s個檔案，帳本至第%(seq)s筆，完好無誤。")
        % {"count": len(manifest["files"]), "seq": manifest["ledger"]["seq"]})  # fmt: skip
    return INTACT


def _refuse_unless_empty() -> None:
    from django.db import connection  # noqa: PLC0415

    data = _data()
    held = (
        sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())
        if data.is_dir()
        else []
    )
    if left := [name for name in held if name not in MADE_BY_STARTING]:
        raise Stop(_("%(folder)s不是空的（有%(file)s）：請將YANKAO_DATA設為空的資料夾。")
                   % {"folder": data, "file": left[0]})  # fmt: skip
    if connection.vendor == "postgresql" and connection.introspection.table_names():
        raise Stop(_("DATABASE_URL所指的資料庫不是空的：請改用新的資料庫。"))


def _unpack(file: Path, work: Path, bar: Progress) -> dict[str, Any]:
    try:
        with tarfile.open(file, "r:gz") as packed:
            for member in packed:
                bar.step(member.name)
                packed.extract(member, work, filter="data")
    except FileNotFoundError as error:
        raise Stop(_("沒有%(file)s這個檔案。") % {"file": file}) from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Stop(_("%(file)s不是完整的備份檔：%(why)s") % {"file": file, "why": error}, FAULTS) from error
    told = work / MANIFEST
    if not told.is_file():
        raise Stop(_("%(file)s裡沒有清單，不是yankao的備份或不完整。") % {"file": file}, FAULTS)
    manifest: dict[str, Any] = json.loads(told.read_text("utf-8"))
    wrong = [name for name, sha in manifest["files"].items()
             if not (work / name).is_file() or digest(work / name) != sha]  # fmt: skip
    if wrong:
        raise Stop(_("備份損毀，下列檔案與清單不符：%(files)s") % {"files": "、".join(wrong[:10])}, FAULTS)
    return manifest


def _refuse_unfit(manifest: dict[str, Any]) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    if manifest.get("form") != FORM:
        raise Stop(_("這份備份的格式較新，請改用較新版的yankao還原。"), SURROUNDINGS)
    if manifest["database"] != connection.vendor:
        raise Stop(_("這份備份來自%(theirs)s，這裡設定的是%(ours)s：請調整DATABASE_URL。")
                   % {"theirs": manifest["database"], "ours": connection.vendor}, SURROUNDINGS)  # fmt: skip
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(manifest["migrations"]) - known):
        raise Stop(
            _("這份備份來自較新的版本（%(step)s）：請改用較新版的yankao還原。") % {"step": newer[0]},
            SURROUNDINGS,
        )


def _load(work: Path, manifest: dict[str, Any]) -> None:
    from django.db import connection  # noqa: PLC0415

    kept = work / DATABASES[manifest["database"]]
    if connection.vendor == "postgresql":
        _tool("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
              f"--dbname={connection.settings_dict['NAME']}", str(kept))  # fmt: skip
        return
    connection.close()
    target = Path(connection.settings_dict["NAME"])
    target.parent.mkdir(parents=True, exist_ok=True)
    kept.chmod(0o640)
    os.replace(kept, target)


def _vault_faults() -> list[str]:
    from yankao.kernel.vault import keys, rotation  # noqa: PLC0415

    return [
        _("個資金鑰%(key)s不在%(folder)s：請放回該金鑰，否則其所封資料無法開啟。")
        % {"key": name, "folder": keys.folder()}
        for name in rotation.missing()
    ]


def _evidence_faults() -> list[str]:
    from yankao.kernel.evidence.files import verify_store  # noqa: PLC0415

    with Progress(_("驗證佐證檔")) as bar:
        bar.enter("")
        found = verify_store()
    return [
        *(_("佐證檔%(sha)s不見了。") % {"sha": sha} for sha in found.missing),
        *(_("佐證檔%(sha)s已損毀。") % {"sha": sha} for sha in found.damaged),
    ]
