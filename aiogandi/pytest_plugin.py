"""Fixtures for the tests of services that use aiogandi, installed with it.

``gandi_sandbox``
    A `Sandbox` for one test, of any kind: it serves in a thread of its own, so the test and what it
    tests may run on any event loop, or on none, and may block. Its clock runs `SPEED` times as fast as
    the service's: creating a server, which takes a minute there, takes less than a tenth of a second.
    What the test gives to it (``alter``, ``interfere``) is called in its thread.
``gandi_sandbox_url``
    The URL of this sandbox, for a service that makes its own client, for another process, or for any
    other XML-RPC library. The login is ``AA1234-GANDI``, the password ``mypassword``.
``gandi``
    A client of this sandbox, for tests that run on asyncio, by pytest-asyncio (1.1 or later, in either
    of its modes) or by anyio. It is in the loop of the test, whatever ``loop_scope`` that has; a fixture
    that uses it must run there too, by the same ``loop_scope`` or the setting
    ``asyncio_default_fixture_loop_scope``. Its settings are `aiogandi.sandbox.QUICK`: it looks after its operations
    100 times in a second, and sends a call again without a pause, so trouble that a test orders costs it
    no seconds. A service that makes its own client is as quick with ``Gandi(…, **QUICK)``.

For another speed or other settings, make your own with ``with Sandbox(…).thread() as sandbox``, or on
the test's own loop with ``async with Sandbox(…) as sandbox, sandbox.client(…) as gandi``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

try:
    import pytest_asyncio
except ImportError:  # anyio may run the tests, or nothing but pytest
    pytest_asyncio = None  # type: ignore[assignment]

# A test run that uses no fixture loads neither the client nor the sandbox.
if TYPE_CHECKING:
    from aiogandi.client import Gandi
    from aiogandi.sandbox import Sandbox

SPEED = 1000.0
"""Service seconds that pass on the sandbox's clock in one real second."""


@pytest.fixture
def gandi_sandbox() -> Iterator[Sandbox]:
    """A sandbox of aiogandi for this test, a thousand times as fast as the service, in a thread."""
    from aiogandi.sandbox import Sandbox  # noqa: PLC0415

    with Sandbox(speed=SPEED).thread() as sandbox:
        yield sandbox


@pytest.fixture
def gandi_sandbox_url(gandi_sandbox: Sandbox) -> str:
    """The URL of `gandi_sandbox`, for tests of any kind: they need no asyncio."""
    return gandi_sandbox.url


@pytest.fixture
def gandi(request: pytest.FixtureRequest) -> Any:
    """A client of aiogandi on `gandi_sandbox`, with its credentials, for a test that runs on asyncio."""
    # A client belongs to one event loop. So it is opened and closed by the plugin that runs the test.
    if pytest_asyncio is not None and pytest_asyncio.is_async_test(request.node):
        return request.getfixturevalue(f"_gandi_in_{_loop_scope(request)}_loop")
    if "anyio_backend" not in request.fixturenames:
        _fail(
            "needs a test that runs on asyncio: an async one, marked with @pytest.mark.asyncio (pip"
            " install pytest-asyncio, whose setting asyncio_mode = auto saves the mark) or"
            " @pytest.mark.anyio. Any other test can have gandi_sandbox and gandi_sandbox_url"
        )
    backend = request.getfixturevalue("anyio_backend_name")
    if backend != "asyncio":
        _fail(
            f"needs asyncio, and this test runs on {backend}. Where a fixture anyio_backend returns"
            " 'asyncio', anyio runs its tests on nothing else"
        )
    return request.getfixturevalue("_gandi_of_anyio")


def _fail(why: str) -> NoReturn:
    pytest.fail(f"aiogandi's fixture 'gandi' {why}", pytrace=False)


@pytest.fixture
async def _gandi_of_anyio(gandi_sandbox: Sandbox) -> AsyncIterator[Gandi]:
    async with _quick_client(gandi_sandbox) as client:
        yield client


if pytest_asyncio is not None:

    def _gandi_in_loop_of(
        scope: Literal["function", "class", "module", "package", "session"],
    ) -> Any:
        # Not async itself. Where a test has both marks, or anyio's and the mode auto, pytest-asyncio runs
        # the test, but anyio would take an async fixture to a loop of its own.
        @pytest_asyncio.fixture(loop_scope=scope)  # type: ignore[type-var]  # it is typed for async ones
        def gandi_in_loop(gandi_sandbox: Sandbox) -> Iterator[Gandi]:
            run = asyncio.get_event_loop().run_until_complete
            client = _quick_client(gandi_sandbox)
            run(client.__aenter__())
            yield client
            run(client.close())

        return gandi_in_loop

    # One for each loop that a test can run in, because a fixture cannot choose it when it is asked for.
    _gandi_in_function_loop = _gandi_in_loop_of("function")
    _gandi_in_class_loop = _gandi_in_loop_of("class")
    _gandi_in_module_loop = _gandi_in_loop_of("module")
    _gandi_in_package_loop = _gandi_in_loop_of("package")
    _gandi_in_session_loop = _gandi_in_loop_of("session")


def _loop_scope(request: pytest.FixtureRequest) -> str:
    """The scope of the loop that pytest-asyncio runs the test in."""
    default = str(request.config.getini("asyncio_default_test_loop_scope"))
    mark = request.node.get_closest_marker("asyncio")
    if mark is None:
        return default
    return str(mark.kwargs.get("loop_scope") or mark.kwargs.get("scope") or default)


def _quick_client(sandbox: Sandbox) -> Gandi:
    from aiogandi.sandbox import QUICK  # noqa: PLC0415

    return sandbox.client(**QUICK)
