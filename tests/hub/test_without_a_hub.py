"""Without a hub, nothing of what only a hub or a fleet needs is imported, so that nobody has to have it."""

import subprocess
import sys

import pytest

EXTRA = ("redis", "cryptography", "streaq", "coredis")

FORBIDDEN = f"""
import sys
sys.modules.update(dict.fromkeys({EXTRA!r}))  # to import one of these fails
"""

A_CLIENT = """
import asyncio
import aiogandi
from aiogandi.sandbox import QUICK, Sandbox

async def main():
    async with Sandbox(speed=1000) as sandbox:
        settings = dict(url=sandbox.url, journal=sys.argv[1], **QUICK)
        async with aiogandi.Gandi("AA1234-GANDI", "mypassword", **settings) as gandi:
            async with gandi.once("web"):
                await (await gandi.vm_create("web", "s3cret-pw", 111, 1, 1))
            print(len(await gandi.vm_list()))

asyncio.run(main())
"""

A_COMMAND = """
from aiogandi.cli import main
sys.exit(main())
"""


def python(code, *arguments, **settings):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", FORBIDDEN + code, *arguments],
        check=False, capture_output=True, text=True, timeout=120, **settings,
    )  # fmt: skip


def test_a_client_works_without_the_extra(tmp_path):
    done = python(A_CLIENT, str(tmp_path / "runs.db"))
    assert (done.stderr, done.stdout) == ("", "1\n")


@pytest.mark.parametrize(
    "line", [("--help",), ("hub", "--help"), ("demo", "--vms", "2", "--speed", "600")]
)
def test_the_command_works_without_the_extra(line):
    done = python(A_COMMAND, *line)
    assert "aiogandi[hub]" not in done.stdout + done.stderr
    assert done.returncode == 0


def test_a_hub_without_the_extra_says_what_to_install():
    done = python("from aiogandi import RedisHub; RedisHub('redis://localhost')")
    assert done.stderr.endswith(
        "InvalidArgument: a hub needs redis and cryptography: pip install 'aiogandi[hub]'\n"
    )


def test_what_a_hub_needs_is_not_imported_before_it_is_used():
    code = f"""
import sys
import aiogandi
aiogandi.Gandi("me", "mypassword")
aiogandi.RedisHub("redis://localhost")
print([name for name in {EXTRA!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
