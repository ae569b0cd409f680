"""README's program with a journal is killed, and run again until it is through."""

import asyncio
import random
import sys
from collections import Counter

from aiogandi.sandbox import Sandbox
from tests.processes import unmeasured
from tests.test_readme import blocks
from tests.waiting import until

NAMES = [f"web-{number:02}" for number in range(20)]


def quick(code):
    """README's program with the settings of tests, so that nobody waits for seconds."""
    opened = "Gandi.from_env(journal=journal)"
    assert opened in code
    code = code.replace(opened, "Gandi.from_env(journal=journal, **QUICK)")
    return f"from aiogandi.sandbox import QUICK\n{code}"


async def test_the_program_that_survives_kill_9_does(tmp_path):
    [code] = blocks("tested: killed")
    lots = random.Random(1)
    async with Sandbox(speed=600) as sandbox:
        environment = unmeasured() | {
            "GANDI_LOGIN": "AA1234-GANDI",
            "GANDI_PASSWORD": "mypassword",
            "GANDI_URL": sandbox.url,
        }

        def start():
            return asyncio.create_subprocess_exec(
                *(sys.executable, "-c", quick(code)),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=tmp_path,
                env=environment,
            )

        for _ in range(2):
            process = await start()
            ends = sandbox.calls.total() + lots.randint(2, 60)
            await until(lambda ends=ends: sandbox.calls.total() >= ends)
            process.kill()
            await process.communicate()
        printed, failure = await (await start()).communicate()

        assert "another client" not in failure.decode()
        assert sorted(printed.decode().splitlines()) == [f"{name} runs" for name in NAMES]
        servers = {vm["id"]: vm["hostname"] for vm in sandbox.vms}
        assert sorted(servers.values()) == NAMES
        pairs = Counter((servers.get(disk["vm_id"]), disk["name"]) for disk in sandbox.disks)
        assert pairs == Counter((name, name) for name in NAMES)
