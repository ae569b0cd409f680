"""The demo's fleet as its workers find it: ``aiogandi worker aiogandi.cli.demos.workers_fleet:fleet``."""

from __future__ import annotations

import os

from aiogandi.cli.demos.provision import Setting, fleet_of
from aiogandi.fleet.fleet import Fleet


def __getattr__(name: str) -> Fleet:
    """Make the fleet when it is asked for: where no demo has set the environment, this module can be imported."""
    if name != "fleet":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    fleet, _ = fleet_of(Setting.read(os.environ))
    return fleet
