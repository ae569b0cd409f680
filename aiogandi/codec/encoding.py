"""Writes Python values as XML-RPC.

A value that the wire cannot carry is `InvalidArgument`, which names the value's place.
"""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from aiogandi.checks import as_count
from aiogandi.errors import InvalidArgument
from aiogandi.redaction import Secret

MAX_DEPTH: Final = 64
"""How deep values that are sent may be nested, and those of a reply that is read the plain way (a
limit of ours). The XML parser stops at 256 elements, and one level takes three of them."""


class Params(Secret):
    """Arguments of a call, encoded: any number of ``<param>``, which may hold a password."""

    __slots__ = ()


# XML cannot carry these characters, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Unencodable(Exception):
    """Why a value cannot be sent, with its place collected on the way out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.place: list[str] = []


def encode_call(method: str, args: Sequence[Any]) -> bytes:
    """A methodCall. *args* are values, or many of them at once as `Params`."""
    # This is one expression so that no local variable holds an encoded password, which a traceback
    # would show.
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<methodCall>"
        f"<methodName>{_checked(_escape, method, 'method')}</methodName><params>"
        f"{''.join([_param(value, number) for number, value in enumerate(args, 1)])}"
        "</params></methodCall>"
    ).encode()


def encode_params(arguments: Mapping[str, Any]) -> Params:
    """The arguments of a call, encoded. Their names are not sent; `InvalidArgument` names them."""
    return Params("".join([_param(value, name) for name, value in arguments.items()]))


def encode_response(value: Any) -> bytes:
    """A methodResponse that carries *value*."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<methodResponse><params><param>"
        f"{_checked(_encode, value, 'result')}</param></params></methodResponse>"
    ).encode()


def encode_fault(code: int, message: str) -> bytes:
    """A methodResponse that carries a fault."""
    fault = _checked(_encode, {"faultCode": code, "faultString": message}, "fault")
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<methodResponse><fault>"
        f"{fault}</fault></methodResponse>"
    ).encode()


def _param(value: Any, name: str | int) -> str:
    if type(value) is Params:
        return value
    return f"<param>{_checked(_encode, value, name)}</param>"


def _checked(encode: Callable[[Any], str], value: Any, name: str | int) -> str:
    """*value*, encoded; *name* is its own or, of an argument, its number."""
    try:
        return encode(value)
    except _Unencodable as refusal:
        named = name if isinstance(name, str) else f"argument {name}"
        message = f"{named}{''.join(reversed(refusal.place))}: {refusal}"
    # This is raised outside the except block, so that no traceback leads to frames that hold parts of
    # the message.
    raise InvalidArgument(message)


def _encode(value: Any, depth: int = MAX_DEPTH) -> str:
    kind = type(value)
    if kind is str:
        return f"<value><string>{_escape(value)}</string></value>"
    if kind is int:
        if -2147483648 <= value <= 2147483647:
            return f"<value><int>{value}</int></value>"
        if -(2**63) <= value < 2**63:
            return f"<value><i8>{value}</i8></value>"
        raise _Unencodable("an int that does not fit into 64 bits")
    if kind is Secret:
        return f"<value><string>{_escape(str.__str__(value))}</string></value>"
    if kind is dict:
        return _encode_struct(value, depth - 1)
    if kind is list or kind is tuple:
        return _encode_array(value, depth - 1)
    return _encode_other(value, depth)


def _encode_other(value: Any, depth: int) -> str:  # noqa: C901 - one case for each type
    # A subclass, for example an IntEnum, is sent as its base. A bool is an int, so it is tested first;
    # whole numbers of other libraries come last.
    match value:
        case bool():
            return f"<value><boolean>{value:d}</boolean></value>"
        case float():
            if not math.isfinite(value):
                raise _Unencodable(f"{float.__repr__(value)} is not a finite number")
            text = float.__repr__(value)
            return f"<value><double>{_positional(text) if 'e' in text else text}</double></value>"
        case str():
            return f"<value><string>{_escape(str.__str__(value))}</string></value>"
        case int():
            return _encode(int(value), depth)
        case bytes() | bytearray():
            return f"<value><base64>{b64encode(value).decode()}</base64></value>"
        case datetime():
            return f"<value><dateTime.iso8601>{_date(value)}</dateTime.iso8601></value>"
        case Mapping():
            return _encode_struct(value, depth - 1)
        case list() | tuple():
            return _encode_array(value, depth - 1)
        case None:
            raise _Unencodable("None cannot be sent")
        case _ if (number := as_count(value)) is not None:
            return _encode(number, depth)
        case _:
            raise _Unencodable(
                f"a {type(value).__name__} cannot be sent; allowed are bool, int, float, str, "
                "bytes, datetime, list, tuple and dict"
            )


def _positional(text: str) -> str:
    """A float's shortest digits without an exponent, which XML-RPC forbids: the same float is read back.

    >>> _positional("1e-07"), _positional("1.5e+16")
    ('0.0000001', '15000000000000000.0')
    """
    digits = f"{Decimal(text):f}"
    return digits if "." in digits else f"{digits}.0"


def _encode_struct(value: Mapping[Any, Any], depth: int) -> str:
    _check_depth(depth)
    members: list[str] = []
    for key, item in value.items():
        if not isinstance(key, str):
            raise _Unencodable(f"a struct's keys are strings, not {type(key).__name__}")
        try:
            name = _escape(str.__str__(key))
            members.append(f"<member><name>{name}</name>{_encode(item, depth)}</member>")
        except _Unencodable as refusal:
            refusal.place.append(f"[{key!r}]")
            raise
    return f"<value><struct>{''.join(members)}</struct></value>"


def _encode_array(value: Sequence[Any], depth: int) -> str:
    _check_depth(depth)
    items: list[str] = []
    for item in value:
        try:
            items.append(_encode(item, depth))
        except _Unencodable as refusal:
            refusal.place.append(f"[{len(items)}]")
            raise
    return f"<value><array><data>{''.join(items)}</data></array></value>"


def _check_depth(depth: int) -> None:
    if depth < 0:
        raise _Unencodable(f"nested deeper than {MAX_DEPTH} values")


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if not text.isprintable():  # no character that XML cannot carry is printable
        if bad := _NOT_XML.search(text):
            raise _Unencodable(f"XML cannot carry the character U+{ord(bad[0]):04X}")
        text = text.replace("\r", "&#13;")  # XML readers turn a bare \r into \n
    return text


def is_carriable_text(text: str) -> bool:
    """Whether XML can carry *text*: it holds no control characters but white space, for example."""
    return _NOT_XML.search(text) is None


def _date(value: datetime) -> str:
    if value.utcoffset() is not None:
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise _Unencodable(f"{value} has no UTC time within the years 1 to 9999") from None
    # Not strftime: its %Y drops leading zeros on some platforms.
    return (
        f"{value.year:04d}{value.month:02d}{value.day:02d}"
        f"T{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    )
