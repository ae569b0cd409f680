"""Python values <-> XML-RPC, without loss.

=====================  =========================  ==========================================
Python                 on the wire                read back from
=====================  =========================  ==========================================
``bool``               ``<boolean>``              ``<boolean>``
``int``, 32 bits       ``<int>``                  ``<int> <i4> <i8> <i2> <i1>``, any size
``float``, finite      ``<double>``               ``<double> <float>``
``str``                ``<string>``               ``<string>``, a value without a type
``bytes, bytearray``   ``<base64>``               ``<base64>``, as ``bytes``
``datetime``           ``<dateTime.iso8601>``     the same, also with ``-`` or a zone (aware)
``list, tuple``        ``<array>``                ``<array>``, as ``list``
``Mapping`` of str     ``<struct>``               ``<struct>``, as ``dict``
not accepted           none                       ``<nil/>``, ``<ex:nil/>``, as None
=====================  =========================  ==========================================

The wire's dates have whole seconds and no zone: a datetime is cut to the second, and an aware one
goes out as its UTC time. What the wire cannot carry is `InvalidArgument`, which names the place.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple, TypeAlias

from lxml import etree

from aiogandi.errors import InvalidArgument
from aiogandi.redaction import Secret

Element: TypeAlias = Any
"""An lxml element of a parsed document (its own types also know tags that are no strings)."""

MAX_DEPTH: Final = 64
"""How deep values may be nested, both ways (a limit of ours)."""

SLICE: Final = 500
"""How many values `decode_in_slices` converts between two pauses: about a millisecond's work."""


class MalformedMessage(ValueError):
    """The bytes are not the XML-RPC message that was due."""


class Param(Secret):
    """One argument of a call, encoded: a ``<param>``, which may hold a password."""

    __slots__ = ()


class FaultReply(NamedTuple):
    """A reply that carries a fault."""

    code: int
    message: str


# -- encoding --------------------------------------------------------------------------------

_NOT_PLAIN = re.compile(
    "[^\t\n\x20-\x25\x27-\x3b\x3d\x3f-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
# XML has no way to write these, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Unencodable(Exception):
    """Why a value cannot be sent, with its place collected on the way out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.place: list[str] = []


def encode_call(method: str, args: Sequence[Any], names: Sequence[str] = ()) -> bytes:
    """A methodCall. *args* are values or encoded ones; *names* are theirs, for `InvalidArgument`."""
    # In one expression: no local of this frame ever holds a password that was encoded already.
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<methodCall>"
        f"<methodName>{_checked(_escape, method, 'method')}</methodName><params>"
        f"{''.join(encode_params(args, names))}"
        "</params></methodCall>"
    ).encode()


def encode_params(args: Sequence[Any], names: Sequence[str] = ()) -> list[Param]:
    """The arguments of a call, encoded; those that are encoded already stay as they are."""
    if len(names) != len(args):
        names = [f"argument {position + 1}" for position in range(len(args))]
    return [
        arg if type(arg) is Param else Param(f"<param>{_checked(_encoded, arg, name)}</param>")
        for arg, name in zip(args, names, strict=True)
    ]


def encode_response(value: Any) -> bytes:
    """A methodResponse that carries *value*."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<methodResponse><params><param>"
        f"{_checked(_encoded, value, 'result')}</param></params></methodResponse>"
    ).encode()


def encode_fault(code: int, message: str) -> bytes:
    """A methodResponse that carries a fault."""
    fault = _checked(_encoded, {"faultCode": code, "faultString": message}, "fault")
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<methodResponse><fault>"
        f"{fault}</fault></methodResponse>"
    ).encode()


def _checked(encode: Callable[[Any], str], value: Any, name: str) -> str:
    try:
        return encode(value)
    except _Unencodable as refusal:
        message = f"{name}{''.join(reversed(refusal.place))}: {refusal}"
    # Raised here and not above, so that no traceback leads to frames that hold half a message.
    raise InvalidArgument(message)


def _encoded(value: Any) -> str:
    parts: list[str] = []
    _encode(value, parts.append, MAX_DEPTH)
    return "".join(parts)


def _encode(value: Any, write: Callable[[str], None], depth: int) -> None:
    kind = type(value)
    if kind is str:
        write(f"<value><string>{_escape(value)}</string></value>")
    elif kind is int:
        if not -2147483648 <= value <= 2147483647:
            raise _Unencodable(f"{value} does not fit the wire's 32-bit int")
        write(f"<value><int>{value}</int></value>")
    elif kind is dict:
        _encode_struct(value, write, depth - 1)
    elif kind is list or kind is tuple:
        _encode_array(value, write, depth - 1)
    else:
        _encode_other(value, write, depth)


