"""Workers of a fleet are killed at random moments, and its store once, and each item is done once."""

import pytest

from tests.fleet.storm import storm


@pytest.mark.usefixtures("untraced")
async def test_each_item_is_done_once_however_often_workers_and_their_store_are_killed():
    result = await storm(seed=3, lives=12, workers=2, kills=3, pause=(6, 12), limit=6)

    assert list(result.complaints) == []
    assert result.kills == 3
    assert result.hit.total() > 0
    assert result.restarts == 1
    assert result.surplus == 0
