"""Processes that share a store are killed at random moments, and each thing happens once."""

import pytest

from tests.hub.lives import storm


@pytest.mark.usefixtures("untraced")
async def test_each_life_is_lived_once_however_often_processes_are_killed():
    result = await storm(seed=3, lives=16, workers=2, kills=3, pause=(8, 20), limit=6)

    assert list(result.complaints) == []
    assert result.kills == 3
    assert result.hit.total() > 0
    assert result.surplus == 0
