"""A process that has read the program once and runs each command in a copy of itself.

Starting the program takes well over a second, and the tests of the command line call it some fifty times on
one installation. A copy begins where the program stands after its start: settings read, models known, no
connection open. Each line on standard input asks for one command, as JSON; the answer tells its exit code.

`python -m tests.nest` serves; `at_hand` in `yankao/site/tests/installed.py` asks.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn


def _became(words: list[str], folder: Path) -> NoReturn:
    """Run the command in this copy, with the files of the folder as its standard streams."""
    code = 1
    try:
        for number, name, flags in ((0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
            os.dup2(os.open(folder / name, flags), number)
        sys.stdin = io.TextIOWrapper(io.FileIO(0), encoding="utf-8")
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", write_through=True)
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", write_through=True)
        sys.argv = ["yankao", *words]
        from yankao.site.command import main

        code = main(words)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def serve() -> None:
    """Answer each line until there is none."""
    from yankao.site import installation
    from yankao.site.command import commands

    installation.up()
    for command in commands():
        command.part()
    from django.db import connections

    connections.close_all()
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        copy = os.fork()
        if not copy:
            _became(asked["words"], Path(asked["folder"]))
        _pid, status = os.waitpid(copy, 0)
        sys.stdout.write(json.dumps(os.waitstatus_to_exitcode(status)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
