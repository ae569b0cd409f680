"""A sandbox to call: directly, or over HTTP by a caller that knows nothing of our client."""

import xmlrpc.client
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from aiogandi import codec
from aiogandi.sandbox import Sandbox, ServiceFault

LOGIN = ("AA1234-GANDI", "mypassword")


class Caller:
    """Calls a sandbox that need not serve; the session is added as the first argument."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = ""

    def __call__(self, method: str, *args: Any) -> Any:
        """The result, which the wire can carry, or `ServiceFault`."""
        if not self.session:
            self.session = self.bare("login", *LOGIN)
        return self.bare(method, self.session, *args)

    def bare(self, method: str, *args: Any) -> Any:
        """The same without the session."""
        result = self.sandbox.execute(method, *args)
        codec.encode_response(result)
        return result

    def fault_of(self, method: str, *args: Any) -> ServiceFault:
        """The fault that this call must end in."""
        with pytest.raises(ServiceFault) as caught:
            self(method, *args)
        codec.encode_fault(caught.value.code, caught.value.message)
        return caught.value

    def running_vm(self, hostname: str = "web", shares: int = 1) -> int:
        """A VM whose creation is over."""
        vm_id = self("vm_create", hostname, "my_password", 111, shares, 1, {})
        self.sandbox.advance(60)
        return vm_id

    def halted_vm(self) -> int:
        """A VM that was stopped."""
        vm_id = self.running_vm()
        self("vm_stop", vm_id)
        self.sandbox.advance(20)
        return vm_id

    def created_disk(self) -> int:
        """A disk whose creation is over."""
        disk_id = self("disk_create", {"size": 2048, "name": "disk2GB", "fstype": "ext3"})
        self.sandbox.advance(30)
        return disk_id

    def state_of(self, operation_id: int) -> str:
        """The operation's state."""
        return self("operation_details", operation_id)["state"]

    def vm_state(self, vm_id: int) -> str:
        """The VM's state."""
        return self("vm_info", vm_id)["state"]


@pytest.fixture
def api_of():
    """Makes callers of sandboxes with settings of the test's own: ``api = api_of(shares=5)``. No
    time passes there unless the test says so.
    """
    return lambda **settings: Caller(Sandbox(**({"clock": lambda: 0.0} | settings)))


@pytest.fixture
def api(api_of):
    """A caller of a sandbox with the default settings."""
    return api_of()


@pytest.fixture
def sandbox(api):
    """The sandbox that `api` calls."""
    return api.sandbox


class Wire:
    """Calls a serving sandbox with aiohttp and Python's own XML-RPC."""

    def __init__(self, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.http = http
        self.sandbox = sandbox
        self.session = ""

    async def __call__(self, method: str, *args: Any) -> Any:
        """The result, or `xmlrpc.client.Fault`."""
        if not self.session:
            self.session = await self.bare("login", *LOGIN)
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


@pytest.fixture
def serving():
    """Opens a sandbox with settings of the test's own: ``async with serving(…) as wire``."""

    @asynccontextmanager
    async def open_sandbox(**settings: Any):
        async with (
            Sandbox(**settings) as sandbox,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
        ):
            yield Wire(http, sandbox)

    return open_sandbox


@pytest.fixture
async def wire(serving):
    """A caller, over HTTP, of a sandbox with the default settings."""
    async with serving() as caller:
        yield caller


class Hand:
    """Real seconds that pass only when a test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def hand():
    """A clock that is moved by hand: ``hand.seconds = 60``."""
    return Hand()
