"""The demo's fleet as its workers import it: ``aiogandi worker aiogandi.cli.demos.workers_fleet:fleet``."""

import os

from aiogandi.cli.demos.provision import Setting, fleet_of

fleet, _ = fleet_of(Setting.read(os.environ))
