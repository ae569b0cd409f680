"""Fixtures for the tests of services that use aiogandi, installed with it.

``gandi_sandbox`` is a `Sandbox` that serves for one test, and ``gandi`` a client on it. They need
an asyncio test plugin (pytest-asyncio, in either mode).
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from aiogandi.client import Gandi
    from aiogandi.sandbox import Sandbox
