"""What others are told of this process."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """Its number, its program and its machine."""
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    return {
        "pid": os.getpid(),
        # A file's name may have bytes that are no text.
        "program": program.encode("utf-8", "backslashreplace").decode(),
        "host": socket.gethostname(),
    }
