"""Arguments that are no values of their types, ``<int>abc</int>`` say.

Such a call is well-formed XML-RPC, so its answer is a fault. Documented: that a type and then a syntax are
checked, with their numbers, and those of the types. *Assumed*: what no type could be made of is refused
before anything else about the arguments is checked; it has a bad syntax; a type that XML-RPC does not
have is a bad type, of a text; what is not well encoded in base 64 is a text as well. An int of more than
32 bits is one: whether it is too large is for its parameter to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiogandi.codec import IllTyped
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


def refuse_ill_typed(method: str, given: Sequence[object]) -> None:
    """Raise a fault if an argument of *method*, or a part of one, is ill-typed. It names the parameter,
    or the member, and repeats the text. A method that is not known is refused elsewhere.
    """
    if method not in SIGNATURES:
        return
    names = [parameter.name for parameter in SIGNATURES[method].parameters]
    names += ["arguments"] * (len(given) - len(names))
    for name, value in zip(names, given, strict=False):
        for element, bad in _ill_typed(name, value):
            cause, word = (Cause.SYNTAX, "syntax") if bad.kind else (Cause.TYPE, "type")
            subject = _SUBJECTS.get(bad.kind or "", Subject.STRING)
            named = shown(element)  # a member's name may be of any length
            raise data_fault(subject, cause, f"invalid {word} for {named}", named, bad.text)


def _ill_typed(name: str, value: object) -> Iterator[tuple[str, IllTyped]]:
    match value:
        case IllTyped():
            yield name, value
        case dict():
            for key, item in value.items():
                yield from _ill_typed(key, item)
        case list():
            for item in value:
                yield from _ill_typed(name, item)
