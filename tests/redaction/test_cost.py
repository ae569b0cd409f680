"""What is looked for is made once, and a hostile text costs no more than its length, and no more than
what is shown of it.
"""

import re

import aiohttp
import pytest

from aiogandi.errors import Fault
from aiogandi.faults import fault_for
from aiogandi.redaction import LONGEST, Redactor, Sealed, Secret, outline, redact
from aiogandi.redaction.spellings import readings
from aiogandi.transport.failures import NoReply, Received, failure
from tests.growth import LIMIT, assert_grows_evenly, min_growth

AWKWARD = "p&<a>\"b'c\\d e]f\n{é😀%+"
SESSION = "0123456789abcdef"
pytestmark = pytest.mark.usefixtures("untraced")

HOSTILE = [
    "[session",
    "[",
    "[session:",
    "[ ",
    "\\",
    "&amp;",
    "<",
    "p&",
    "0123456",
    "[a:password",
    "%2525",
    "\\u005c",
    "&#92;",
]


class Recording(Redactor):
    """A redactor that notes what it is given."""

    def __init__(self, secrets=()):
        super().__init__(secrets)
        self.texts = []

    def redact_cut(self, text):
        self.texts.append(text)
        return super().redact_cut(text)


def test_what_is_looked_for_is_kept_as_long_as_the_secret_and_no_longer():
    eraser = Secret(AWKWARD).eraser
    assert eraser is not Secret(AWKWARD).eraser
    kept = Secret(AWKWARD)
    assert Redactor([kept]).plus([Secret(SESSION), Secret(AWKWARD)]).finds(AWKWARD)
    assert kept.eraser is kept.eraser


@pytest.mark.parametrize(
    ("answer", "error", "number"),
    [
        (Received(), aiohttp.ServerDisconnectedError(), 1),
        (Received(502, size=6, beginning=Sealed(b"a page")), NoReply(), 0),
        (Received(200, size=6, beginning=Sealed(b"a page")), aiohttp.ClientPayloadError("cut"), 1),
        (Received(), TimeoutError(), 1),
    ],
    ids=["lost", "a page", "a cut page", "silence"],
)
def test_each_text_of_a_failure_is_searched_once(answer, error, number):
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


def hostile(start, filling):
    return lambda size: start + filling * (size // len(filling))


def search(secrets):
    """A search of a whole text, however long it is."""
    erasers = [Secret(secret).eraser for secret in secrets]

    def read(text):
        for reading in readings(text):
            for eraser in erasers:
                list(eraser.whole(reading))
                list(eraser.cut(reading))

    return read


@pytest.mark.parametrize("start", ["", f"{AWKWARD} {SESSION} "], ids=["", "after secrets "])
@pytest.mark.parametrize("filling", HOSTILE)
def test_a_hostile_text_costs_no_more_than_its_length(filling, start):
    assert_grows_evenly(search([AWKWARD, SESSION]), hostile(start, filling))
    assert_grows_evenly(Redactor([AWKWARD, SESSION]).redact_cut, hostile(start, filling))
    assert_grows_evenly(outline, hostile("", filling))


@pytest.mark.parametrize(
    ("start", "filling"),
    [
        ("[", "session"),
        ("[", " "),
        ("&", "amp;"),
        ("[session", " "),
        ("%26", "amp%3b"),
        ("&#", "0"),
    ],
)
def test_a_hostile_end_without_an_end_costs_no_more_than_its_length(start, filling):
    assert_grows_evenly(search([AWKWARD, SESSION]), hostile(start, filling))
    assert_grows_evenly(Redactor([AWKWARD, SESSION]).redact_cut, hostile(start, filling))


@pytest.mark.parametrize("secret", ["&&x", "<\xe9>", "\\secret", "\\\\\\&", "\\" * 8 + "x"])
@pytest.mark.parametrize("sign", ["\\", "&", "%", "\\x", "%5c", "5c"])
@pytest.mark.parametrize("start", ["", "x secret "])
def test_a_hostile_text_costs_no_more_where_a_secret_begins_like_it(secret, sign, start):
    assert_grows_evenly(search([secret]), hostile(start, sign))


def test_a_huge_text_costs_no_more_than_its_beginning():
    redactor = Redactor([AWKWARD, SESSION])

    def blank(text):
        return redactor.redact_cut(text), redact(text), fault_for(500130, text, redactor).message

    for filling in HOSTILE:
        short = filling * (2 * LONGEST // len(filling))
        long = short * 1_000
        assert {len(text) for text in blank(long)} < set(range(LONGEST + 100))
        assert min_growth(blank, short, long) < LIMIT, filling


def test_a_cost_that_grows_with_the_square_would_be_found():
    with pytest.raises(AssertionError, match="8 times the text costs"):
        assert_grows_evenly(re.compile("a[^b]*c").findall, lambda size: "a" * (size // 2))
