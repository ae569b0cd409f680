"""The command with a client that loses no time: ``python quick.py vm list``.

It polls often, and waits no time to speak of before it logs in again or sends a call again. All else, and
most of all what a process is made of, is as in the real one.
"""

import sys

from aiogandi.cli.app import run


def quick(*args, **settings):
    """Make the client."""
    # Here, as in the command itself: help and wrong use do without the client.
    from aiogandi import Gandi, Polling, Retry  # noqa: PLC0415

    often = Polling(interval=0.02, max_interval=0.1)
    return Gandi(*args, polling=often, retry=Retry(backoff=0.01, settle=0.2), **settings)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], quick))
