"""Processes that tests start. What they run is measured by no coverage: it is not ours, or is measured elsewhere."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def unmeasured():
    """The environment without what makes coverage measure a new process, which takes twice as long."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


@asynccontextmanager
async def programs(program):
    """Starts processes of a *program* in Python: ``process = await start("hold", "web")``. They are killed in the
    end.
    """
    started = []

    async def start(*words):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, program, *map(str, words)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=unmeasured() | {"PYTHONPATH": str(REPOSITORY)},
        )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            if process.returncode is None:
                process.kill()
            await process.communicate()
