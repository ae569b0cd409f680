"""Reads XML-RPC messages into Python values, at once or in slices.

A message that is not XML-RPC is `MalformedMessage`. In a reply, a scalar that cannot be read spoils no
more than itself where it stands in a struct or an array: its text stands for it, or None where it is
empty. An unknown type counts as such a scalar. In a call, such a scalar is `IllTyped`, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from typing import Any, Final, NamedTuple

from lxml import etree

from aiogandi.codec import plain
from aiogandi.codec.arguments import ARGUMENTS, of_unknown_type
from aiogandi.codec.scalars import MalformedMessage
from aiogandi.codec.values import Element, ValueReader, refuse_text, shown_tag
from aiogandi.models.reading import as_int, as_str

ELEMENTS_AT_ONCE: Final = 3_000
"""`decode_in_slices` converts at most so many elements between two pauses: a few milliseconds' work."""


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
    """The method's name and the arguments of a methodCall.

    An argument, or a part of one, that is no value of its type is `IllTyped`. `str` of an int or a float
    gives its text as it was sent.
    """
    root = _root(body, "methodCall")
    if not len(root) or root[0].tag != "methodName" or not (method := (root[0].text or "").strip()):
        raise MalformedMessage("methodCall without a methodName")
    if len(root) > 2 or (len(root) == 2 and root[1].tag != "params"):
        raise MalformedMessage("methodCall holds more than methodName and params")
    params = root[1] if len(root) == 2 else ()
    return method, [_argument(_only(param, "param", "value")) for param in params]


def decode_response(body: bytes) -> Any:
    """The value of a methodResponse, or a `FaultReply`."""
    plainly = plain.read_plain(body)  # most replies can be read like this, faults never
    if plainly is not plain.NOT_PLAIN:
        return plainly
    if b"<ex:" in body:
        body = declare_extensions(body)
    value, is_fault = _answer(_root(body, "methodResponse"))
    result = _value(value, ValueReader())
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
        problem = not_xml(error)
    else:
        _check_root(root, name)
        return root
    raise problem  # outside the except block: the parser's own words quote the document


def not_xml(error: Exception) -> MalformedMessage:
    """What the parser says of a document, by kind and place, without its words, which quote it."""
    if not isinstance(error, etree.XMLSyntaxError):
        return MalformedMessage("not XML")
    line, column = error.position
    kinds = [name for name, code in vars(etree.ErrorTypes).items() if code == error.code]
    kind = kinds[0].removeprefix("ERR_").replace("_", " ").lower() if kinds else "unknown error"
    return MalformedMessage(f"not XML: {kind} at line {line}, column {column}")


def _check_root(root: Element, name: str) -> None:
    if root.getroottree().docinfo.doctype:
        raise MalformedMessage("a DTD is not allowed")
    if root.tag != name:
        raise MalformedMessage(f"the document is {shown_tag(root.tag)}, not a {name}")


def _answer(root: Element) -> tuple[Element, bool]:
    if len(root) == 1 and root[0].tag == "fault":
        return _only(_only(root, root.tag, "fault"), "fault", "value"), True
    return _only(_only(_only(root, root.tag, "params"), "params", "param"), "param", "value"), False


def _fault(value: Any) -> FaultReply:
    match value:
        case {"faultCode": sent, "faultString": message}:
            code = as_int(sent)
            if code is not None and abs(code) < 2**63:
                return FaultReply(code, _text(message))
    raise MalformedMessage("a fault without faultCode and faultString")


def _text(message: Any) -> str:
    """A fault's message. One that is no text and no number is not written out: it may be huge. Some
    libraries send text that is not ASCII in base 64.
    """
    if isinstance(message, bytes):
        return message.decode(errors="replace")
    text = as_str(message)
    return f"({type(message).__name__})" if text is None else text


def _only(element: Element, name: str, child: str) -> Element:
    if element.tag != name or len(element) != 1 or element[0].tag != child:
        raise MalformedMessage(f"no {name} that holds one {child}")
    refuse_text((element.text, element[0].tail))
    return element[0]


def _argument(element: Element) -> Any:
    return _value(element, ValueReader(ARGUMENTS, of_unknown_type))


def _value(element: Element, reader: ValueReader) -> Any:
    reader.take(list(element.iter()), last=True)
    return reader.value


def _value_in_slices(element: Element) -> Generator[None, None, Any]:
    reader = ValueReader()
    elements = element.iter()
    while len(taken := list(islice(elements, ELEMENTS_AT_ONCE))) == ELEMENTS_AT_ONCE:
        reader.take(taken, last=False)
        _drop_before(taken[-1], element)
        yield
    reader.take(taken, last=True)
    return reader.value


def _drop_before(last: Element, top: Element) -> None:
    """Take all elements before *last* out of the document, but for those that it stands in."""
    # One by one: lxml counts all children of an element before it takes a slice of them away.
    while last is not top:
        parent = last.getparent()
        for sibling in last.itersiblings(preceding=True):
            parent.remove(sibling)
        last = parent
