import asyncio
from pathlib import Path

import pytest

from aiogandi.cancellation import cancel
from aiogandi.fleet.engine.engine import Engine
from aiogandi.redaction import Secret
from tests.fleet.fleets import fleet, make_fleet, sandbox, settings  # noqa: F401 - fixtures
from tests.fleet.workers import workplace  # noqa: F401 - fixture
from tests.hub.conftest import make_hub, prefix, shared_store, store_server  # noqa: F401 - fixtures
from tests.processes import programs

LEASE = 0.5
DEADLINE = 0.5


@pytest.fixture
async def make_engine(shared_store, prefix):  # noqa: F811
    """Makes engines on one store and prefix, each as that of another process; closes them afterwards."""
    engines = []

    def make(url=shared_store, lease=LEASE):
        engines.append(Engine(Secret(url), "the hub", prefix, lease, DEADLINE))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.close()


@pytest.fixture
def engine(make_engine):
    return make_engine()


@pytest.fixture
async def serve(engine):
    """Has lanes serve until the end of the test: ``lane, serving = serve(attend, size=8)``."""
    served = []

    def begin(attend, size=8, of=engine, account="acme"):
        lane = of.lane(account, size, attend)
        served.append(asyncio.create_task(lane.serve()))
        return lane, served[-1]

    yield begin
    await cancel(served)


@pytest.fixture
async def attender(shared_store, prefix):  # noqa: F811
    """Starts processes that attend to the items of the account ``acme`` and do not end them."""
    async with programs(Path(__file__).with_name("attender.py")) as start:
        yield lambda: start(shared_store, prefix, "acme", LEASE)
