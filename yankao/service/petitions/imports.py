"""No file opens a petition: they come in by `intake.receive`, which keeps their petitioners in the vault."""

from __future__ import annotations

from yankao.kernel.intake import Import

IMPORTS: tuple[Import, ...] = ()