def _encode_other(  # noqa: C901 - one case for each type
    value: Any, write: Callable[[str], None], depth: int
) -> None:
    # Subclasses (an IntEnum, say) travel as what they are; bool is tested before int, its base.
    match value:
        case bool():
            write(f"<value><boolean>{value:d}</boolean></value>")
        case float():
            if not math.isfinite(value):
                raise _Unencodable(f"{value} is not a finite number")
            write(f"<value><double>{float.__repr__(value)}</double></value>")
        case Secret():
            write(f"<value><string>{_escape(value.reveal())}</string></value>")
        case str():
            write(f"<value><string>{_escape(str.__str__(value))}</string></value>")
        case int():
            _encode(int(value), write, depth)
        case bytes() | bytearray():
            write(f"<value><base64>{b64encode(value).decode()}</base64></value>")
        case datetime():
            write(f"<value><dateTime.iso8601>{_date(value)}</dateTime.iso8601></value>")
        case Mapping():
            _encode_struct(value, write, depth - 1)
        case list() | tuple():
            _encode_array(value, write, depth - 1)
        case None:
            raise _Unencodable("None cannot be sent")
        case _:
            raise _Unencodable(
                f"a {type(value).__name__} cannot be sent; allowed are bool, int, float, str, "
                "bytes, datetime, list, tuple and dict"
            )


def _encode_struct(value: Mapping[Any, Any], write: Callable[[str], None], depth: int) -> None:
    _check_depth(depth)
    write("<value><struct>")
    for key, item in value.items():
        if not isinstance(key, str):
            raise _Unencodable(f"a struct's keys are strings, not {type(key).__name__} ({key!r})")
        try:
            write(f"<member><name>{_escape(str.__str__(key))}</name>")
            _encode(item, write, depth)
        except _Unencodable as refusal:
            refusal.place.append(f"[{key!r}]")
            raise
        write("</member>")
    write("</struct></value>")


def _encode_array(value: Sequence[Any], write: Callable[[str], None], depth: int) -> None:
    _check_depth(depth)
    write("<value><array><data>")
    for position, item in enumerate(value):
        try:
            _encode(item, write, depth)
        except _Unencodable as refusal:
            refusal.place.append(f"[{position}]")
            raise
    write("</data></array></value>")


def _check_depth(depth: int) -> None:
    if depth < 0:
        raise _Unencodable(f"nested deeper than {MAX_DEPTH} values")


def _escape(text: str) -> str:
    if _NOT_PLAIN.search(text) is None:
        return text
    if bad := _NOT_XML.search(text):
        raise _Unencodable(f"XML cannot carry the character U+{ord(bad[0]):04X}")
    # XML readers turn a bare carriage return into a line feed.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")


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


# -- decoding --------------------------------------------------------------------------------


def parser() -> etree.XMLParser:
    """An XML parser that expands nothing, fetches nothing and obeys no DTD."""
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )


def declare_extensions(head: bytes) -> bytes:
    """Some services write ``<ex:nil/>`` without declaring its prefix, which XML forbids: declare it
    in the beginning of a reply that does not.
    """
    if b"xmlns:ex" in head:
        return head
    declared = b'<methodResponse xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions">'
    return head.replace(b"<methodResponse>", declared, 1)


def decode_call(body: bytes) -> tuple[str, list[Any]]:
    """The method's name and the arguments of a methodCall."""
    root = _root(body, "methodCall")
    if not len(root) or root[0].tag != "methodName" or not (method := (root[0].text or "").strip()):
        raise MalformedMessage("methodCall without a methodName")
    if len(root) > 2 or (len(root) == 2 and root[1].tag != "params"):
        raise MalformedMessage("methodCall holds more than methodName and params")
    params = root[1] if len(root) == 2 else ()
    return method, [_value(_only(param, "param", "value")) for param in params]


def decode_response(body: bytes) -> Any:
    """The value of a methodResponse, or a `FaultReply`."""
    if b"<ex:" in body:
        body = declare_extensions(body)
    value, is_fault = _answer(_root(body, "methodResponse"))
    result = _value(value)
    return _fault(result) if is_fault else result


def decode_in_slices(root: Element) -> Generator[None, None, Any]:
    """The same from a parsed document, pausing now and then; the value is the generator's return.

    A large document is taken apart as it is read, so that it is not freed in one long go either.
    """
    _check_root(root, "methodResponse")
    value, is_fault = _answer(root)
    result = yield from _value_in_slices(value)
    return _fault(result) if is_fault else result


