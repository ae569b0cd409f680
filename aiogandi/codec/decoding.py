"""Reads XML-RPC messages into Python values, at once or in slices.

A message that is not XML-RPC is `MalformedMessage`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from itertools import chain, compress, islice
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from lxml import etree

from aiogandi.codec import plain
from aiogandi.codec.scalars import DIGITS, SCALARS, MalformedMessage

Element: TypeAlias = Any
"""An lxml element of a parsed document (its own types also know tags that are no strings)."""

SLICE: Final = 200
"""How many items of an array or a struct `decode_in_slices` takes off between two pauses. Above 128,
a list of them takes so much memory that glibc's allocator puts what was freed in order each time;
below, it does so for a whole document at once, and blocks the loop for 25 ms."""

ELEMENTS_AT_ONCE: Final = 3_000
"""`decode_in_slices` converts at most so many elements between two pauses: a few milliseconds' work."""

_TAG = attrgetter("tag")
_TEXT = attrgetter("text")
_TAIL = attrgetter("tail")


class FaultReply(NamedTuple):
    """A reply that carries a fault."""

    code: int
    message: str


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
    """*head*, the beginning of a reply, with the prefix of ``<ex:nil/>`` declared.

    Some services use that prefix without declaring it, which XML forbids.
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
    plainly = plain.read_plain(body)  # most replies can be read like this, faults never
    if plainly is not plain.NOT_PLAIN:
        return plainly
    if b"<ex:" in body:
        body = declare_extensions(body)
    value, is_fault = _answer(_root(body, "methodResponse"))
    result = _value(value)
    return _fault(result) if is_fault else result


def decode_in_slices(root: Element) -> Generator[None, None, Any]:
    """What `decode_response` returns, from a parsed document, as the generator's return value.

    The generator yields now and then, so that the caller can let others work. It takes the document
    apart while it reads, because freeing a large document at once would block as well.
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
        return _only(_only(root, root.tag, "fault"), "fault", "value"), True
    return _only(_only(_only(root, root.tag, "params"), "params", "param"), "param", "value"), False


def _fault(value: Any) -> FaultReply:
    match value:
        case {"faultCode": int(code), "faultString": message}:
            return FaultReply(int(code), str(message))
        case {"faultCode": str(code), "faultString": message} if DIGITS.fullmatch(code):
            return FaultReply(int(code), str(message))  # a value without a type
    raise MalformedMessage("a fault without faultCode and faultString")


def _only(element: Element, name: str, child: str) -> Element:
    if element.tag != name or len(element) != 1 or element[0].tag != child:
        raise MalformedMessage(f"{element.tag} is not a {name} that holds one {child}")
    _refuse_text((element.text, element[0].tail))
    return element[0]


def _refuse_text(texts: Iterable[str | None]) -> None:
    """Between elements there is white space only: anything else is data that would be lost."""
    for text in filter(None, texts):
        if text.strip(" \t\r\n"):
            raise MalformedMessage("text between elements")


def _value(element: Element) -> Any:
    slices = _value_in_slices(element)
    while True:
        try:
            next(slices)
        except StopIteration as result:
            return result.value


def _values(elements: list[Element], number: int) -> list[Any]:
    """The *number* values that these elements, in the order of the document, are."""
    # All tags are read in one go, then all texts: reading them element by element takes twice as long.
    tags = list(map(_TAG, elements))
    texts = list(map(_TEXT, elements))
    counts = list(map(len, elements))
    _refuse_text(chain(compress(texts, counts), map(_TAIL, elements)))
    values, _ = _read_items(tags, texts, counts, 0, number)
    return values


