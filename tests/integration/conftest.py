"""What the client's records tell a test."""

import logging

import pytest


@pytest.fixture
def told(caplog):
    """The records of the test, from INFO on."""
    caplog.set_level(logging.INFO, "aiogandi")
    return caplog
