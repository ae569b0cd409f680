"""A sandbox, and a caller that knows nothing of our client: aiohttp and Python's own XML-RPC."""

import asyncio
import xmlrpc.client
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from aiogandi.sandbox import Sandbox


class Caller:
    """Calls the sandbox; the session is added as the first argument."""

    def __init__(self, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.http = http
        self.sandbox = sandbox
        self.session = ""

    async def __call__(self, method: str, *args: Any) -> Any:
        """The result, or `xmlrpc.client.Fault`."""
        if not self.session:
            self.session = await self.bare("login", "AA1234-GANDI", "mypassword")
        return await self.bare(method, self.session, *args)

    async def bare(self, method: str, *args: Any) -> Any:
        """The same without the session."""
        status, _, text = await self.post(xmlrpc.client.dumps(args, method))
        assert status == 200, text
        return xmlrpc.client.loads(text, use_builtin_types=True)[0][0]

    async def post(self, body: Any, **options: Any) -> tuple[int, Any, str]:
        """Status, headers and text of the answer to any body."""
        url = options.pop("url", self.sandbox.url)
        async with self.http.post(url, data=body, **options) as reply:
            return reply.status, reply.headers, await reply.text()

    async def fault_of(self, method: str, *args: Any) -> xmlrpc.client.Fault:
        """The fault that this call must end in."""
        with pytest.raises(xmlrpc.client.Fault) as caught:
            await self(method, *args)
        return caught.value

    async def running_vm(self, hostname: str = "web", shares: int = 1) -> int:
        """A VM whose creation is over."""
        vm_id = await self("vm_create", hostname, "my_password", 111, shares, 1, {})
        self.sandbox.advance(60)
        return vm_id

    async def halted_vm(self) -> int:
        """A VM that was stopped."""
        vm_id = await self.running_vm()
        await self("vm_stop", vm_id)
        self.sandbox.advance(20)
        return vm_id

    async def created_disk(self) -> int:
        """A disk whose creation is over."""
        disk_id = await self("disk_create", {"size": 2048, "name": "disk2GB", "fstype": "ext3"})
        self.sandbox.advance(30)
        return disk_id

    async def state_of(self, operation_id: int) -> str:
        """The operation's state."""
        return (await self("operation_details", operation_id))["state"]

    async def vm_state(self, vm_id: int) -> str:
        """The VM's state."""
        return (await self("vm_info", vm_id))["state"]


@pytest.fixture
def until():
    """Lets the loop turn until something holds, for a second at most."""

    async def wait(holds: Any) -> None:
        async with asyncio.timeout(1):
            while not holds():
                await asyncio.sleep(0.001)

    return wait


@pytest.fixture
def serving():
    """Opens a sandbox with settings of the test's own: ``async with serving(…) as api``."""

    @asynccontextmanager
    async def open_sandbox(**settings: Any):
        async with (
            Sandbox(**settings) as sandbox,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
        ):
            yield Caller(http, sandbox)

    return open_sandbox


@pytest.fixture
async def api(serving):
    """A caller of a sandbox with the default settings."""
    async with serving() as caller:
        yield caller


@pytest.fixture
def sandbox(api):
    """The sandbox that `api` calls."""
    return api.sandbox
