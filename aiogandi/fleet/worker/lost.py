"""What the engine may have lost: who submitted it was killed on the way, or the store has lost what was written last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from aiogandi.errors import HubError
from aiogandi.fleet.books.books import Books
from aiogandi.fleet.items import by_account

if TYPE_CHECKING:
    from aiogandi.fleet.engine.engine import Engine

log = logging.getLogger("aiogandi.fleet")

LOOKS: Final = 4
"""How often in the time between two rounds a worker asks whether the next one is its own."""


async def tend(books: Books, engine: Engine, seconds: float) -> NoReturn:
    """Every *seconds*, have the items delivered anew that were submitted longer ago, have not ended, and are not known to
    the engine. One worker does it for all of them.
    """
    while True:
        try:
            if await books.may_tend(seconds):
                await _deliver_what_is_lost(books, engine, seconds)
        except HubError as error:
            log.debug("whether items are lost is not known: %s", error)
        except Exception:
            log.exception("whether items are lost is not known")
        await asyncio.sleep(seconds / LOOKS)


async def _deliver_what_is_lost(books: Books, engine: Engine, seconds: float) -> None:
    for run in await books.all_progress():
        if not run.is_over:
            async for ids in books.waiting(run.run, seconds):
                await _deliver_where_lost(engine, run.run, ids)


async def _deliver_where_lost(engine: Engine, run: str, ids: Sequence[str]) -> None:
    for account, items in by_account(run, ids).items():
        known = await engine.is_known(account, items)
        lost = [item for item, is_there in zip(items, known, strict=True) if not is_there]
        if lost:
            log.info("run %s: %d items are delivered anew", run, len(lost))
            await engine.publish(account, lost)
