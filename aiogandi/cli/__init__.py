"""The `aiogandi` command, for everything that the client can do; it needs the extra ``cli``."""

import sys

EXTRA = ("typer", "rich", "platformdirs")


def main() -> int:
    """Run the command with the process's arguments; returns its exit code.

    0 all well, 1 something failed (the rest is done), 2 wrong use, 3 not logged in or refused,
    130 interrupted.
    """
    try:
        # Here and not above: without the extra this is where its absence shows.
        from aiogandi.cli.app import run  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in EXTRA:
            raise
        install = "the command needs its extra: pip install 'aiogandi[cli]'"
        print(f"aiogandi: {install}", file=sys.stderr)  # noqa: T201 - rich may be what is missing
        return 2
    except KeyboardInterrupt:
        return 130
    return run(sys.argv[1:])
