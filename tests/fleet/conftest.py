import pytest

from aiogandi.fleet.engine import Engine
from aiogandi.redaction import Secret
from tests.hub.conftest import prefix, shared_store, store_server  # noqa: F401 - fixtures

LEASE = 0.5
DEADLINE = 0.4


@pytest.fixture
async def make_engine(shared_store, prefix, request):  # noqa: F811
    """Makes engines on one store and prefix, each as that of another process; closes them afterwards."""
    engines = []

    def make(url=shared_store, lease=LEASE, deadline=DEADLINE):
        engines.append(Engine(Secret(url), "the hub", prefix, lease, deadline))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.close()


@pytest.fixture
async def engine(make_engine):
    return make_engine()
