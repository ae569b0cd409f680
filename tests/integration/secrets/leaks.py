"""The secrets of these tests, and the search for them in everything that a user could be shown.

Each secret holds a core that no way of writing it changes, and whose parts stand in no other text:
where any six letters of it are found, it has leaked, whole or cut, plain, escaped or encoded.
"""

import logging
import pickle
import re
import traceback
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path

import pytest

import aiogandi

PACKAGE = Path(aiogandi.__file__).parent
LOGIN_CORE, VM_CORE, SESSION_CORE, URL_CORE = (
    "Zq7XkV9pLw3T",
    "hJ4mRw8NcY2b",
    "e9Uf3Kz6Qd1G",
    "W5xBt0sVg7Lp",
)
LOGIN_PASSWORD = f"a&<{LOGIN_CORE}> \"b' ]c\\d é"
VM_PASSWORD = f"[x: &<{VM_CORE}> \"y' ] z\\w"
SESSION = f"{SESSION_CORE}000"
SECOND_SESSION = f"{SESSION_CORE}111"


def parts_of(secrets, length):
    """Every piece of this many letters of each of the secrets, but for those of digits alone: a moment or a number of
    seconds has such a piece of a random session id by chance.
    """
    pieces = {
        secret[at : at + length] for secret in secrets for at in range(len(secret) - length + 1)
    }
    return {piece for piece in pieces if not piece.isdecimal()}


PARTS = parts_of((LOGIN_CORE, VM_CORE, SESSION_CORE, URL_CORE), 6)


URL = str.maketrans("-_", "+/", "\r\n")
APART = "\x1e"
"""A character that stands in no way of writing a secret."""


def without_gaps(text):
    """In small letters, and without what may stand between the letters of a secret."""
    return re.sub(r"\\u0000|\\x00|%00|\0|(?<=[0-9a-f]{2})[ :](?=[0-9a-f]{2})", "", text.lower())


def written(part):
    """Ways to write it, in small letters."""
    yield from (part.lower(), part.lower()[::-1], part.encode().hex())
    for form in ("%{:02x}", "%25{:02x}", "\\x{:02x}", "\\u{:04x}", "&#{};", "&#x{:x};"):
        yield "".join(form.format(ord(letter)) for letter in part)


def in_base64(part):
    """The digits of base64 that hold nothing else, at each of the places where it can begin there."""
    for octets in (part.encode(), part.encode("utf-16-le")[:-1]):
        for before, shared in enumerate((0, 2, 3)):
            digits = b64encode(bytes(before) + octets).decode()
            yield digits[shared : (before + len(octets)) * 8 // 6]


class Output:
    """All that was shown. Passed to a client as ``on_event=output.hear``, it takes in its events."""

    def __init__(self):
        self.texts = []
        self.heard = set()
        """The types of the events."""

    def add(self, *texts):
        self.texts.extend(texts)

    def hear(self, event):
        """An event, and all that it holds."""
        self.heard.add(type(event))
        self.add_object(event)

    def add_error(self, error):
        """An exception, its pickle, what it was raised from, and the locals of our frames on the way."""
        seen = set()
        left = [error]
        while left:
            link = left.pop()
            if link is None or id(link) in seen:
                continue
            seen.add(id(link))
            self.add(str(link), repr(link), repr(link.args), repr(vars(link)))
            # As it is printed, but without marks below the code: these take half of the time.
            lines = traceback.StackSummary.extract(traceback.walk_tb(link.__traceback__))
            self.add("".join((*lines.format(), *traceback.format_exception_only(link))))
            if isinstance(link, aiogandi.GandiError):
                self.add(pickle.dumps(link).decode("latin-1"))
            left += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
            for frame, _ in traceback.walk_tb(link.__traceback__):
                file = Path(frame.f_code.co_filename)
                if PACKAGE in file.parents and PACKAGE / "sandbox" not in file.parents:
                    for name, value in frame.f_locals.items():
                        self.add(f"{file.name}:{frame.f_lineno} {name} = {value!r} {value}")

    def add_object(self, thing, depth=6):
        """Its repr, and what it holds if it is an exception or ours: reprs, and so on in its turn.

        What others' objects hold is not shown to anybody: asyncio logs a connection, in which may be
        what is still to be sent.
        """
        if type(thing) is str:  # its repr holds as much of a secret
            self.add(thing)
            return
        self.add(repr(thing), str(thing))
        if isinstance(thing, BaseException):
            self.add_error(thing)
        elif not type(thing).__module__.startswith("aiogandi"):
            return
        held = getattr(thing, "__dict__", {}).values()
        slots = {slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ())}
        for value in (*held, *(getattr(thing, slot, None) for slot in slots)):
            self.add(repr(value))
            ours = type(value).__module__.startswith("aiogandi")
            if depth and (ours or isinstance(value, BaseException)):
                self.add_object(value, depth - 1)

    @contextmanager
    def caught(self, *kinds):
        """Whatever is raised is added, and must be one of these."""
        with pytest.raises(kinds or Exception) as caught:
            yield
        self.add_error(caught.value)

    def leaks(self, parts=PARTS):
        """What shows one of these, cut out around it.

        All texts are searched as one, since most are so short that to begin a search costs the most.
        """
        text = APART.join(set(self.texts))
        small = [form for part in parts for form in written(part)]
        exact = [form for part in parts for form in in_base64(part)]
        return [
            shown[max(shown.index(form) - 100, 0) : shown.index(form) + 50]
            for shown, forms in ((without_gaps(text), small), (text.translate(URL), exact))
            for form in forms
            if form in shown
        ]


class Recorder(logging.Handler):
    """Adds every log record, and all that it holds, to an output."""

    def __init__(self, output):
        super().__init__(logging.DEBUG)
        self.output = output

    def emit(self, record):
        self.output.add(self.format(record))
        held = {name: value for name, value in vars(record).items() if name != "message"}
        if isinstance(record.args, tuple):
            held |= enumerate(held.pop("args"))
        if record.exc_info:
            held["exc_info"] = record.exc_info[1]
        for value in held.values():
            self.output.add_object(value)
