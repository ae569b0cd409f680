"""README's fleet works: its module on workers, one of which is killed, and its program that gives them work."""

import asyncio
import os
import sys

from aiogandi.sandbox import Sandbox
from tests.hub.stores import StoreServer
from tests.processes import unmeasured
from tests.test_readme import blocks
from tests.waiting import until

NAMES = [f"web-{number:02}" for number in range(20)]

LOGIN, HUB = '"login": account,', 'os.environ["GANDI_HUB"]'


def quick(code):
    """README's module with the sandbox's address and the settings of tests, so that nobody waits for seconds."""
    assert LOGIN in code
    assert HUB in code
    code = code.replace(LOGIN, f'{LOGIN} "url": os.environ["GANDI_URL"], **QUICK,')
    code = code.replace(HUB, f"RedisHub({HUB}, lease=1.0)")
    return f"from aiogandi import RedisHub\nfrom aiogandi.sandbox import QUICK\n{code}"


async def test_the_run_is_done_though_a_worker_is_killed(tmp_path):
    [work], [program] = blocks("tested: work"), blocks("tested: fleet")
    (tmp_path / "work.py").write_text(quick(work))
    store = StoreServer(appendonly="yes").start()
    try:
        async with Sandbox(speed=600) as sandbox:
            environment = unmeasured() | {
                "GANDI_HUB": store.url,
                "GANDI_URL": sandbox.url,
                "PASSWORD_AA1234_GANDI": "mypassword",
                "SERVER_PASSWORD": "s3cret-pw",
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            }

            async def start(*arguments):
                return await asyncio.create_subprocess_exec(
                    *(sys.executable, *arguments),
                    cwd=tmp_path,
                    env=environment,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                )

            arguments = ("-m", "aiogandi", "worker", "work:fleet", "--limit", "8")
            workers = [await start(*arguments) for _ in range(2)]
            asking = await start("-c", program)
            await until(lambda: sandbox.calls["vm_create"] >= 5)
            workers[0].kill()
            printed, complaints = await asking.communicate()
            workers[1].terminate()
            _, told = await workers[1].communicate()
            await workers[0].communicate()

            assert complaints == b""
            ids = {vm["hostname"]: vm["id"] for vm in sandbox.vms}
            assert sorted(ids) == NAMES
            lines = [f"{name} is server {ids[name]}" for name in NAMES]
            assert sorted(printed.decode().splitlines()) == lines
            assert len(sandbox.vms) == len(NAMES)
            assert sorted(disk["name"] for disk in sandbox.disks) == [
                f"{name}-data" for name in NAMES
            ]
            assert workers[1].returncode == 0, told.decode()
    finally:
        store.close()
