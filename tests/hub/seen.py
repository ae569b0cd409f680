"""What is seen of a store in trouble, by clients with short settings."""

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field

LEASE = 1.0
DEADLINE = 0.5
WITHIN = 0.5
"""Seconds for which the impatient client's calls may wait."""


@dataclass
class Seen:
    """What was seen of a trouble. *unsent* is the error of a changing call that was not to wait for long,
    *sent* how many changing calls were sent meanwhile, and *stopped* the error of work under a key.
    """

    told: list
    unsent: object = None
    sent: int = 0
    stopped: object = None
    logins: int = 0
    complaints: list = field(default_factory=list)

    def count(self, words):
        """How many warnings have these words in them."""
        return sum(words in each for each in self.told)


@contextmanager
def overheard():
    """The warnings of the client, as texts."""
    told = []

    class Ear(logging.Handler):
        def emit(self, record):
            told.append(record.getMessage())

    ear, logger = Ear(logging.WARNING), logging.getLogger("aiogandi")
    logger.addHandler(ear)
    try:
        yield told
    finally:
        logger.removeHandler(ear)


async def create(gandi, hostname):
    """A server, when it is there."""
    operation = await gandi.vm_create(hostname, "s3cret-pw", 111, 1, 1)
    await operation
    return operation
