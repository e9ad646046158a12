"""The column of an amount."""

from __future__ import annotations

from typing import Any

from django.db import models


def money(label: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """Whole New Taiwan dollars 元."""
    return models.DecimalField(label, max_digits=16, decimal_places=0, **options)
