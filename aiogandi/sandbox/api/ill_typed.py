"""Arguments that are no values of their types, ``<int>abc</int>`` say.

Such a call is well-formed XML-RPC, so its answer is a fault. Documented: that a type and then a syntax are
checked, with their numbers, and those of the types. *Assumed*: what no type could be made of is refused
before anything else about the arguments is checked; it has a bad syntax; a type that XML-RPC does not
have is a bad type, of a text; what is not well encoded in base 64 is a text as well. An int of more than
32 bits is one: whether it is too large is for its parameter to say. *Assumed* as well: where a text is due,
what a sender may have typed by its look, ``<double>1e999</double>`` or ``<int>abc</int>``, is that text.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from aiogandi.codec import IllTyped
from aiogandi.sandbox.api.arguments import TYPED_BY_LOOK, Parameter, Struct, text_value
from aiogandi.sandbox.api.signatures import SIGNATURES
from aiogandi.sandbox.books.faults import Cause, Subject, data_fault, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SUBJECTS: Final = {
    **dict.fromkeys(("int", "i1", "i2", "i4", "i8"), Subject.INTEGER),
    **dict.fromkeys(("double", "float"), Subject.FLOAT),
    "boolean": Subject.BOOLEAN,
    "dateTime.iso8601": Subject.DATE,
}

_Due = Parameter | Struct | None
"""What a value is for; None for what no parameter is."""


def refuse_ill_typed(method: str, given: Sequence[object]) -> None:
    """Raise a fault if an argument of *method*, or a part of one, is ill-typed. It names the parameter,
    or the member, and repeats the text. A method that is not known is refused elsewhere.
    """
    if method not in SIGNATURES:
        return
    for due, value in zip_longest(SIGNATURES[method].parameters, given):
        name = "arguments" if due is None else due.name
        for element, bad in _ill_typed(name, due, value):
            cause, word = (Cause.SYNTAX, "syntax") if bad.kind else (Cause.TYPE, "type")
            subject = _SUBJECTS.get(bad.kind or "", Subject.STRING)
            named = shown(element)  # a member's name may be of any length
            raise data_fault(subject, cause, f"invalid {word} for {named}", named, bad.text)


def _ill_typed(name: str, due: _Due, value: object) -> Iterator[tuple[str, IllTyped]]:
    match value:
        case IllTyped():
            if not (_is_text(due) and value.kind in TYPED_BY_LOOK):
                yield name, value
        case dict():
            members = (
                {member.name: member for member in due.members} if isinstance(due, Struct) else {}
            )
            for key, item in value.items():
                yield from _ill_typed(key, members.get(key), item)
        case list():
            for item in value:
                yield from _ill_typed(name, None, item)


def _is_text(due: _Due) -> bool:
    return isinstance(due, Parameter) and due.type is text_value
