"""Transports, and what one call over them brings."""

import pytest

from aiogandi import TransportError
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.redaction import Redactor, Secret
from aiogandi.transport.exchange import Transport
from aiogandi.transport.request import Request

PASSWORD = "p&ss <w0rd> 'x' \"y\" ]"


@pytest.fixture
async def transport_to():
    """Makes transports, and closes them."""
    transports = []

    def make(url, **settings):
        defaults = {"timeout": 60, "events": Emitter()}  # a loaded machine may take long
        transports.append(Transport(url, **(defaults | settings)))
        return transports[-1]

    yield make
    for transport in transports:
        await transport.close()


@pytest.fixture
def ask(raw_server, transport_to):
    """Sends one call to a server that answers with raw bytes."""

    async def send(answer, method="vm_info", **settings):
        url, _ = await raw_server(answer)
        transport = transport_to(url, redactor=Redactor([Secret(PASSWORD)]), **settings)
        return await transport.exchange(Request.of(method, {"vm_id": 5}))

    return send


@pytest.fixture
def failure_of(ask):
    """The `TransportError` of one call."""

    async def send(answer, **settings):
        with pytest.raises(TransportError) as caught:
            await ask(answer, **settings)
        return caught.value

    return send


@pytest.fixture
def failure_at():
    """The `TransportError` of one call over a transport."""

    async def send(transport):
        with pytest.raises(TransportError) as caught:
            await transport.exchange(Request.of("vm_info", {}))
        return caught.value

    return send
