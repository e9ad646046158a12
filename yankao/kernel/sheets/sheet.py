"""A table as it was read: header, rows with their numbers, and everything doubtful about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MAX_BYTES = 64 * 2**20
"""The largest file taken in."""
MAX_UNPACKED = 400 * 2**20
"""The most a compressed file may unpack to: a small file must not fill the machine."""
MAX_ROWS = 1_048_576
MAX_COLUMNS = 1_024
MAX_CELL = 131_072
"""Characters in one cell."""
MAX_RECORD = 1_000_000
"""Characters in one row: beyond this a quotation mark was left open."""


class SheetError(Exception):
    """The file cannot be read (further); `sentence` says why and what to do, in the reader's language."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it (the header counts), its cells, what is doubtful.

    `cells` has at least as many entries as the header; more when the row was longer. `damaged` tells
    that characters were lost (undecodable bytes stand as U+FFFD) or that cells lie beyond the header.
    """

    number: int
    cells: list[str]
    notes: tuple[str, ...] = ()
    damaged: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table. `rows` may be gone through again (a dry run, then the real one); blank rows are left out.

    kind: "csv" or "ods"; encoding: the one taken ("utf-8", "cp950" …), empty for ODS; delimiter of CSV.
    """

    name: str
    kind: str
    header: list[str]
    open_rows: Callable[[], Iterator[Row]] = field(repr=False)
    encoding: str = ""
    delimiter: str = ""
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> Iterator[Row]:
        """The rows after the header, one at a time; raises SheetError where reading on is impossible."""
        return self.open_rows()
