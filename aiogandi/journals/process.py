"""What others are told of this process."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """Return its number, its program and its machine."""
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    return {
        "pid": os.getpid(),
        # A file's name may have bytes that are no text, and neither a journal nor a store takes others.
        "program": program.encode("utf-8", "backslashreplace").decode(),
        "host": socket.gethostname(),
    }


def process_in_words() -> str:
    """Return the same, for people."""
    told = this_process()
    return f"process {told['pid']} ({told['program']}) on {told['host']}"
