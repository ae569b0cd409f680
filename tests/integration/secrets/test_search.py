"""The search finds a secret wherever one stands: else the tests beside this one would tell nothing."""

import html
import logging
from urllib.parse import quote

import pytest

from aiogandi import TransportError
from aiogandi.instrumentation import CallBegan, ReplyLost
from tests.integration.secrets.echoes import SPELLINGS
from tests.integration.secrets.leaks import (
    LOGIN_CORE,
    LOGIN_PASSWORD,
    PACKAGE,
    PARTS,
    SESSION,
    SESSION_CORE,
    VM_CORE,
    VM_PASSWORD,
    parts_of,
)


def cause(text):
    """An error whose own text tells nothing, raised from one that tells this text."""
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise TransportError("no reply") from error
    except TransportError as error:
        return error


@pytest.mark.parametrize(
    ("show", "core"),
    [
        (lambda output: output.add(SESSION[:7]), SESSION_CORE),
        (lambda output: output.add_error(ValueError(html.escape(VM_PASSWORD))), VM_CORE),
        *(
            (lambda output, spell=spell: output.add(spell(SESSION)), SESSION_CORE)
            for spell in SPELLINGS.values()
        ),
        (lambda output: output.add_error(cause(quote(VM_PASSWORD))), VM_CORE),
        (lambda output: output.hear(CallBegan(SESSION, 1, None, None, None)), SESSION_CORE),
        (lambda output: output.hear(ReplyLost("vm_create", cause(VM_PASSWORD))), VM_CORE),
        (lambda output: logging.getLogger("x").debug("%s", quote(LOGIN_PASSWORD)), LOGIN_CORE),
        (lambda output: logging.getLogger("x").debug("%s", cause(LOGIN_PASSWORD)), LOGIN_CORE),
    ],
    ids=[
        "text",
        "error",
        *SPELLINGS,
        "cause",
        "event",
        "an event's error",
        "record",
        "what a record holds",
    ],
)
def test_a_secret_that_leaks_would_be_found(output, show, core):
    assert not output.leaks()
    show(output)
    assert output.leaks()
    assert not output.leaks(PARTS - parts_of([core], 6))


def test_a_local_of_our_own_frames_would_be_found(output):
    """Of a function that says it stands in a file of the package."""
    code = "def leak(word):\n    raise ValueError"
    namespace = {}
    exec(compile(code, str(PACKAGE / "version.py"), "exec"), namespace)
    with output.caught(ValueError):
        namespace["leak"](VM_PASSWORD)
    assert any(VM_CORE[:6].lower() in text for text in output.leaks())
