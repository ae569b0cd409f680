"""What the tests of several rooms share: the package's own fixtures, raw servers, and virtual time."""

import sys
from contextlib import AsyncExitStack
from importlib.metadata import entry_points
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from hypothesis import HealthCheck, settings

from tests import loops, servers
from tests.virtual_time import run_in_virtual_time

# How long an example takes is the machine's affair. A few of each in a run are others in the next; by hand
# `--hypothesis-profile=thorough` has many.
settings.register_profile(
    "anywhere", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("anywhere"), max_examples=1000)
settings.load_profile("anywhere")

# Where the package is installed its fixtures come by themselves; a source tree has to ask for them.
if not any(point.value == "aiogandi.pytest_plugin" for point in entry_points(group="pytest11")):
    pytest_plugins = ["aiogandi.pytest_plugin"]


def pytest_addoption(parser):
    parser.addoption(
        "--loop", choices=loops.KINDS, default="asyncio", help="the event loop that tests run on"
    )


def pytest_configure(config):
    make = loops.choose(kind := config.getoption("--loop"))
    if make is not None:
        config.pluginmanager.register(_Loops({kind: make}))


class _Loops:
    """Has pytest-asyncio make its loops by *factories*."""

    def __init__(self, factories):
        self.pytest_asyncio_loop_factories = lambda config, item: factories


class Response(aiohttp.ClientResponse):
    """aioresponses 0.7.9 does not know the `stream_writer` that aiohttp 3.14's responses want: it
    is supplied here, until a later aioresponses does.
    """

    def __init__(self, *args, **settings):
        super().__init__(*args, stream_writer=Mock(output_size=0), **settings)


@pytest.fixture
def posted():
    """Answers every POST to a URL without a network: ``posted(url, status=…, body=…)``."""
    with aioresponses() as answers:

        def post(url, **answer):
            answers.post(url, response_class=Response, repeat=True, **answer)
            return answers

        yield post


@pytest.fixture
async def enter():
    """Enters an asynchronous context manager for the rest of the test: ``await enter(manager)``."""
    async with AsyncExitStack() as stack:
        yield stack.enter_async_context


@pytest.fixture
def stream_server(enter):
    """Opens servers of a test's own: ``url = await stream_server(handle)``."""
    return lambda handle, **settings: enter(servers.streams(handle, **settings))


@pytest.fixture
def raw_server(enter):
    """Opens servers that answer with raw bytes: ``url, requests = await raw_server(answer)``."""
    return lambda answer, **settings: enter(servers.raw(answer, **settings))


@pytest.fixture
def answering(enter):
    """Opens servers that answer each method as told: ``url, calls = await answering(vm_list=[5])``."""
    return lambda **answers: enter(servers.answering(**answers))


@pytest.fixture
def untraced():
    """For tests that go the same ways again and again, or measure what that costs. Coverage, which
    looks at each line, would make them take three times as long, for no line that others do not reach.
    """
    trace = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(trace)


@pytest.fixture
def in_virtual_time():
    """Runs a coroutine on a loop whose timers cost no time: an hour's sleep ends at once."""
    return run_in_virtual_time
