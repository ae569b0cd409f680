"""Blanking costs next to nothing without a secret, patterns are built once, and a hostile text costs
no more than its length.
"""

import re
from unittest import mock

import aiohttp
import pytest

from aiogandi.errors import Fault, fault_for
from aiogandi.redaction import Redactor, Secret, outline
from aiogandi.transport.failures import NoReply, Received, failure
from tests.growth import assert_grows_evenly

AWKWARD = "p&<a>\"b'c\\d e]f\n{é😀%+"
SESSION = "0123456789abcdef"
HOSTILE = ["[session", "[", "[session:", "[ ", "\\", "&amp;", "<", "p&", "0123456", "[a:password"]


@pytest.fixture
def compiled():
    """Counts the patterns that are built."""
    with mock.patch("re.compile", wraps=re.compile) as compiled:
        yield compiled


class Recording(Redactor):
    """A redactor that notes what it is given."""

    def __init__(self, secrets=()):
        super().__init__(secrets)
        self.texts = []

    def redact(self, text):
        self.texts.append(text)
        return super().redact(text)


def test_a_text_without_a_secret_needs_no_pattern(compiled):
    redactor = Redactor([AWKWARD, SESSION, "a b+c", "\\'\"", "my&password"])
    for text in (
        "ServerDisconnectedError: Server disconnected",
        "[hostname: web] is refused",
        "HTTP 502 Bad Gateway: <html><body>nginx</body></html>",
    ):
        assert redactor.redact_cut(text) == text
        assert not redactor.finds(text)
    assert not compiled.called


def test_a_text_with_escapes_needs_no_pattern_for_a_whole_secret_whose_letters_it_has_not(compiled):
    redactor = Redactor([Secret("my&password"), Secret(SESSION)])
    assert redactor.redact("50&nbsp;% &lt;C:\\&gt; my & pass") == "50&nbsp;% &lt;C:\\&gt; my & pass"
    assert not compiled.called


def test_patterns_are_built_once_for_a_set_of_secrets(compiled):
    lasting, passing = Secret(AWKWARD), Secret(SESSION)
    client = Redactor([lasting])
    for _ in range(5):
        redactor = client.plus([passing])
        assert (
            redactor.redact_cut(f"{AWKWARD!r} of {SESSION} & {AWKWARD[:9]}") == "'***' of *** & ***"
        )
    assert compiled.call_count == 4  # of each secret: all of it, and where the text breaks off


def test_the_patterns_of_a_secret_go_with_it():
    eraser = Secret(AWKWARD).eraser
    assert eraser is not Secret(AWKWARD).eraser
    kept = Secret(AWKWARD)
    assert Redactor([kept]).plus([Secret(SESSION), Secret(AWKWARD)]).finds(AWKWARD)
    assert kept.eraser is kept.eraser


@pytest.mark.parametrize(
    ("answer", "error", "number"),
    [
        (Received(), aiohttp.ServerDisconnectedError(), 2),
        (Received(502, "Bad Gateway", pieces=[b"a page"]), NoReply(), 2),
        (Received(200, pieces=[b"a page"]), aiohttp.ClientPayloadError("cut"), 3),
        (Received(), TimeoutError(), 2),
    ],
    ids=["lost", "a page", "a cut page", "silence"],
)
def test_each_text_of_a_failure_is_blanked_once(answer, error, number):
    redactor = Recording([AWKWARD])
    failure("vm_create", answer, error, 30, redactor)
    texts = [text for text in redactor.texts if text]
    assert len(texts) == len(set(texts)) == number


def test_the_message_of_a_fault_is_blanked_once():
    class Marking(Redactor):
        def redact(self, text):
            return f"{super().redact(text)} [session: seen]"

    # Another time would blank the mark.
    assert fault_for(500130, f"bad {SESSION}", Marking([SESSION])).message == (
        "bad *** [session: seen]"
    )
    assert Fault(500130, "[session: seen]").message == "[session: ***]"


@pytest.mark.parametrize("start", ["", f"{AWKWARD} {SESSION} "], ids=["", "after secrets "])
@pytest.mark.parametrize("filling", HOSTILE)
def test_a_hostile_text_costs_no_more_than_its_length(filling, start):
    redactor = Redactor([AWKWARD, SESSION])
    assert_grows_evenly(redactor.redact_cut, lambda size: start + filling * (size // len(filling)))
    assert_grows_evenly(outline, lambda size: filling * (size // len(filling)))


@pytest.mark.parametrize(
    ("start", "filling"),
    [("[", "session"), ("[", " "), ("&", "amp;"), ("[session", " "), ("%26", "amp%3b")],
)
def test_a_hostile_end_without_an_end_costs_no_more_than_its_length(start, filling):
    redactor = Redactor([AWKWARD, SESSION])
    assert_grows_evenly(redactor.redact_cut, lambda size: start + filling * (size // len(filling)))


@pytest.mark.parametrize("secret", ["&&x", "<\xe9>", "\\secret", "\\\\\\&", "\\" * 8 + "x"])
@pytest.mark.parametrize("sign", ["\\", "&", "%", "\\x"])
@pytest.mark.parametrize("start", ["", "x secret "])
def test_a_hostile_text_costs_no_more_where_a_secret_begins_like_it(secret, sign, start):
    redactor = Redactor([secret])
    assert_grows_evenly(redactor.redact_cut, lambda size: start + sign * (size // len(sign)))


def test_a_cost_that_grows_with_the_square_would_be_found():
    with pytest.raises(AssertionError, match="8 times the text costs"):
        assert_grows_evenly(re.compile("a[^b]*c").findall, lambda size: "a" * (size // 4))
