"""What tests of journals share."""

import logging

import pytest

from aiogandi.sandbox import Sandbox
from tests.journals.desk import Desk


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=3000) as sandbox:
        yield sandbox


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.db"


@pytest.fixture
def desk(sandbox, path):
    return Desk(sandbox, path)


@pytest.fixture
def told(caplog):
    """The records of the test, from WARNING on."""
    caplog.set_level(logging.WARNING, "aiogandi")
    return caplog
