"""陳情案件匯入 What this room takes in: mails, and the cases of other systems by mapping profiles.

The city's own cases come in by `intake.receive` at a counter or by mail, never by a table.
"""

from __future__ import annotations

from yankao.kernel.intake import Import

from .mail.importing import MAIL

IMPORTS: tuple[Import, ...] = (MAIL,)
