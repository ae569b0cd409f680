"""A sandbox, and a client on it whose events are kept."""

import pytest

from aiogandi.sandbox import Sandbox
from tests.instrumentation.quick import QUICK


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=1000) as sandbox:
        yield sandbox


@pytest.fixture
def events():
    return []


@pytest.fixture
async def gandi(sandbox, events):
    async with sandbox.client(on_event=events.append, **QUICK) as gandi:
        yield gandi
