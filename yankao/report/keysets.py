"""The keys of the records behind every figure of a frozen edition, in one columnar file (Parquet: figure,
key).

The file lies under ``YANKAO_DATA/editions/<id>/``; its hash is kept with the edition in the database.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import duckdb
from django.conf import settings

NAME = "keys.parquet"


def folder(edition_id: int) -> Path:
    """Where an edition keeps its files."""
    return Path(settings.DATA) / "editions" / str(edition_id)


def write(edition_id: int, keys: Mapping[str, Sequence[str]]) -> bytes:
    """Write the file of an edition; its bytes. A file that a refused attempt left behind is replaced."""
    home = folder(edition_id)
    home.mkdir(parents=True, exist_ok=True)
    made = home / f".{NAME}"
    with tempfile.TemporaryDirectory(dir=home) as work:
        rows = Path(work) / "keys.csv"
        with rows.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(("figure", "key"))
            for figure, listed in keys.items():
                writer.writerows((figure, key) for key in listed)
        with duckdb.connect() as connection:
            connection.execute(
                "CREATE TABLE keys AS SELECT * FROM read_csv(?, header = true, delim = ',', quote = '\"',"
                " columns = {'figure': 'VARCHAR', 'key': 'VARCHAR'})",
                [str(rows)],
            )
            target = str(made).replace("'", "''")
            connection.execute(f"COPY keys TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    made.replace(home / NAME)
    return (home / NAME).read_bytes()


def read(edition_id: int, figures: Iterable[str] | None = None) -> dict[str, list[str]]:
    """The keys by figure, of all figures or of some. Raises FileNotFoundError when the file is gone."""
    path = folder(edition_id) / NAME
    if not path.exists():
        raise FileNotFoundError(path)
    wanted = None if figures is None else list(figures)
    with duckdb.connect() as connection:
        query = "SELECT figure, key FROM read_parquet(?)"
        given: list[object] = [str(path)]
        if wanted is not None:
            query += " WHERE list_contains(?, figure)"
            given.append(wanted)
        rows = connection.execute(query, given).fetchall()
    found: dict[str, list[str]] = {name: [] for name in wanted or ()}
    for figure, key in rows:
        found.setdefault(figure, []).append(key)
    return found


def file_hash(edition_id: int) -> str:
    """SHA-256 of the file, "" when it is gone."""
    path = folder(edition_id) / NAME
    return sha256(path.read_bytes()).hexdigest() if path.exists() else ""
