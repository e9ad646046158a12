"""Reading CSV as a stream: delimiter by what the first rows agree on, doubts noted row by row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from .decoding import CHUNK, MARK, Opener, choose, is_binary, unmark
from .guard import unguarded
from .sheet import MAX_CELL, MAX_COLUMNS, MAX_RECORD, MAX_ROWS, Row, Sheet, SheetError

DELIMITERS = (",", ";", "\t")
LOOK_AHEAD = 2**16
STAND_IN = "\ud80d"
"""A lone surrogate no decoder gives."""
_BARE_CR = re.compile(r"\r(?!\n)")
MAX_MARKS = 100_000
"""Undecodable bytes after which the file is given up: it is not in the encoding taken, or no text at all."""

NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp950": "Big5",
    "cp1252": "Windows-1252",
}


class _Lines:
    """Lines of the file for csv.reader, with the length of the record under way kept in bounds.

    With `inner` a bare CR is a break inside a cell, not the end of a row: it passes csv.reader as STAND_IN.
    """

    def __init__(self, stream: io.TextIOBase, inner: bool) -> None:
        self.stream, self.inner = stream, inner
        self.length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(MAX_RECORD + 1)
        if not line:
            raise StopIteration
        self.length += len(line)
        if self.length > MAX_RECORD:
            raise csv.Error("record too long")
        return _BARE_CR.sub(STAND_IN, line) if self.inner and "\r" in line else line


def _records(open_: Opener, encoding: str, delimiter: str, inner: bool) -> Iterator[list[str]]:
    """Every record with blank lines as empty lists; a record nobody can close ends in a SheetError."""
    number = 0
    with io.TextIOWrapper(open_(), encoding=encoding, errors=MARK, newline="\n" if inner else "") as text:
        lines = _Lines(text, inner)
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            for record in reader:
                number += 1
                lines.length = 0
                if number > MAX_ROWS:
                    raise SheetError(_("檔案超過%(n)s列，請分成幾個檔案再匯入。") % {"n": f"{MAX_ROWS:,}"})
                if len(record) > MAX_COLUMNS:
                    raise SheetError(
                        _("第%(row)s列有%(n)s欄，超過上限%(max)s欄，請確認分隔符號是否正確。")
                        % {"row": number, "n": f"{len(record):,}", "max": f"{MAX_COLUMNS:,}"}
                    )
                yield record
        except csv.Error as error:
            raise SheetError(
                _(
                    "第%(row)s列無法讀完：可能少了一個結尾的引號，或單一儲存格超過%(max)s字。請修正該列後再匯入。"
                )
                % {"row": number + 1, "max": f"{MAX_CELL:,}"}
            ) from error


def _layout(open_: Opener, encoding: str) -> tuple[str, bool]:
    """(Delimiter, whether a bare CR is a break inside a cell), by what the first rows agree on.

    Files that end their rows with LF may carry bare CRs in cells without quotation marks; then reading CR as
    the end of a row tears the header, and the reading in which more rows fit the header is the right one.
    """
    with io.TextIOWrapper(open_(), encoding=encoding, errors=MARK, newline="") as stream:
        head = stream.read(LOOK_AHEAD)
    plain = _agreement(head, inner=False)
    if "\n" in head and _BARE_CR.search(head):
        inner = _agreement(head, inner=True)
        if inner[1] > plain[1] and inner[2] > 1:
            return inner[0], True
    return plain[0], False


def _agreement(head: str, inner: bool) -> tuple[str, float, int]:
    """(The delimiter that cuts the rows into the most columns that agree with the header's, the share and
    the number of rows that do)."""
    best: tuple[str, float, int] = (",", 0.0, 0)
    best_score = 0
    for delimiter in DELIMITERS:
        widths: list[int] = []
        lines = _Lines(io.StringIO(head, newline="\n" if inner else ""), inner)
        try:
            for record in csv.reader(lines, delimiter=delimiter):
                lines.length = 0
                if record:
                    widths.append(len(record))
        except csv.Error:
            pass
        if len(widths) > 2:
            widths.pop()  # the last record may be cut by the end of the look-ahead
        if not widths or widths[0] < 2:
            continue
        alike = Counter(widths)[widths[0]]
        if widths[0] * alike > best_score:
            best, best_score = (delimiter, alike / len(widths), alike), widths[0] * alike
    return best


def _clean(cells: list[str], marked: bool) -> tuple[list[str], list[str], int]:
    """Cells without guard, marks and NULs; notes on what was found; how many bytes could not be decoded."""
    whole = "".join(cells)
    if not (marked or "'" in whole or "\0" in whole or STAND_IN in whole):
        return cells, [], 0  # nearly every row of nearly every file: not looked at cell by cell
    notes: list[str] = []
    lost = 0
    for place, cell in enumerate(cells):
        if not cell:
            continue
        text = cell.replace(STAND_IN, "\r")
        if "\0" in text:
            text = text.replace("\0", "")
            notes.append(_("第%(column)s欄含有空字元（NUL），已略去。") % {"column": place + 1})
        if marked:
            text, runs = unmark(text)
            if runs:
                lost += sum((len(run) + 1) // 3 for run in runs)
                told = {"column": place + 1, "bytes": "、".join(runs)[:300]}
                notes.append(_("第%(column)s欄有無法解讀的位元組：%(bytes)s。") % told)
        cells[place] = unguarded(text)
    return cells, notes, lost


def rows(open_: Opener, encoding: str, layout: tuple[str, bool], marked: bool) -> Iterator[Row]:
    """Rows with the header first; blank rows are left out but counted in the numbers."""
    width: int | None = None
    marks = 0
    for number, record in enumerate(_records(open_, encoding, *layout), start=1):
        cells, notes, lost = _clean(record, marked)
        marks += lost
        if marks > MAX_MARKS:
            raise SheetError(
                _("太多位元組無法以%(encoding)s解讀，請另存為UTF-8編碼的CSV或ODS再匯入。")
                % {"encoding": NAMES[encoding]}
            )
        if not any(cell.strip() for cell in cells):
            continue
        if width is None:
            while not cells[-1].strip():
                cells.pop()
            width = len(cells)
            yield Row(number, cells, tuple(notes), bool(lost))
            continue
        yield fitted(number, cells, width, notes, bool(lost))


def fitted(number: int, cells: list[str], width: int, notes: list[str], lost: bool) -> Row:
    """The row in the header's width: short rows are filled and noted, cells beyond it kept and noted."""
    if len(cells) < width:
        told = {"n": len(cells), "width": width}
        notes.append(_("只有%(n)s欄，標題有%(width)s欄；缺少的欄位視為空白。") % told)
        cells.extend([""] * (width - len(cells)))
    elif len(cells) > width:
        beyond = [cell for cell in cells[width:] if cell.strip()]
        if beyond:
            notes.append(_("比標題多出%(n)s個有內容的儲存格。") % {"n": len(beyond)})
            lost = True
        else:
            del cells[width:]
    return Row(number, cells, tuple(notes), lost)


def read_csv(open_: Opener, name: str) -> Sheet:
    """The sheet of a CSV file; the header is its first row that is not blank."""
    encoding, bad = choose(open_)
    if encoding == "cp1252":
        with open_() as stream:
            if is_binary(stream.read(CHUNK)):
                raise SheetError(_("這不是文字檔，請另存為ODS或CSV再匯入。"))
    layout = _layout(open_, encoding)
    notes: tuple[str, ...] = ()
    if bad:
        notes = (_("以%(encoding)s讀取，有些位元組無法解讀，已逐列列出。") % {"encoding": NAMES[encoding]},)

    def all_rows() -> Iterator[Row]:
        return rows(open_, encoding, layout, bad)

    first = next(all_rows(), None)
    if first is None:
        raise SheetError(_("檔案裡沒有任何資料，請確認選對了檔案。"))

    def after_header() -> Iterator[Row]:
        found = all_rows()
        next(found)
        return found

    header = [cell.strip().lstrip("\ufeff") for cell in first.cells]
    told = encoding.removesuffix("-sig")
    return Sheet(name, "csv", header, after_header, told, layout[0], (*notes, *first.notes))
