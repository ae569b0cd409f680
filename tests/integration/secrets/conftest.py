"""The output that is searched for secrets, and clients of a service that repeats what it was sent."""

import asyncio
import logging
from itertools import islice
from traceback import walk_stack

import pytest

from aiogandi import Gandi, Retry, codec
from tests.integration.secrets.leaks import (
    LOGIN_PASSWORD,
    SECOND_SESSION,
    SESSION,
    Output,
    Recorder,
)
from tests.wire import http_reply


@pytest.fixture
def output(monkeypatch):
    """Records everything that is logged anywhere, at DEBUG, with asyncio's debug mode on.

    Of the lines of code that led to each task, future and callback, asyncio keeps one here, not all:
    they hold no values, and to look them up would take most of these tests' time.
    """
    monkeypatch.setattr("traceback.walk_stack", lambda frame: islice(walk_stack(frame), 1))
    output = Output()
    recorder = Recorder(output)
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in (None, "asyncio", "aiogandi")}
    root.addHandler(recorder)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield output
    root.removeHandler(recorder)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(autouse=True)
async def _debug():
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    yield
    loop.set_debug(False)


@pytest.fixture
async def client(raw_server, output):
    """Makes clients of a service that logs everybody in, and answers all else as it is told:
    ``gandi = await client(answer)``, where *answer* makes the reply's bytes of the request's body.

    With *login_too* it answers a login as it is told, with *lists* it lists no operation.
    """
    clients = []

    async def make(answer, *, login_too=False, lists=False, **settings):
        sessions = iter([SESSION, SECOND_SESSION] * 1000)

        def respond(body):
            method, _ = codec.decode_call(body)
            if method == "login" and not login_too:
                return http_reply(next(sessions))
            if method == "operation_list" and lists:
                return http_reply([])
            return answer(body)

        url, _ = await raw_server(respond)
        quick = {
            "timeout": 0.1,
            "rate_limit": None,
            "retry": Retry(2, within=0.1, settle=0.01, backoff=0),
            "on_event": output.hear,
        }
        clients.append(Gandi("AA1234-GANDI", LOGIN_PASSWORD, url=url, **quick | settings))
        return clients[-1]

    yield make
    for made in clients:
        output.add_object(made)
        await made.close()
