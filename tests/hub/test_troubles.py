"""The store gets into trouble: what reads and what waits goes on, what changes waits, and all comes back."""

from collections import Counter

import pytest

from tests.hub import bad_stores
from tests.hub.troubles import TROUBLES, play

NAMES = [trouble.name.replace(" ", "-") for trouble in TROUBLES]

KNOWN = ("is away: ", "go on alone", "is another one", "is back")


def warnings(seen):
    """How often each of those that are known was told; any other one as it is."""
    return Counter(next((words for words in KNOWN if words in text), text) for text in seen.told)


def emptied(trouble):
    return {"is another one": 2} if trouble.empties else {}


@pytest.mark.parametrize("trouble", TROUBLES, ids=NAMES)
async def test_what_changes_waits_and_then_fails_unsent(trouble):
    seen = await play(trouble)

    assert "is away" in str(seen.unsent)
    assert seen.sent == 0
    assert ("was emptied" in str(seen.stopped)) == trouble.empties
    assert seen.complaints == []
    assert warnings(seen) == {"is away: ": 2, "is back": 2, **emptied(trouble)}


@pytest.mark.parametrize("trouble", TROUBLES[1:5], ids=NAMES[1:5])  # the others are told as above
async def test_what_changes_goes_on_where_that_was_asked_for(trouble):
    seen = await play(trouble, alone="send")

    assert seen.unsent is None
    assert seen.sent == 2
    assert seen.complaints == []
    assert warnings(seen) == {"is away: ": 2, "go on alone": 2, "is back": 2, **emptied(trouble)}


async def test_a_password_that_was_mistyped_is_not_told_and_may_become_the_right_one():
    seen = await bad_stores.mistype()

    assert "is away" in str(seen.unsent)
    assert seen.sent == 0
    assert seen.complaints == []
    assert warnings(seen) == {"is away: ": 1, "is back": 1}
    assert bad_stores.MISTYPED not in " ".join([*seen.told, repr(seen.unsent)])


async def test_a_store_that_forgets_is_told_of_before_it_does():
    seen = await bad_stores.evict()

    assert "maxmemory-policy is allkeys-lru, and must be noeviction" in seen.told[0]
    assert seen.complaints == []
