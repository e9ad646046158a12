"""Reading ODS as a stream of content.xml: no document type, no entities, repeats within bounds."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from django.utils.translation import gettext as _

from .csv_in import fitted
from .sheet import MAX_CELL, MAX_COLUMNS, MAX_RECORD, MAX_ROWS, MAX_UNPACKED, Row, Sheet, SheetError

CHUNK = 2**16
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_TABLE_TAG = re.compile(rb"<table:table[ >]")
ROW = TABLE + "table-row"
CELLS = frozenset((TABLE + "table-cell", TABLE + "covered-table-cell"))


class _Forbidden(Exception):
    """A document type declaration: nothing a spreadsheet program writes, the door of entity attacks."""


def _count(attributes: dict[str, str], name: str) -> int:
    given = attributes.get(name, "1")
    return max(1, int(given[:9])) if given.isascii() and given.isdecimal() else 1


def _number(text: str) -> str:
    """Office values in plain digits: 1E3 is 1000."""
    if "e" not in text.lower():
        return text
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return format(value, "f") if value.is_finite() and abs(value.adjusted()) < 40 else text


def _percent(text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > 40:
        return text
    shown = format((value * 100).normalize(), "f")
    return f"{shown}%"


class _Table:
    """Collects the rows of the first table that has any, from parser events."""

    def __init__(self) -> None:
        self.found: deque[tuple[list[str], int]] = deque()
        self._depth = 0
        self._inside = False
        self._any = False
        self._cells: list[str] = []
        self._row_repeat = 1
        self._gap = 0
        self._size = 0
        self._attributes: dict[str, str] = {}
        self._text: list[str] | None = None
        self._length = 0
        self._paragraphs = 0
        self._skip = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skip:
            self._skip += 1
        elif self._text is not None:
            self._mark_up(name, attributes)
        elif self._inside and name in CELLS:
            self._attributes, self._text, self._length, self._paragraphs = attributes, [], 0, 0
        elif name == ROW:
            self._cells, self._gap, self._size = [], 0, 0
            self._row_repeat = _count(attributes, TABLE + "number-rows-repeated")
        elif name == TABLE + "table":
            self._depth += 1
            self._inside = self._depth == 1 and not self._any
        elif name == TABLE + "tracked-changes":
            self._skip = 1

    def _mark_up(self, name: str, attributes: dict[str, str]) -> None:
        if name in CELLS or name == OFFICE + "annotation" or name == TABLE + "table":
            self._skip = 1
        elif name == TEXT + "p":
            self._paragraphs += 1
            if self._paragraphs > 1:
                self.text("\n")
        elif name == TEXT + "s":
            self.text(" " * min(_count(attributes, TEXT + "c"), MAX_CELL))
        elif name == TEXT + "tab":
            self.text("\t")
        elif name == TEXT + "line-break":
            self.text("\n")

    def text(self, data: str) -> None:
        if self._text is None or self._skip or not self._paragraphs:
            return
        self._length += len(data)
        if self._length > MAX_CELL:
            raise SheetError(_("有一個儲存格超過%(max)s字，請縮短後再匯入。") % {"max": f"{MAX_CELL:,}"})
        self._text.append(data)

    def end(self, name: str) -> None:
        if self._skip:
            self._skip -= 1
        elif self._text is not None:
            if name in CELLS:
                self._end_cell()
        elif name == ROW:
            if self._inside:
                self._any = self._any or bool(self._cells)
                self.found.append((self._cells, self._row_repeat))
        elif name == TABLE + "table":
            self._depth -= 1
            self._inside = False

    def _end_cell(self) -> None:
        value = self._value()
        repeated = TABLE + "number-columns-repeated"
        times = _count(self._attributes, repeated) if repeated in self._attributes else 1
        self._text = None
        if not value:
            self._gap += times
            return
        width = len(self._cells) + self._gap + times
        if width > MAX_COLUMNS:
            raise SheetError(
                _("資料表有%(n)s欄，超過上限%(max)s欄，請刪去多餘的欄位。")
                % {"n": f"{width:,}", "max": f"{MAX_COLUMNS:,}"}
            )
        self._size += len(value) * times
        if self._size > MAX_RECORD:
            raise SheetError(_("有一列超過%(max)s字，請縮短後再匯入。") % {"max": f"{MAX_RECORD:,}"})
        if self._gap:
            self._cells.extend([""] * self._gap)
            self._gap = 0
        if times == 1:
            self._cells.append(value)
        else:
            self._cells.extend([value] * times)

    def _value(self) -> str:
        """The exact value where the file keeps one, else the text shown."""
        shown = "".join(self._text or ())
        kind = self._attributes.get(OFFICE + "value-type")
        if kind in ("float", "currency"):
            return _number(self._attributes.get(OFFICE + "value", shown))
        if kind == "percentage":
            return _percent(self._attributes.get(OFFICE + "value", shown))
        if kind == "date":
            return self._attributes.get(OFFICE + "date-value", shown).removesuffix("T00:00:00")
        if kind == "boolean":
            return self._attributes.get(OFFICE + "boolean-value", shown)
        if kind == "string":
            return shown or self._attributes.get(OFFICE + "string-value", "")
        return shown


def _forbid(*_args: object) -> None:
    raise _Forbidden


def _parsed(data: bytes, table: _Table) -> Iterator[None]:
    """Feeds content.xml to the table, pausing after each piece."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = table.start
    parser.EndElementHandler = table.end
    parser.CharacterDataHandler = table.text
    parser.StartDoctypeDeclHandler = _forbid
    parser.EntityDeclHandler = _forbid
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as stream:
        unpacked = 0
        while chunk := stream.read(CHUNK):
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED:
                raise SheetError(_("檔案解開後太大，請分成幾個檔案再匯入。"))
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield


