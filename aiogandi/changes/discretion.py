"""What the journal keeps of a call, and what it must not: no password and no session id is in it.

Two things keep them out. A text whose place is not known to hold none is left out (`kept`): of a method
that is not documented, all texts. And what is written of results and failures is searched for the secrets
that the client has met (`KnownSecrets`).
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from aiogandi.errors import InvalidArgument
from aiogandi.redaction import BLANK, Redactor, Secret, conceal, secrets_in, stand_in

RECENT: Final = 8
"""Passwords of the latest calls that a client remembers: a failure of one item may quote that of another."""

LONG: Final = 20_000
"""Characters of a result that is searched for encoded secrets, too, which takes a few milliseconds."""

_TEXTS: Final = frozenset(
    # Documented. "login" is in the sample of `vm_create`'s specs, which does not say what it means.
    ("hostname", "login", "name", "fstype", "product_name", "duration", "handle", "type", "state")
)
_PLACES: Final[Mapping[str, frozenset[str]]] = {
    # Where a generic call of a documented method has them.
    "vm_create": frozenset(("argument 1",)),
    "hosting_account_product_add": frozenset(("argument 1", "argument 3")),
    "hosting_account_product_renew": frozenset(("argument 2",)),
}


class Withheld(Secret):
    """A text that may be a secret: its place is not known. It is treated as one in the journal alone."""

    __slots__ = ()


def kept(method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A call's *arguments* with a `Secret` in the place of each text and of all bytes, but for those in a
    place that is documented, and is none of a password.
    """
    places = _TEXTS | _PLACES.get(method, frozenset())
    return {name: _kept(name, value, places) for name, value in arguments.items()}


def _kept(name: str, value: Any, places: frozenset[str]) -> Any:
    match value:
        case Secret():
            return value
        case str():
            return value if name in places else Withheld(value)
        case bytes() | bytearray():
            return Withheld(b64encode(value).decode("ascii"))
        case Mapping():
            return {inner: _kept(str(inner), item, places) for inner, item in value.items()}
        case list() | tuple():
            return [_kept(name, item, places) for item in value]
    return value


class KnownSecrets:
    """The secrets that a client has met: *always* these, and those of calls. *outer* learns them, too.

    With an *outer* it is that of one block, and remembers all that its calls have; without, the latest.
    """

    def __init__(self, always: Iterable[Secret], outer: KnownSecrets | None = None) -> None:
        self._always = tuple(always)
        self._outer = outer
        self._learnt: deque[Secret] = deque(maxlen=RECENT if outer is None else None)
        self._sessions: Callable[[], Iterable[Secret]] = tuple

    def follow(self, sessions: Callable[[], Iterable[Secret]]) -> None:
        """Know the session ids that *sessions* returns, whenever it is asked."""
        self._sessions = sessions

    def within(self) -> KnownSecrets:
        """Those of one block, which knows these as well."""
        return KnownSecrets((), self)

    def and_of(self, arguments: Mapping[str, Any]) -> KnownSecrets:
        """These, and those among the *arguments* of a call, as they are `kept`."""
        return KnownSecrets(secrets_in(arguments), self)

    def learn(self, arguments: Mapping[str, Any]) -> None:
        """Know the secrets among the *arguments* of a call, as they are `kept`."""
        for secret in secrets_in(arguments):
            if not any(secret == each and type(secret) is type(each) for each in self._learnt):
                self._learnt.append(secret)
        if self._outer is not None:
            self._outer.learn(arguments)

    def __iter__(self) -> Iterator[Secret]:
        yield from self._always
        yield from self._sessions()
        yield from self._learnt
        if self._outer is not None:
            yield from self._outer

    def redacted(self, text: str) -> str:
        """*text* with these blanked, `LONGEST` characters of it at most."""
        return Redactor(self).redact(text)

    def are_in(self, value: Any) -> bool:
        """Whether *value*, which is one of JSON's, has one of these anywhere in it, or another secret."""
        texts = list(_texts(value))
        if any(isinstance(text, Secret) for text in texts):
            return True
        joined = "\n".join(texts)
        redactor = Redactor(self)
        # A long one would hold up the event loop.
        return redactor.knows_plain(joined) or (len(joined) <= LONG and redactor.knows(joined))

    def blanked(self, value: Any) -> Any:
        """*value* with a `Secret` in the place of each text that has one of these in it as it is, or stands
        under a name that speaks of a password.
        """
        redactor = Redactor(self)
        found = redactor.knows_plain("\n".join(_plain_texts(value)))
        return _blanked(conceal(value), redactor) if found else conceal(value)

    def require_none_in(self, values: Mapping[str, Any]) -> None:
        """Raise `InvalidArgument` where one of *values*, by their names, has one of these in it as it is: the
        journal cannot do without it, so nothing may be done.
        """
        if not self._stand_in(list(values.values())):
            return
        for name, value in values.items():
            if self._stand_in(value):
                del values, value  # this frame is part of the traceback
                raise InvalidArgument(
                    f"{name} repeats a password or a session id, and the journal, which keeps it, must"
                    " hold none; nothing was sent"
                )

    def _stand_in(self, value: Any) -> bool:
        """Whether one that surely is a secret is in *value* as it is."""
        secrets = (each for each in self if not isinstance(each, Withheld))
        return stand_in(secrets, "\n".join(_plain_texts(value)))


def told(error: BaseException) -> str:
    """An exception as the journal tells it."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - whatever its own text raises, the block has failed
        return type(error).__name__


def _texts(value: Any) -> Iterator[str]:
    """All texts in *value*, names of members and bytes included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes | bytearray):
        yield _text(value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _text(value: bytes | bytearray) -> str:
    return value.decode("utf-8", "replace")


def _plain_texts(value: Any) -> Iterator[str]:
    return (text for text in _texts(value) if not isinstance(text, Secret))


def _blanked(value: Any, redactor: Redactor) -> Any:
    match value:
        case Secret():
            return value
        case str():
            return Secret(BLANK) if redactor.knows_plain(value) else value
        case bytes() | bytearray():
            return Secret(BLANK) if redactor.knows_plain(_text(value)) else value
        case Mapping():
            if redactor.knows_plain("\n".join(value)):
                return Secret(BLANK)
            return {name: _blanked(item, redactor) for name, item in value.items()}
        case list() | tuple():
            return [_blanked(item, redactor) for item in value]
    return value
