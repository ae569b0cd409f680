"""A sandbox whose operations end soon, and a client that looks often."""

import pytest

from aiogandi.sandbox import Sandbox
from tests.operations.orders import QUICK


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=1000) as sandbox:
        yield sandbox


@pytest.fixture
async def gandi(sandbox):
    async with sandbox.client(polling=QUICK) as gandi:
        yield gandi
