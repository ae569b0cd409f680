"""Secrets are blanked, in whichever way they are written, and nothing else is."""

import html
import json
import re
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi.redaction import BLANK, Redactor, Secret, outline, redact
from aiogandi.redaction.spellings import complete_pattern, cut_pattern

AWKWARD = "p&<a>\"b'c\\d e]f\n{é😀%+"


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
        assert Redactor([secret]).redact(f"before {written} after") == "before *** after", written


@given(st.text(st.characters(codec="utf-8"), min_size=4))
def test_any_secret_is_blanked_in_the_common_ways(secret):
    for written in (secret, escape(secret), repr(secret)[1:-1], quote(secret, safe="")):
        assert Redactor([secret]).redact(f"({written})") == "(***)"


def test_the_longest_secret_is_blanked_first():
    assert Redactor(["secret", "secret-and-more"]).redact("secret-and-more") == "***"


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
    assert Redactor(["a"]).redact(text) == blanked


def test_an_empty_secret_blanks_nothing():
    assert Redactor(["", Secret("")]).redact("text") == "text"


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
            text = Redactor([secret]).redact_cut(f"session={written[:length]}")
            assert text in ("session=***", "session=******"), written[:length]


@pytest.mark.parametrize("secret", ["s3cret-and-more", "s3cr>t", "two words [and] more"])
def test_the_first_two_characters_of_a_secret_are_enough_at_the_end_of_a_text(secret):
    for length in range(2, len(secret)):
        for written in (secret, secret.replace(" ", "+")):
            text = Redactor([secret]).redact_cut(f"session={written[:length]}")
            assert text == "session=***", written[:length]


def test_a_space_may_be_a_plus_sign_where_nothing_else_is_escaped():
    redactor = Redactor(["two words+more"])
    assert redactor.redact("q=two+words+more, q=two words+more") == "q=***, q=***"
    assert redactor.redact("q=two words more") == "q=two words more"


def test_a_text_that_breaks_off_elsewhere_stays():
    assert Redactor(["unabashed", "uv"]).redact_cut("HTTP 503 service unavailable") == (
        "HTTP 503 service unavailable"
    )
    assert Redactor(["s3cret"]).redact_cut("one s3cret and more") == "one *** and more"


@st.composite
def secrets_and_texts(draw):
    """A secret, and a text made of whole and broken ways to write it."""
    letters = st.sampled_from("aB1_ +&%\\;#x'é*[")
    secret = draw(st.text(letters, min_size=1, max_size=12))
    written = st.sampled_from(sorted(set(ways(secret))))
    broken = st.builds(lambda text, end: text[:end], written, st.integers(0, 40))
    pieces = st.one_of(written, broken, st.text(letters, max_size=5))
    return secret, "".join(draw(st.lists(pieces, max_size=4)))


@given(secrets_and_texts())
def test_the_quick_search_rules_nothing_out_that_a_pattern_finds(secret_and_text):
    secret, text = secret_and_text
    complete = re.sub(complete_pattern(secret), BLANK, text)
    assert Secret(secret).eraser.erase(text) == complete
    left = re.sub(cut_pattern(secret), BLANK, text, flags=re.DOTALL)
    assert Secret(secret).eraser.erase_cut(text) == left


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
