import secrets

import pytest

from aiogandi.hub.redis_hub import RedisHub
from tests.hub.stores import OF_YOURS, StoreServer


@pytest.fixture(scope="session")
def shared_store():
    """The URL of a store that no test stops."""
    if OF_YOURS is not None:
        yield OF_YOURS
        return
    server = StoreServer().start()
    yield server.url
    server.close()


@pytest.fixture
def prefix():
    """A prefix that no other test has."""
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture
def make_hub(shared_store, prefix):
    """Makes hubs on one store and prefix, each as that of another process: ``make_hub(lease=0.5)``."""
    return lambda **settings: RedisHub(shared_store, **{"prefix": prefix, **settings})


@pytest.fixture
def store_server():
    """Starts stores of the test's own: ``store_server(appendonly="yes")``."""
    servers = []

    def start(**settings):
        servers.append(StoreServer(**settings))
        return servers[-1].start()

    yield start
    for server in servers:
        server.close()
