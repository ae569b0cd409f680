"""Secrets are blanked, in whichever way they are written, and nothing else is."""

import html
import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from unicodedata import normalize
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi.redaction import BLANK, LONGEST, Redactor, Secret, outline, redact

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


# XML cannot carry a NUL, so no secret holds one.
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4))
def test_any_secret_is_blanked_in_the_common_ways(secret):
    for written in (secret, escape(secret), repr(secret)[1:-1], quote(secret, safe="")):
        assert Redactor([secret]).redact(f"({written})") == "(***)"


@pytest.mark.parametrize("secret", ["Zürich-Straße-№4", "Zu\u0308rich", "пароль-пароль"])
def test_a_secret_is_blanked_in_another_form_or_character_set(secret):
    written = [normalize(form, secret) for form in ("NFC", "NFD", "NFKC")]
    written += [secret.encode().decode(charset, "ignore") for charset in ("latin-1", "utf-8")]
    for each in [*written, *map(quote, written), *map(ascii, written)]:
        assert Redactor([secret]).redact(f"before {each.strip(chr(39))} after") == (
            "before *** after"
        ), each


def test_a_secret_is_blanked_that_was_read_as_windows_writes():
    written = "Zürich€".encode().decode("cp1252")
    assert Redactor(["Zürich€"]).redact(f"({written})") == "(***)"


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


def encoded(secret):
    """The ways in which a page or a log may encode it, or show it by accident."""
    octets = secret.encode()
    yield from (secret.upper(), secret.lower(), secret.swapcase(), secret[::-1])
    yield from ("".join(f"%{octet:02{case}}" for octet in octets) for case in "xX")
    yield from (
        "".join(f"\\x{octet:02x}" for octet in octets),
        octets.hex(),
        octets.hex(":").upper(),
    )
    yield from (
        "".join(form.format(ord(sign)) for sign in secret) for form in ("&#{};", "&#x{:X};")
    )
    yield from ("".join(f"\\u{ord(sign):04x}" for sign in secret), secret.replace("e", "\\\\u0065"))
    for nul in ("\0", "\\x00", "\\u0000", "\\0", "%00", "&#0;"):
        yield nul.join(secret)
    for utf_16 in (secret.encode("utf-16-le"), secret.encode("utf-16-be")):
        yield from (utf_16.decode("latin-1"), repr(utf_16)[2:-1], quote(utf_16))
    for before in (b"", b"x", b"xy"):
        yield from (
            b64encode(before + octets).decode(),
            urlsafe_b64encode(before + octets).decode(),
        )
        yield quote(b64encode(before + octets + b"~~~").decode(), safe="")
    yield encodebytes(b"0123456789" * 5 + octets + b"0123").decode()


@pytest.mark.parametrize(
    "secret", ["e9Uf3Kz6Qd1G000", "Passwort", "two words, [and] more", "\xff\xfb?>~\xbe"]
)
def test_an_encoded_secret_is_blanked(secret):
    for written in encoded(secret):
        text = Redactor([secret]).redact(f"(({written}))")
        assert "***" in text, written
        assert not left_of(text, secret), (written, text)
        assert text.startswith("((")
        assert text.endswith("))")


def left_of(text, secret):
    """What a text shows of a secret, in the letters in which it was written or in others."""
    octets = secret.encode()
    shown = {secret[at : at + 4].lower() for at in range(len(secret) - 3)}
    shown |= {b64encode(octets[at : at + 3]).decode() for at in range(len(octets) - 2)}
    shown |= {octets[at : at + 3].hex() for at in range(len(octets) - 2)}
    return [part for part in shown if part in text or part in text.lower().replace(":", "")]


@pytest.mark.parametrize("secret", ["e9Uf3Kz6Qd1G000", "two words, [and] more"])
def test_what_is_left_of_an_encoded_secret_where_the_text_breaks_off_is_blanked(secret):
    for written in encoded(secret):
        for length in range(len(written) * 3 // 4, len(written)):
            text = Redactor([secret]).redact_cut(f"session={written[:length]}")
            assert not left_of(text, secret), (written[:length], text)


def test_a_long_text_is_cut_and_no_half_secret_is_left():
    redactor = Redactor([Secret("s3cret-and-more")])
    for before in range(LONGEST - 40, LONGEST + 1):
        for written in ("s3cret-and-more", "czNjcmV0LWFuZC1tb3Jl", "&#115;3cret-and-more"):
            text = redactor.redact("x" * before + f" {written} " + "y" * 10_000)
            assert len(text) < LONGEST + 60
            assert not left_of(text, "s3cret-and-more"), text[-60:]
            assert text.endswith("characters)")
    assert redactor.finds("x" * 10_000)  # what was not looked at may hold one


@given(
    st.text("aB1_ +&%\\;#x'é[", min_size=1, max_size=12), st.text("aB1_ +&%\\;#x'é[<>", max_size=60)
)
def test_nothing_but_what_may_be_a_secret_is_blanked(secret, text):
    left = Redactor([secret]).redact(text)
    kept = left.split(BLANK)
    assert text.startswith(kept[0])
    assert text.endswith(kept[-1])


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
