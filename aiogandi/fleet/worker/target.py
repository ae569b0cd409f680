"""The fleet that a command line names, as ``module:fleet``: every process of a worker finds it in the same way."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from aiogandi.errors import InvalidArgument
from aiogandi.fleet.fleet import Fleet


class ModuleBroken(Exception):
    """A module could not be imported. The text is one line; *told* are those of the module's own traceback."""

    def __init__(self, text: str, told: str) -> None:
        super().__init__(text)
        self.told = told


def fleet_of(target: str) -> Fleet:
    """Import the module that *target* names, also from the current folder, and return its fleet. `InvalidArgument`
    where there is no such module or fleet, or the fleet has no action; `ModuleBroken` where importing fails.
    """
    module, _, path = target.partition(":")
    names = [*module.split("."), *path.split(".")]
    if not all(name.isidentifier() for name in names):
        raise InvalidArgument(f"{target!r}: name a module and its fleet, such as work:fleet")
    found: Any = _imported(module)
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise InvalidArgument(f"module {module} has no {path}") from None
    if not isinstance(found, Fleet):
        raise InvalidArgument(f"{target} is a {type(found).__name__}, and no Fleet")
    if not found.actions:
        raise InvalidArgument(f"{target} has no action: put @{path}.action above one")
    return found


def _imported(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # a console script has its own folder there
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise InvalidArgument(
                f"there is no module {name} (looked for in {here}, too)"
            ) from None
        broken = _broken(name, error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the user's code
        broken = _broken(name, error)
    raise broken


def _broken(name: str, error: BaseException) -> ModuleBroken:
    frames = error.__traceback__
    while frames is not None and _is_on_the_way(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    told = "".join(traceback.format_exception(type(error), error, frames))
    last = traceback.format_exception_only(error)[-1].strip()
    return ModuleBroken(f"module {name} cannot be imported: {last}", told)


def _is_on_the_way(file: str) -> bool:
    """Whether a frame is of those that import a module."""
    return file in (__file__, importlib.__file__) or file.startswith("<frozen importlib")