def _root(body: bytes, name: str) -> Element:
    try:
        root = etree.fromstring(body, parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = str(error)
    else:
        _check_root(root, name)
        return root
    raise MalformedMessage(f"not XML: {reason}")


def _check_root(root: Element, name: str) -> None:
    if root.getroottree().docinfo.doctype:
        raise MalformedMessage("a DTD is not allowed")
    if root.tag != name:
        raise MalformedMessage(f"the document is a {root.tag}, not a {name}")


def _answer(root: Element) -> tuple[Element, bool]:
    if len(root) == 1 and root[0].tag == "fault":
        return _only(root[0], "fault", "value"), True
    return _only(_only(_only(root, root.tag, "params"), "params", "param"), "param", "value"), False


def _fault(value: Any) -> FaultReply:
    match value:
        case {"faultCode": int(code), "faultString": message}:
            return FaultReply(code, str(message))
    raise MalformedMessage("a fault without faultCode and faultString")


def _only(element: Element, name: str, child: str) -> Element:
    if element.tag != name or len(element) != 1 or element[0].tag != child:
        raise MalformedMessage(f"{element.tag} is not a {name} that holds one {child}")
    return element[0]


def _value(element: Element) -> Any:
    if not len(element):
        return element.text or ""
    typed = _typed(element)
    kind = typed.tag
    if kind == "struct":
        return dict(map(_member, typed))
    if kind == "array":
        return [_item(item) for item in _only(typed, "array", "data")]
    try:
        return _scalar(kind)(typed.text or "")
    except ValueError as error:
        reason = str(error)
    raise MalformedMessage(f"a bad {kind}: {reason}")


def _typed(element: Element) -> Element:
    if len(element) != 1 or ((text := element.text) and not text.isspace()):
        raise MalformedMessage("a value that holds more than one thing")
    return element[0]


def _member(member: Element) -> tuple[str, Any]:
    name, value = _name_and_value(member)
    return name, _value(value)


def _name_and_value(member: Element) -> tuple[str, Element]:
    if member.tag != "member" or len(member) != 2:
        raise MalformedMessage("a struct holds members of one name and one value")
    name, value = member
    if name.tag == "value":
        name, value = value, name
    if name.tag != "name" or value.tag != "value" or len(name):
        raise MalformedMessage("a struct's member without a name or a value")
    return name.text or "", value


def _item(item: Element) -> Any:
    if item.tag != "value":
        raise MalformedMessage(f"an array holds values, not a {item.tag}")
    return _value(item)


def _value_in_slices(element: Element) -> Generator[None, None, Any]:
    container = element[0] if len(element) == 1 else None
    if container is None or container.tag not in ("struct", "array"):
        return _value(element)
    _typed(element)
    if container.tag == "struct":
        members: dict[str, Any] = {}
        for piece in _pieces(container):
            yield
            for member in piece:
                name, value = _name_and_value(member)
                members[name] = yield from _value_in_slices(value)
        return members
    items: list[Any] = []
    for piece in _pieces(_only(container, "array", "data")):
        yield
        for item in piece:
            if item.tag != "value":
                raise MalformedMessage(f"an array holds values, not a {item.tag}")
            items.append((yield from _value_in_slices(item)))
    return items


def _pieces(container: Element) -> Generator[list[Element], None, None]:
    while len(container):
        piece = container[:SLICE]
        yield piece
        del container[:SLICE]


def _scalar(kind: str) -> Callable[[str], Any]:
    known = _SCALARS.get(kind) or _SCALARS.get(kind.rpartition("}")[2])  # without its namespace
    if known is None:
        raise ValueError("the type is not known")
    return known


def _int(text: str) -> int:
    if "_" in text:
        raise ValueError("not a number")
    return int(text)


def _float(text: str) -> float:
    if "_" in text:
        raise ValueError("not a number")
    return float(text)


def _boolean(text: str) -> bool:
    match text.strip():
        case "1" | "true":
            return True
        case "0" | "false":
            return False
    raise ValueError("neither 0 nor 1")


def _base64(text: str) -> bytes:
    return b64decode("".join(text.split()), validate=True)


_DATE = re.compile(
    r"\s*(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,]\d+)?"
    r"\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)?\s*",
    re.ASCII,
)


def _datetime(text: str) -> datetime:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("not like 20260131T23:59:59")
    *numbers, utc, sign, hours, minutes = found.groups()
    zone = None
    if utc:
        zone = UTC
    elif sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
    return datetime(*map(int, numbers), tzinfo=zone)  # type: ignore[misc,arg-type]


def _nil(text: str) -> None:
    if text.strip():
        raise ValueError("nil holds nothing")


_SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    "string": lambda text: text,
    "int": _int,
    "i4": _int,
    "i8": _int,
    "i2": _int,
    "i1": _int,
    "double": _float,
    "float": _float,
    "boolean": _boolean,
    "dateTime.iso8601": _datetime,
    "base64": _base64,
    "nil": _nil,
}
