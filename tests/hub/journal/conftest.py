"""What tests of the hub's journal share with those of the file's: a desk whose journals are in a store."""

import logging

import pytest

from aiogandi.hub.redis_hub import RedisHub
from aiogandi.sandbox import Sandbox
from tests.hub.journal.desk import HubDesk
from tests.hub.stores import StoreServer


def pytest_collection_modifyitems(config, items):
    """Of the file's tests, those that ask for its path are about the file."""
    about = [item for item in items if item.path.name == "test_contract.py"]
    of_the_file = {item for item in about if "path" in item.fixturenames}
    if of_the_file:
        config.hook.pytest_deselected(items=list(of_the_file))
        items[:] = [item for item in items if item not in of_the_file]


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=3000) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def durable_store():
    """The URL of a store that is set as a journal needs it, and that no test stops."""
    server = StoreServer(appendonly="yes", **{"maxmemory-policy": "noeviction"}).start()
    yield server.url
    server.close()


@pytest.fixture
def make_hub(durable_store, prefix):
    """Makes hubs on a store that is set as a journal needs it."""
    return lambda **settings: RedisHub(durable_store, **{"prefix": prefix, **settings})


@pytest.fixture
def desk(sandbox, make_hub):
    return HubDesk(sandbox, make_hub)


@pytest.fixture
def told(caplog):
    """The records of the test, from WARNING on."""
    caplog.set_level(logging.WARNING, "aiogandi")
    return caplog
