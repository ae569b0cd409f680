"""Connections with the store, of coredis: streaq's client of it."""

from __future__ import annotations

import ssl
from typing import Any

from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from coredis import ConnectionPool
from coredis.connection import (
    BaseConnection,
    Location,
    TCPConnection,
    TCPLocation,
    UnixDomainSocketConnection,
    UnixDomainSocketLocation,
)

from aiogandi.errors import HubError
from aiogandi.fleet.engine.address import Address
from aiogandi.redaction import Secret


class Connections:
    """Makes connections with the store at *url*. *told* is what errors call it, and to connect may take *deadline*
    seconds.
    """

    def __init__(self, url: Secret, told: str, deadline: float) -> None:
        self._address = Address.of(url)
        self._told = told
        self._deadline = deadline
        self._tls: ssl.SSLContext | None = None

    def pool(self, seconds: float) -> ConnectionPool[Any]:
        """A pool of them, on which the store must answer within so many *seconds*. `HubError` where TLS cannot be
        spoken as the URL wants it.
        """
        to = self._address
        try:
            tls = self._tls = self._tls or to.ssl_context()
        except (OSError, KeyError) as error:
            raise HubError(f"{self._told}: TLS: {error}") from error
        location: Location
        kind: type[TCPConnection | UnixDomainSocketConnection]
        if to.path is None:
            location, kind = TCPLocation(to.host, to.port), _TCPConnection
        else:
            location, kind = UnixDomainSocketLocation(to.path), _SocketConnection
        return ConnectionPool(
            connection_class=kind,
            location=location,
            connect_timeout=self._deadline,
            stream_timeout=seconds,
            username=to.username,
            password=to.password,
            db=to.db,
            ssl_context=tls,
            decode_responses=True,
        )


class _Closing(BaseConnection):
    """A connection that closes its own buffers where it comes to nothing: coredis leaves them open then, which is a
    ResourceWarning for each.
    """

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        try:
            await super().run(task_status=task_status)
        finally:
            for each in vars(self).values():
                if isinstance(each, (MemoryObjectReceiveStream, MemoryObjectSendStream)):
                    each.close()


class _TCPConnection(_Closing, TCPConnection):
    pass


class _SocketConnection(_Closing, UnixDomainSocketConnection):
    pass
