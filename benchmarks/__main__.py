"""``python -m benchmarks``: run the scripts, print what they found."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.report import Report

SCRIPTS: Final = (
    "throughput",
    "codec",
    "tracking",
    "bulk",
    "session",
    "redaction",
    "journal",
    "hub",
    "fleet",
)
PACKAGES: Final = ("aiohttp", "aiohttp-xmlrpc", "aioxmlrpc", "lxml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what *arguments* ask for; 1 if ``--check`` was asked for and a figure is not as wanted."""
    options = _options(arguments)
    reports: list[Report] = []
    for name in options.scripts or SCRIPTS:
        started = time.monotonic()
        script = importlib.import_module(f"benchmarks.{name}")
        report: Report = script.run(quick=options.quick, growth=options.plot is not None)
        report.seconds = time.monotonic() - started
        reports.append(report)
        if not options.json:
            print(report.as_text(), flush=True)
    if options.json:
        print(json.dumps({"machine": _machine(), "scripts": [r.as_json() for r in reports]}))
    else:
        print(_machine())
    if options.plot is not None:
        # Here and not above: only --plot needs matplotlib, which takes a second to load.
        from benchmarks import plot  # noqa: PLC0415

        plot.draw([curve for report in reports for curve in report.curves], options.plot)
    missed = [figure for report in reports for figure in report.figures if not figure.met]
    return 1 if options.check and missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("scripts", nargs="*", metavar="script", help=f"of {', '.join(SCRIPTS)}")
    parser.add_argument("--quick", action="store_true", help="a smoke run: figures mean little")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw how costs grow (takes minutes more)"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure is missed")
    options = parser.parse_args(arguments)
    for name in options.scripts:
        if name not in SCRIPTS:
            parser.error(f"no script {name!r}; there are {', '.join(SCRIPTS)}")
    return options


def _machine() -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{time.strftime('%Y-%m-%d')}, {python}, {platform.machine()}, {versions}"


if __name__ == "__main__":
    sys.exit(main())
