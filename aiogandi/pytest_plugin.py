"""Fixtures for the tests of services that use aiogandi, installed with it.

``gandi_sandbox``
    A `Sandbox` that serves for one test. Its clock runs `SPEED` times as fast as the service's:
    creating a server, which takes a minute there, takes less than a tenth of a second.
``gandi``
    A client of this sandbox, which looks after its operations 100 times in a second, and sends a
    call again without a pause. So trouble that a test orders costs it no seconds.

They need pytest-asyncio, and work in both of its modes without any configuration. For another speed
or other settings, make your own with ``async with Sandbox(…) as sandbox, sandbox.client(…) as gandi``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest

# A test run that uses no fixture loads neither the client nor the sandbox.
if TYPE_CHECKING:
    from aiogandi.client import Gandi
    from aiogandi.sandbox import Sandbox

SPEED = 1000.0
"""Service seconds that pass on the sandbox's clock in one real second."""


def _fixture(function: Callable[..., Any]) -> Any:
    try:
        import pytest_asyncio  # noqa: PLC0415 - it may be missing
    except ImportError:
        return pytest.fixture(name=function.__name__)(_needs_pytest_asyncio)
    return pytest_asyncio.fixture(function)


def _needs_pytest_asyncio(request: pytest.FixtureRequest) -> None:
    pytest.fail(
        f"aiogandi's fixture {request.fixturename!r} needs pytest-asyncio: pip install pytest-asyncio",
        pytrace=False,
    )


@_fixture
async def gandi_sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox of aiogandi for this test, a thousand times as fast as the service."""
    from aiogandi.sandbox import Sandbox  # noqa: PLC0415

    async with Sandbox(speed=SPEED) as sandbox:
        yield sandbox


@_fixture
async def gandi(gandi_sandbox: Sandbox) -> AsyncIterator[Gandi]:
    """A client of aiogandi on `gandi_sandbox`, with its credentials."""
    from aiogandi.settings import Polling, Retry  # noqa: PLC0415

    async with gandi_sandbox.client(
        polling=Polling(interval=0.01, max_interval=0.05), retry=Retry(settle=0.05, backoff=0)
    ) as client:
        yield client
