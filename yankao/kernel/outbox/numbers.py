"""Telephone numbers as gateways want them."""

from __future__ import annotations

from ..vault.persons import phone_form


def international(number: str) -> str:
    """0912-345-678 → 886912345678, +81 90… → 8190…; "" for what is neither a mobile nor abroad."""
    form = phone_form(number)
    if form.startswith("+"):
        return form[1:] if 8 <= len(form) - 1 <= 15 else ""
    return f"886{form[1:]}" if len(form) == 10 and form.startswith("09") else ""