def _read(tags: list[str], texts: list[str | None], counts: list[int], at: int) -> tuple[Any, int]:
    """The value that begins at element *at*, and the number of the element behind it."""
    if tags[at] != "value" or counts[at] > 1:
        raise MalformedMessage(f"a {tags[at]} of {counts[at]} elements, where a value was due")
    if not counts[at]:
        return texts[at] or "", at + 1
    at += 1
    kind = tags[at]
    if kind == "struct":
        if not counts[at]:
            _refuse_text((texts[at],))
        return _read_struct(tags, texts, counts, at)
    if kind == "array":
        if counts[at] != 1 or tags[at + 1] != "data":
            raise MalformedMessage("an array without data")
        if not counts[at + 1]:
            _refuse_text((texts[at + 1],))
        return _read_items(tags, texts, counts, at + 2, counts[at + 1])
    # A type may stand in a namespace, as Apache's do.
    scalar = SCALARS.get(kind) or SCALARS.get(kind.rpartition("}")[2])
    if scalar is None or counts[at]:
        raise MalformedMessage(f"a {kind}, where a type was due")
    return scalar(texts[at] or ""), at + 1


def _read_items(
    tags: list[str], texts: list[str | None], counts: list[int], at: int, number: int
) -> tuple[list[Any], int]:
    items: list[Any] = []
    for _ in range(number):
        # A scalar is read here and not by `_read`: in a long array the calls would cost half the time.
        scalar = SCALARS.get(tags[at + 1]) if counts[at] == 1 and tags[at] == "value" else None
        if scalar is not None and not counts[at + 1]:
            items.append(scalar(texts[at + 1] or ""))
            at += 2
            continue
        item, at = _read(tags, texts, counts, at)
        items.append(item)
    return items, at


def _read_struct(
    tags: list[str], texts: list[str | None], counts: list[int], at: int
) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    number = counts[at]
    at += 1
    for _ in range(number):
        if tags[at] != "member" or counts[at] != 2:
            raise MalformedMessage("a struct holds members of one name and one value")
        at += 1
        if tags[at] == "name":
            name = at
            value, at = _read(tags, texts, counts, at + 1)
        else:
            value, name = _read(tags, texts, counts, at)
            at = name + 1
        if tags[name] != "name" or counts[name]:
            raise MalformedMessage("a struct's member without a name")
        members[texts[name] or ""] = value
    return members, at


def _value_in_slices(element: Element) -> Generator[None, None, Any]:
    elements = list(islice(element.iter(), ELEMENTS_AT_ONCE))
    if len(elements) < ELEMENTS_AT_ONCE:
        return _values(elements, 1)[0]
    del elements
    _refuse_text((element.tail,))
    if len(element) != 1 or element[0].tag not in ("struct", "array"):
        raise MalformedMessage("a value that holds more than one thing")
    if element[0].tag == "struct":
        members: dict[str, Any] = {}
        _refuse_text((element.text, element[0].text, element[0].tail))
        for piece in _pieces(element[0]):
            for member in piece:
                yield
                name, value = _name_and_value(member)
                members[name] = yield from _value_in_slices(value)
        return members
    items: list[Any] = []
    data = _only(_only(element, "value", "array"), "array", "data")
    _refuse_text((data.text,))
    for piece in _pieces(data):
        yield
        if (scalars := _scalars(piece)) is not None:
            items += scalars
            continue
        for item in piece:
            items.append((yield from _value_in_slices(item)))
            yield
    return items


def _scalars(values: list[Element]) -> list[Any] | None:
    """The values, if each of them is a scalar with its type, as in most long arrays; else None."""
    if any(value.tag != "value" or len(value) != 1 for value in values):
        return None
    typed = list(map(itemgetter(0), values))
    tags = list(map(_TAG, typed))
    if not SCALARS.keys() >= set(tags) or any(map(len, typed)):
        return None
    _refuse_text(chain(map(_TEXT, values), map(_TAIL, values), map(_TAIL, typed)))
    return [SCALARS[tag](text or "") for tag, text in zip(tags, map(_TEXT, typed), strict=True)]


def _name_and_value(member: Element) -> tuple[str, Element]:
    if member.tag != "member" or len(member) != 2:
        raise MalformedMessage("a struct holds members of one name and one value")
    name, value = member
    if name.tag == "value":
        name, value = value, name
    if name.tag != "name" or len(name):
        raise MalformedMessage("a struct's member without a name")
    _refuse_text((member.text, member.tail, name.tail))
    return name.text or "", value


def _pieces(container: Element) -> Generator[list[Element], None, None]:
    while len(container):
        piece = container[:SLICE]
        yield piece
        del container[:SLICE]
