"""Write the pinned lists of `requirements/`: exact versions with hashes, no address in any of them."""

from __future__ import annotations

import sys
from pathlib import Path

from set_up import PINS, SetUpError, find_uv, run

EXPORT = [
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--no-header",
    "--universal",
    "--python-version=3.13",
]

LEFT_OUT: list[str | Path] = ["--override", PINS / "left-out.in"]
"""Packages that a pinned one names and nothing here uses."""


def main() -> int:
    """`pin.py [PACKAGE …]` renews all pins, or only those of the packages named."""
    renew = [f"--upgrade-package={name}" for name in sys.argv[1:]] or ["--upgrade"]
    try:
        uv = find_uv()
        for name in ("runtime", "dev", "uv"):
            source, target = PINS / f"{name}.in", PINS / f"{name}.txt"
            run(uv, "pip", "compile", "--quiet", *EXPORT, *LEFT_OUT, *renew, source, "-o", target)
            if "://" in target.read_text():
                raise SetUpError(f"{target} names an address; such a pin must not be committed.")
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
