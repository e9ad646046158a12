"""The command `yankao`, also `python -m yankao`. What it can do stands in `yankao.site.command`."""

from __future__ import annotations

import sys
from importlib import import_module


def main() -> int:
    """Hand over to the command line of the site; returns the exit code."""
    try:
        command = import_module("yankao.site.command")
    except ModuleNotFoundError as missing:
        if missing.name != "yankao.site.command":
            raise
        sys.stderr.write("This checkout has no command line yet (yankao/site/command.py).\n")
        return 1
    return int(command.main() or 0)


if __name__ == "__main__":
    sys.exit(main())
