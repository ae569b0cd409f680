"""Secrets are blanked, in whichever way they are written, and hostile texts cost no time."""

import copy
import html
import json
import pickle
import time
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi.codec.encoding import MAX_DEPTH, encode_call
from aiogandi.redaction import Sealed, Secret, conceal, outline, redact, redact_cut, secrets_in

AWKWARD = "p&<a>\"b'c\\d e]f\n{é😀%+"
HOSTILE = [
    "[" + "session" * 50_000,
    "[" * 200_000,
    "[session:" * 20_000,
    "[" + " " * 200_000,
    "\\" * 200_000,
    "&" + "amp;" * 50_000,
    "<" * 200_000,
    "p&" * 100_000,
]


def ways(secret):
    """The ways in which a page, a log or a reply may write it."""
    yield from (secret, escape(secret), escape(secret, {'"': "&quot;", "\n": "&#10;"}))
    yield from (html.escape(secret), html.escape(escape(secret)), html.escape(repr(secret)[1:-1]))
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret), quote(secret).lower())
    yield from (repr(secret)[1:-1], ascii(secret)[1:-1], repr(repr(secret)[1:-1])[1:-1])
    yield from (repr(secret.encode())[2:-1], repr(escape(secret).encode())[2:-1])
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield secret.encode("ascii", "xmlcharrefreplace").decode()


@pytest.mark.parametrize(
    "secret", [AWKWARD, "0123456789abcdef", "a b+c", "]: [", "\\'\"", "&amp;", "\\\\\\&\\"]
)
def test_a_secret_is_blanked_however_it_is_written(secret):
    for written in ways(secret):
        assert redact(f"before {written} after", [secret]) == "before *** after", written


@given(st.text(st.characters(codec="utf-8"), min_size=4))
def test_any_secret_is_blanked_in_the_common_ways(secret):
    for written in (secret, escape(secret), repr(secret)[1:-1], quote(secret, safe="")):
        assert redact(f"({written})", [secret]) == "(***)"


def test_the_longest_secret_is_blanked_first():
    assert redact("secret-and-more", ["secret", "secret-and-more"]) == "***"


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("a b a", "*** b ***"),
        ("[password a]", "[password ***]"),
        ("an apple", "an apple"),
        ("<string>a</string>", "<string>***</string>"),
        ("'a', \"a\"", "'***', \"***\""),
    ],
)
def test_a_short_secret_is_blanked_where_it_stands_alone(text, blanked):
    assert redact(text, ["a"]) == blanked


def test_an_empty_secret_blanks_nothing():
    assert redact("text", ["", Secret("")]) == "text"


@pytest.mark.parametrize(
    ("message", "blanked"),
    [
        (
            "DataError: invalid value for password [password: 123456]",
            "DataError: invalid value for password [password: ***]",
        ),
        ("no such session [session: abc]", "no such session [session: ***]"),
        ("[session_id: abc]", "[session_id: ***]"),
        ("[New Password: abc]", "[New Password: ***]"),
        ("[password: with ] bracket] and more", "[password: ***] and more"),
        ("[password: two\nlines]", "[password: ***]"),
        ("[password: cut in the midd", "[password: ***]"),
        ("[password:]", "[password: ***]"),
        ("[hostname: web-01]", "[hostname: web-01]"),
        ("[hostname: a] [password: b] [size: c]", "[hostname: a] [password: ***]"),
        ("the password: 5", "the password: 5"),
    ],
)
def test_the_value_of_a_password_or_session_element_is_blanked(message, blanked):
    assert redact(message) == blanked
    assert redact(redact(message)) == blanked


@pytest.mark.parametrize("secret", [AWKWARD, "0123456789abcdef", "s3cret-and-more"])
def test_what_is_left_of_a_secret_where_the_text_breaks_off_is_blanked(secret):
    for written in ways(secret):
        # (Of less than that, an escape may be all that is left.)
        for length in range(8, len(written)):
            text = redact_cut(f"session={written[:length]}", [secret])
            assert text in ("session=***", "session=******"), written[:length]


