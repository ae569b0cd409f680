"""The `aiogandi` command, for everything that the client can do; it needs the extra ``cli``.

Its rooms use each other in one direction: commands → batch → service → terminal. `app` is the root
above them, `exits` the floor below.
"""

import sys
from importlib.util import find_spec

EXTRA = ("typer", "rich", "platformdirs")


def main() -> int:
    """Run the command with the process's arguments; returns its exit code.

    0 all well, 1 something failed (the rest was done), 2 wrong use, 3 not logged in or refused,
    130 interrupted, 143 ended by SIGTERM, 129 by SIGHUP.
    """
    if not all(map(find_spec, EXTRA)):
        install = "the command needs its extra: pip install 'aiogandi[cli]'"
        print(f"aiogandi: {install}", file=sys.stderr)  # noqa: T201 - rich may be what is missing
        return 2
    try:
        # Here and not above: without the extra it cannot be imported.
        from aiogandi.cli.app import run  # noqa: PLC0415
    except KeyboardInterrupt:
        return 130
    return run(sys.argv[1:])
