"""Build the geography tables of yankao/kernel/people/data from the reference material.

Run once when a new edition of the villages arrives: `python scripts/build_geography.py ../shared/data`.
The output is committed; nothing at run time needs the sources.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "yankao/kernel/people/data"
EDITIONS = ("100", "103", "106", "107")
LAST = "110"
CITY = "64000"


def full_code(code: str) -> str:
    """6400500-001 (the three-part code of 2011 to 2014) is 64000050001 today."""
    if "-" not in code:
        return code
    town, village = code.split("-")
    return f"{CITY}{town[3:5]}0{village}"


def listed(folder: Path, edition: str) -> dict[str, tuple[str, str]]:
    """Code → (name, English name) of the city's villages in one edition; harbour waters have no name."""
    found = {}
    with gzip.open(folder / f"{edition}village.txt.gz", "rt", encoding="utf-8-sig") as lines:
        for line in lines:
            code, *rest = line.rstrip("\r\n").split("\t")
            full = full_code(code)
            if code.startswith("64") and full.startswith(CITY) and rest[-1]:
                found[full] = (rest[-1], rest[0] if len(rest) == 4 else "")
    return found


def write(name: str, data: bytes) -> None:
    """The same input gives the same file: no time in the gzip header."""
    (OUT / name).write_bytes(gzip.compress(data, 9, mtime=0))


def main(shared: Path) -> None:
    with gzip.open(shared / "kaohsiung-geo/kaohsiung_villages.csv.gz", "rt", encoding="utf-8-sig") as lines:
        today = {row["VILLCODE"]: row for row in csv.DictReader(lines)}
    editions = {year: listed(shared / "tw-village-codes", year) for year in EDITIONS}
    editions[LAST] = {code: (row["VILLNAME"], row["VILLENG"]) for code, row in today.items()}

    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["code", "name", "name_en", "longitude", "latitude", "first", "last"])
    for code in sorted(set().union(*editions.values())):
        years = [year for year, codes in editions.items() if code in codes]
        name, name_en = next(editions[year][code] for year in reversed(years))
        if not name_en:
            name_en = next((editions[y][code][1] for y in reversed(years) if editions[y][code][1]), "")
        place = today.get(code)
        where = [place["lon"], place["lat"]] if place else ["", ""]
        table.writerow([code, name, " ".join(name_en.split()), *where, years[0], years[-1]])
    write("villages.csv.gz", out.getvalue().encode())

    with gzip.open(shared / "kaohsiung-geo/kaohsiung_districts.geojson.gz", "rt") as stream:
        shapes = json.load(stream)
    features = []
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["code", "name", "name_en"])
    for feature in sorted(shapes["features"], key=lambda f: f["properties"]["TOWNCODE"]):
        given = feature["properties"]
        table.writerow([given["TOWNCODE"], given["TOWNNAME"], given["TOWNENG"]])
        geometry = {**feature["geometry"], "coordinates": rounded(feature["geometry"]["coordinates"])}
        kept = {"code": given["TOWNCODE"], "name": given["TOWNNAME"], "name_en": given["TOWNENG"]}
        features.append(
            {"type": "Feature", "id": given["TOWNCODE"], "properties": kept, "geometry": geometry}
        )
    write("districts.csv.gz", out.getvalue().encode())
    write("districts.geojson.gz", collected(features))

    with gzip.open(shared / "kaohsiung-geo/kaohsiung_villages.geojson.gz", "rt") as stream:
        shapes = json.load(stream)
    inside = {code: [round(float(row[name]), 5) for name in ("lon", "lat")] for code, row in today.items()}
    features = [
        {
            "type": "Feature",
            "id": feature["properties"]["VILLCODE"],
            "properties": {"at": inside[feature["properties"]["VILLCODE"]]},
            "geometry": {
                **feature["geometry"], "coordinates": rounded(feature["geometry"]["coordinates"])
            },
        }
        for feature in sorted(shapes["features"], key=lambda f: f["properties"]["VILLCODE"])
    ]  # fmt: skip
    write("villages.geojson.gz", collected(features))


def collected(features: list[dict[str, object]]) -> bytes:
    whole = {"type": "FeatureCollection", "features": features}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def rounded(coordinates: list) -> list:  # type: ignore[type-arg]
    """Five decimals: about a metre."""
    if isinstance(coordinates[0], (int, float)):
        return [round(value, 5) for value in coordinates]
    return [rounded(part) for part in coordinates]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
