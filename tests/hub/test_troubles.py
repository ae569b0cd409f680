"""The store gets into trouble: what reads and what waits goes on, what changes waits, and all comes back."""

import pytest

from tests.hub.troubles import TROUBLES, play

NAMES = [trouble.name.replace(" ", "-") for trouble in TROUBLES]


@pytest.mark.parametrize("trouble", TROUBLES, ids=NAMES)
async def test_what_changes_waits_and_then_fails_unsent(trouble):
    seen = await play(trouble)

    assert "is away" in str(seen.unsent)
    assert seen.sent == 0
    assert seen.complaints == []
    assert (seen.count("is away"), seen.count("is back")) == (2, 2)
    assert seen.count("is another one") == (2 if trouble.empties else 0)


@pytest.mark.parametrize("trouble", TROUBLES, ids=NAMES)
async def test_what_changes_goes_on_where_that_was_asked_for(trouble):
    seen = await play(trouble, alone="send")

    assert seen.unsent is None
    assert seen.sent == 2
    assert seen.complaints == []
    assert (seen.count("is away"), seen.count("is back")) == (2, 2)
