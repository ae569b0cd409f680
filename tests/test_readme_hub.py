"""README's program for many machines is started several times at once, and one of them is killed."""

import asyncio
import sys

from aiogandi.sandbox import Sandbox
from tests.hub.stores import StoreServer
from tests.processes import unmeasured
from tests.test_readme import blocks
from tests.waiting import until

NAMES = [f"web-{number:02}" for number in range(20)]


def quick(code, url):
    """README's program on the store at *url*, with the settings of tests, so that nobody waits for seconds."""
    hub, client = '"redis://127.0.0.1:6379/0"', "Gandi.from_env(hub=hub, journal=journal)"
    assert hub in code
    assert client in code
    code = code.replace(hub, f"{url!r}, lease=1.0")
    code = code.replace(client, client.replace(")", ", **QUICK)"))
    return f"from aiogandi.sandbox import QUICK\n{code}"


async def test_the_program_for_many_machines_makes_each_server_once():
    [code] = blocks("tested: hub")
    store = StoreServer(appendonly="yes").start()
    try:
        async with Sandbox(speed=600) as sandbox:
            environment = unmeasured() | {
                "GANDI_LOGIN": "AA1234-GANDI",
                "GANDI_PASSWORD": "mypassword",
                "GANDI_URL": sandbox.url,
            }
            processes = [
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-c", quick(code, store.url)),
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env=environment,
                )
                for _ in range(3)
            ]
            await until(lambda: sandbox.calls["vm_create"] >= 5)
            processes[0].kill()
            _, *others = [await process.communicate() for process in processes]

            for printed, _ in others:
                assert sorted(printed.decode().splitlines()) == [f"{name} runs" for name in NAMES]
            assert sorted(vm["hostname"] for vm in sandbox.vms) == NAMES
            assert sandbox.calls["login"] == 1
    finally:
        store.close()
