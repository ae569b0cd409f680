"""One object of each public class, made of what its constructor takes: so no class is forgotten."""

import inspect
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import aiogandi
from aiogandi import (
    Event,
    Fault,
    GandiError,
    NotFound,
    OperationState,
    TransportError,
    VMOperation,
    instrumentation,
    sandbox,
)
from aiogandi.models.model import Model
from aiogandi.pickling import OperationLike
from aiogandi.redaction import conceal
from aiogandi.sandbox import trouble

PASSWORD = "hunter22-s3cret"
MOMENT = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)

LIVING = {"Fleet", "FleetRun", "Gandi", "Journal", "RedisHub", "Run", "Sandbox"}
LIVING |= {"Operation", "VMOperation", "DiskOperation"}
"""What has a life, and is no value."""
BY_HAND = {"Pending", "Recovered"}
"""What no caller can make."""

OF_A_TYPE = {
    bool: False,  # no argument has it as its default
    int: 5,
    float: 2.5,
    str: "web-01",
    datetime: MOMENT,
    OperationState: OperationState("WAIT"),
    BaseException: TransportError("lost", 503, sent=False, method="vm_list"),
    Exception: TransportError("lost", 503, sent=False, method="vm_list"),
    Fault: NotFound(530040, "not there [vm_id: 5]", "vm_info"),
    Any: "anything",
}

OF_A_KIND = {
    Literal: lambda name, first, *_: first,
    tuple: lambda name, inner, *_: (sample(name, inner),),
    Iterable: lambda name, inner: (sample(name, inner),),
    Mapping: lambda *_: conceal({"size": 5, "root_password": PASSWORD}),
    Callable: lambda *_: len,
}

RAW = {
    "color": "blue",
    "root_password": PASSWORD,
    "key": "ssh-rsa " + 5000 * "A",
    "log": [{"last_error": f"DataError: refused [password: {PASSWORD}]"}],
}


def public_classes():
    """The classes that are exported, and all exceptions, models and events wherever they are."""
    modules = (aiogandi, instrumentation, sandbox, trouble)
    exported = [getattr(module, name) for module in modules for name in module.__all__]
    kinds = {thing for thing in exported if inspect.isclass(thing)}
    for base in (GandiError, Model, Event):
        kinds |= subclasses(base)
    return kinds


def subclasses(base):
    """The classes of the package that are derived from *base*, without the models' own bases."""
    for module in pkgutil.walk_packages(aiogandi.__path__, "aiogandi."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    found, to_see = set(), [base]
    while to_see:
        to_see += (kinds := to_see.pop().__subclasses__())
        found |= {kind for kind in kinds if kind.__module__.startswith("aiogandi.")}
    # A dataclass with slots is made of another class, which may still be about.
    found = {kind for kind in found if getattr(sys.modules[kind.__module__], kind.__name__) is kind}
    return {kind for kind in found if base is not Model or "__dataclass_fields__" in vars(kind)}


def values():
    """One object of each public class that is a value, by the name of its class."""
    kinds = {kind.__name__: kind for kind in public_classes()}
    return {name: made(kinds[name]) for name in sorted(kinds.keys() - LIVING - BY_HAND)}


def exceptions():
    """One exception of each public class."""
    return {name: value for name, value in values().items() if isinstance(value, Exception)}


def made(kind):
    """An object of a class with something for each argument, defaults or not."""
    if issubclass(kind, OperationState):
        return OF_A_TYPE[OperationState]
    if not inspect.isfunction(kind.__init__):  # one of Python's own exceptions'
        return kind("cpu=0: an int, 1 or more")
    takes = inspect.signature(kind).parameters.values()
    hints = get_type_hints(kind.__init__)
    names = [each.name for each in takes if each.name != "redactor"]  # it is no attribute
    return kind(**{name: sample(name, hints.get(name, Any)) for name in names})


def sample(name, hint):
    """A value of a type. One that is not known here is an error: say what it is made of."""
    if name == "raw":
        return RAW
    if hint in OF_A_TYPE:
        return OF_A_TYPE[hint]
    if isinstance(hint, TypeVar):
        return "anything"
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return sample(name, parts[0])
    if origin in OF_A_KIND:
        return OF_A_KIND[origin](name, *parts)
    if hint is OperationLike:
        return an_operation()
    if inspect.isclass(hint) and issubclass(hint, Model):
        return made(hint)
    raise NotImplementedError(f"{name}: {hint}")


def an_operation():
    """An operation whose tracker, like any, can be neither copied nor pickled."""
    operation = VMOperation(threading.Lock(), id=5, type="vm_create", vm_id=7)
    operation.state = OperationState("WAIT")
    return operation
