"""When and where a photograph was taken: the few EXIF values the platform keeps, read without a picture
library.

Follows Exif 2.32 (CIPA DC-008): APP1 segment, TIFF header, IFD0 → Exif IFD and GPS IFD.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import timezone as fixed
from decimal import Decimal
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
EXIF_IFD, GPS_IFD, TAKEN, OFFSET, NS, LATITUDE, EW, LONGITUDE = 0x8769, 0x8825, 0x9003, 0x9011, 1, 2, 3, 4
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
MOST_ENTRIES = 500


@dataclass(frozen=True)
class Shot:
    """What a photograph says about itself; None where it says nothing believable. Degrees WGS84."""

    taken_at: datetime | None = None
    longitude: Decimal | None = None
    latitude: Decimal | None = None


def read(data: bytes) -> Shot:
    """The shot of a JPEG. A damaged or absent EXIF block gives an empty one, never an error."""
    for marker, start, end in segments(data):
        if marker == 0xE1 and data[start : start + 6] == b"Exif\x00\x00":
            try:
                return _shot(data[start + 6 : end])
            except (struct.error, IndexError, ValueError, ArithmeticError, RecursionError):
                return Shot()
    return Shot()


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each JPEG segment's content up to the picture itself."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in (0xDA, 0xD9):
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return
        yield marker, at + 4, min(at + 2 + length, len(data))
        at += 2 + length


def without_metadata(data: bytes) -> bytes:
    """The same JPEG without EXIF, XMP, maker notes and comments (APP1–APP13, APP15, COM); the picture is
    untouched.

    APP0 (JFIF), APP2 (colour profile) and APP14 (Adobe colour transform) stay, since the picture needs them.
    """
    kept, at = [data[:2]], 2
    for marker, start, end in segments(data):
        if marker in (0xE0, 0xE2, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(data[start - 4 : end])
        at = end
    return b"".join([*kept, data[at:]])


def _shot(tiff: bytes) -> Shot:
    order = {b"II": "<", b"MM": ">"}[tiff[:2]] if tiff[:2] in (b"II", b"MM") else ""
    if not order or struct.unpack_from(order + "H", tiff, 2)[0] != 42:
        return Shot()
    root = _directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])
    exif = _directory(tiff, order, root[EXIF_IFD][0]) if EXIF_IFD in root else {}
    gps = _directory(tiff, order, root[GPS_IFD][0]) if GPS_IFD in root else {}
    latitude = _degrees(gps.get(LATITUDE), gps.get(NS), "S", 90)
    longitude = _degrees(gps.get(LONGITUDE), gps.get(EW), "W", 180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        latitude = longitude = None  # half a place is none, and 0°N 0°E is a camera without a fix
    return Shot(_taken(exif), longitude, latitude)


def _directory(tiff: bytes, order: str, at: int) -> dict[int, list]:  # type: ignore[type-arg]
    """Tag → values (text as one string, rationals as pairs of whole numbers)."""
    found: dict[int, list] = {}  # type: ignore[type-arg]
    (count,) = struct.unpack_from(order + "H", tiff, at)
    for n in range(min(count, MOST_ENTRIES)):
        tag, kind, many = struct.unpack_from(order + "HHI", tiff, at + 2 + 12 * n)
        size = SIZES.get(kind, 0) * many
        if not 0 < size <= 1000:
            continue
        place = at + 10 + 12 * n
        if size > 4:
            (place,) = struct.unpack_from(order + "I", tiff, place)
        raw = tiff[place : place + size]
        if len(raw) < size:
            continue
        if kind == 2:
            found[tag] = [raw.split(b"\x00")[0].decode("ascii", "replace")]
        elif kind in (5, 10):
            whole = struct.unpack(f"{order}{many * 2}{'I' if kind == 5 else 'i'}", raw)
            found[tag] = list(zip(whole[::2], whole[1::2], strict=True))
        elif kind in (3, 4, 9):
            found[tag] = list(struct.unpack(f"{order}{many}{ {3: 'H', 4: 'I', 9: 'i'}[kind] }", raw))
    return found


def _degrees(
    parts: list[tuple[int, int]] | None, side: list[str] | None, negative: str, most: int
) -> Decimal | None:
    if not parts or len(parts) != 3 or not side or any(below == 0 for _, below in parts):
        return None
    degrees, minutes, seconds = (Decimal(above) / below for above, below in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not 0 <= value <= most:
        return None
    return (-value if side[0].upper() == negative else value).quantize(Decimal("0.000001"))


def _taken(exif: dict[int, list]) -> datetime | None:  # type: ignore[type-arg]
    """The moment of exposure; without an offset in the file it is taken to be Taipei time."""
    if TAKEN not in exif:
        return None
    try:
        moment = datetime.strptime(exif[TAKEN][0].strip(), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  (zone added below)
    except ValueError:
        return None
    if moment.year < 1990:
        return None
    offset = str(exif.get(OFFSET, [""])[0]).strip()
    if len(offset) == 6 and offset[0] in "+-" and offset[1:3].isdigit() and offset[4:].isdigit():
        away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
        if away <= timedelta(hours=14):
            return moment.replace(tzinfo=fixed(-away if offset[0] == "-" else away))
    return moment.replace(tzinfo=TAIPEI)
