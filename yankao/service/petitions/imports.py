"""陳情案件匯入 What this room takes in: its own cases, mails, and other systems' requests by profiles."""

from __future__ import annotations

from yankao.kernel.intake import Import

from . import files
from .elsewhere import taking
from .mail.importing import MAIL

IMPORTS: tuple[Import, ...] = (*files.IMPORTS, MAIL, *taking.IMPORTS)