def _raw(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """(Row number, cells without trailing blanks) of each row that is not blank."""
    table = _Table()
    number = given = 0
    try:
        for _pause in _parsed(data, table):
            while table.found:
                cells, times = table.found.popleft()
                if not any(cell.strip() for cell in cells):
                    number += times
                    continue
                for _repeat in range(times):
                    number += 1
                    given += 1
                    if given > MAX_ROWS:
                        told = {"n": f"{MAX_ROWS:,}"}
                        raise SheetError(_("檔案超過%(n)s列，請分成幾個檔案再匯入。") % told)
                    yield number, list(cells)
    except _Forbidden as error:
        raise SheetError(_("這個ODS檔案含有不允許的文件宣告，請用試算表軟體另存新檔再匯入。")) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, RuntimeError) as error:
        raise SheetError(_("這個ODS檔案已損壞或加了密碼，請用試算表軟體重新存檔再匯入。")) from error
    except (expat.ExpatError, NotImplementedError, ValueError) as error:
        raise SheetError(_("這個ODS檔案的內容不完整，請用試算表軟體重新存檔再匯入。")) from error


def _rows(data: bytes) -> Iterator[Row]:
    width: int | None = None
    for number, cells in _raw(data):
        if width is None:
            width = len(cells)
            yield Row(number, cells)
        else:
            if len(cells) < width:  # trailing blanks are simply not stored in ODS: nothing doubtful
                cells.extend([""] * (width - len(cells)))
            yield fitted(number, cells, width, [], False)


def _tables(data: bytes) -> int:
    """How many tables the file has, by their start tags; 1 when that cannot be told."""
    found, tail = 0, b""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as stream:
            while chunk := stream.read(CHUNK):
                found += len(_TABLE_TAG.findall(tail + chunk)) - len(_TABLE_TAG.findall(tail))
                tail = chunk[-16:]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, RuntimeError, NotImplementedError):
        return 1
    return found


def read_ods(data: bytes, name: str) -> Sheet:
    """The first table of the file that has rows; the header is its first row that is not blank."""
    first = next(_rows(data), None)
    if first is None:
        raise SheetError(_("檔案裡沒有任何資料，請確認選對了檔案。"))

    def after_header() -> Iterator[Row]:
        found = _rows(data)
        next(found)
        return found

    tables = _tables(data)
    notes = (_("檔案有%(n)s個工作表，只讀取第一個有資料的工作表。") % {"n": tables},) if tables > 1 else ()
    return Sheet(name, "ods", [cell.strip() for cell in first.cells], after_header, notes=notes)
