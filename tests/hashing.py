"""The product's password hasher with the least of work: tests sign in some hundred times."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class LightArgon2(Argon2PasswordHasher):
    """Argon2 as in use, in one pass over 8 KiB."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
