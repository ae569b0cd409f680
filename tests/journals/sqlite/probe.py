"""What another process sees of the locks on a file."""

import subprocess
import sys

PROBE = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    for place in map(int, sys.argv[2:]):
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            print("free")
        except OSError:
            print("held")
"""


def seen_elsewhere(path, *places):
    """What another process sees of these places."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, path, *map(str, places)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()
