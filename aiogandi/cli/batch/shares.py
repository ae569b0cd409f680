"""Whether the account has the shares for a change, seen before any server is touched.

The service refuses servers one by one, when the shares have run out; half of them would be created by
then. So what is asked for is compared with what is free first, with one `hosting_account_info`. Where
the service does not tell, or the look meets a fault, the change goes on and the service decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aiogandi.bulk import bulk
from aiogandi.cli.batch.items import Target
from aiogandi.cli.exits import CommandFailed, explain, refuses_login
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.screen import counted
from aiogandi.errors import LOGIN_CALLS, GandiError, TransportError


class Shares(NamedTuple):
    """The account's shares: those that are free, and all of them."""

    free: int
    total: int


async def require_for_creation(connection: Connection, servers: int, each: int) -> None:
    """Raise `CommandFailed` if there are not enough free shares for new *servers* of *each* shares."""
    needed = servers * each
    shares = await _shares(connection) if needed else None
    if shares is None or needed <= shares.free:
        return
    verb = "needs" if servers == 1 else "need"
    wanted = f"{counted(servers, 'server')} of {counted(each, 'share')} {verb} {needed}"
    raise _missing(wanted, needed, shares)


async def require_for_update(each: int, connection: Connection, targets: Sequence[Target]) -> None:
    """Raise `CommandFailed` if there are not enough free shares to give *targets* *each* shares.

    The shares that they have are read only if the free ones would not do for new servers. A server
    that does not tell its shares counts as one that has them already, and one that has more gives the
    surplus back: so what is refused here cannot succeed.
    """
    shares = await _shares(connection) if targets else None
    if shares is None or len(targets) * each <= shares.free:
        return
    needed = 0
    async for outcome in bulk(connection.gandi.vm_info, [target.id for target in targets]):
        if not outcome.ok:
            if refuses_login(outcome.error):
                raise outcome.error
        elif outcome.result.shares is not None:
            needed += each - outcome.result.shares
    if needed > shares.free:
        servers = counted(len(targets), "server")
        verb = "needs" if len(targets) == 1 else "need"
        raise _missing(f"{servers} {verb} {needed} more for {each} each", needed, shares)


async def _shares(connection: Connection) -> Shares | None:
    """Return the account's shares; None where the service does not tell them."""
    try:
        account = await connection.gandi.hosting_account_info()
    except GandiError as error:
        if refuses_login(error) or _is_unreachable(error):
            raise
        connection.screen.problem(f"warning: the free shares are not known: {explain(error)}")
        return None
    if account.shares is None or account.used_shares is None:
        return None
    return Shares(max(0, account.shares - account.used_shares), account.shares)


def _is_unreachable(error: GandiError) -> bool:
    """Whether the creations could not reach the service either, and would take as long to say so."""
    return isinstance(error, TransportError) and (not error.sent or error.method in LOGIN_CALLS)


def _missing(wanted: str, needed: int, shares: Shares) -> CommandFailed:
    missing = needed - shares.free
    are = "is" if missing == 1 else "are"
    return CommandFailed(
        f"{wanted}; {shares.free} of {shares.total} are free: {missing} {are} missing"
        f" (to get them: aiogandi product add shares {missing} --duration 1m)"
    )
