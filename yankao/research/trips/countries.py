"""Where one may travel to: ISO 3166-1 codes with the names of the Unicode CLDR (zh-Hant-TW, en), in the
city's own words for the mainland, Hong Kong and Macau, which have rules of their own.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent / "data" / "countries.csv"


def load_countries(country: type[Any]) -> int:
    """Write the table into the given model (a migration brings its own); again, it corrects and adds."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = [country(**row) for row in csv.DictReader(stream)]
    country._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["code"], update_fields=["name", "name_en", "area"]
    )
    return len(rows)
