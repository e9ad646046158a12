"""No file opens a petition: `intake.receive` alone takes them in and keeps their petitioners in the vault."""

from __future__ import annotations

from yankao.kernel.intake import Import

IMPORTS: tuple[Import, ...] = ()