def test_a_text_that_breaks_off_elsewhere_stays():
    assert redact_cut("HTTP 503 service unavailable", ["unabashed", "uv"]) == (
        "HTTP 503 service unavailable"
    )
    assert redact_cut("one s3cret and more", ["s3cret"]) == "one *** and more"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:10])
def test_a_hostile_text_costs_no_time(text):
    began = time.monotonic()
    redact_cut(text, [AWKWARD, "0123456789abcdef"])
    outline(text)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("secret", ["&&x", "<\xe9>", "\\secret", "\\\\\\&", "\\" * 8 + "x"])
@pytest.mark.parametrize("sign", ["\\", "&", "%", "\\x"])
def test_a_hostile_text_costs_no_time_where_a_secret_begins_like_it(secret, sign):
    began = time.monotonic()
    redact(sign * 50_000, [secret])
    redact_cut(sign * 4_096, [secret])
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<value><string>abc</string></value>", "<value><string>***</string></value>"),
        ("<value id='abc'/>abc", "<value>***"),
        ("abc", "***"),
        ("<value>abc", "<value>***"),
        ("<abc>abc</abc>", "*********"),
        ("<string>abc</stri", "<string>******"),
        ("<!-- abc --><!--abc--><![CDATA[abc]]>", "*********"),
        ("<?xml version='1.0'?>\n<html></html>\n", "***<html></html>"),
        ("", ""),
    ],
)
def test_an_outline_shows_tags_alone(text, left):
    assert outline(text) == left


class TestSecret:
    def test_shows_itself_nowhere(self):
        secret = Secret("s3cret")
        shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", "%s" % secret]  # noqa: UP031
        shown += [repr([secret]), repr({"a": secret}), "{:>10}".format(secret)]  # noqa: UP032
        assert "s3cret" not in " ".join(shown)

    def test_is_the_string_that_it_is(self):
        assert Secret("s3cret") == "s3cret"
        assert {Secret("s3cret"): 1}["s3cret"] == 1
        assert Secret("s3cret").reveal() == "s3cret"
        assert type(Secret("s3cret").reveal()) is str

    def test_of_a_secret_is_the_same_again(self):
        assert Secret(Secret("s3cret")).reveal() == "s3cret"

    def test_survives_copies(self):
        for copied in (
            copy.copy(Secret("s3cret")),
            copy.deepcopy([Secret("s3cret")])[0],
            pickle.loads(pickle.dumps(Secret("s3cret"))),
        ):
            assert type(copied) is Secret
            assert copied.reveal() == "s3cret"


def test_sealed_bytes_tell_their_number_alone():
    assert repr(Sealed(b"s3cret")) == str(Sealed(b"s3cret")) == "<6 bytes, sealed>"
    assert Sealed(b"s3cret") == b"s3cret"


def test_concealing_makes_secrets_of_passwords_wherever_they_are():
    specs = {"login": "me", "password": "s3cret", "more": [{"Root_Password": "t0p"}], 5: "five"}
    concealed = conceal(specs)
    assert concealed == specs
    assert sorted(secret.reveal() for secret in secrets_in(concealed)) == ["s3cret", "t0p"]
    assert conceal(concealed) == specs
    assert "s3cret" not in repr(concealed)
    assert "'me'" in repr(concealed)


def test_concealing_reaches_as_deep_as_can_be_sent():
    value = {"password": "s3cret"}
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    encode_call("x", [value])
    assert len(list(secrets_in(conceal([value])))) == 1  # the client's own list around it


def test_concealing_leaves_what_is_no_text_and_ends():
    endless = {}
    endless["again"] = endless
    assert conceal({"password": 5}) == {"password": 5}
    assert conceal(endless)["again"]["again"] is not None
    assert conceal(None) is None
