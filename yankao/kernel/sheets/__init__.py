"""試算表 Tables in and out: CSV and ODS, read with every doubt reported and written by one writer.

`read` takes the bytes of a file and gives a `Sheet`; `write_csv` and `write_ods` serve every export;
`intake` turns rows into values by a `Profile` and gives refused rows back with their reasons.
"""

from .reading import read
from .sheet import Row, Sheet, SheetError
from .writing import Cell, write_csv, write_ods

__all__ = ["Cell", "Row", "Sheet", "SheetError", "read", "write_csv", "write_ods"]
