"""Documents that mean harm: they are refused, read no file and cost no time."""

import sys
import time
from contextlib import suppress

import pytest
from lxml import etree

from aiogandi import codec
from aiogandi.codec import LONGEST_TAG, MalformedMessage, TagLimit
from aiogandi.codec.scalars import SCALARS
from aiogandi.codec.values import LONGEST_INT
from tests.codec.documents import decoded, in_pieces, response
from tests.growth import SIZE, assert_grows_evenly

BILLION_LAUGHS = (
    "<!DOCTYPE x [<!ENTITY l0 'lol'>"
    + "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    + "]>"
)


@pytest.mark.parametrize(
    ("dtd", "value"),
    [
        ("<!DOCTYPE methodResponse>", "<value>a</value>"),
        ("<!DOCTYPE x SYSTEM 'file:///etc/hostname'>", "<value>a</value>"),
        ("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>", "<value>&e;</value>"),
        ("<!DOCTYPE x [<!ENTITY % e SYSTEM 'file:///etc/hostname'> %e;]>", "<value>a</value>"),
        ("<!DOCTYPE x [<!ENTITY e 'harmless'>]>", "<value>&e;</value>"),
        ("<!DOCTYPE x [<!ENTITY e '<int>5</int>'>]>", "<value>&e;</value>"),
        (BILLION_LAUGHS, "<value>&l9;</value>"),
        (BILLION_LAUGHS, "<value a='&l9;'>a</value>"),
    ],
)
def test_no_dtd_is_obeyed_and_no_entity_expanded(dtd, value):
    body = f"<?xml version='1.0'?>{dtd}".encode() + response(value)
    began = time.thread_time()  # a busy machine does not count
    with pytest.raises(MalformedMessage):
        codec.decode_response(body)
    parser = codec.parser()
    with pytest.raises((MalformedMessage, etree.XMLSyntaxError)):
        for start in range(0, len(body), 10):
            parser.feed(body[start : start + 10])
        list(codec.decode_in_slices(parser.close()))
    assert time.thread_time() - began < 1


def test_no_file_is_read(tmp_path):
    (tmp_path / "file").write_text("contents")
    dtd = f"<!DOCTYPE x [<!ENTITY e SYSTEM '{(tmp_path / 'file').as_uri()}'>]>"
    root = etree.fromstring(dtd.encode() + response("<value>&e;</value>"), codec.parser())
    assert b"contents" not in etree.tostring(root)


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
def test_deep_nesting_is_malformed(depth):
    for opening, closing in (
        ("<value><array><data>", "</data></array></value>"),
        ("<value><struct><member><name/>", "</member></struct></value>"),
        ("<value>", "</value>"),
    ):
        with pytest.raises(MalformedMessage):
            decoded(opening * depth + closing * depth)


def test_what_is_wrong_is_said_without_the_text_that_is():
    for kind in ("int", "i8", "double", "boolean", "base64", "dateTime.iso8601", "nil"):
        with pytest.raises(MalformedMessage) as caught:
            decoded(f"<value><{kind}>s3cret?</{kind}></value>")
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None or (
            "s3cret" not in repr(caught.value.__context__)
        )


@pytest.mark.parametrize("kind", SCALARS)
def test_a_hostile_scalar_costs_no_time(kind):
    def read(text):
        with suppress(MalformedMessage):
            SCALARS[kind](text)

    for start in ("", "20260131T00:00:00", "2026-01-31T00:00:00.", "1"):
        for filling in (" ", "1", "0 ", "=", "-"):
            for end in ("x", ""):
                assert_grows_evenly(read, lambda size, s=start, f=filling, e=end: s + f * size + e)


def test_an_int_of_millions_of_digits_is_not_read_even_where_python_would():
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        with pytest.raises(MalformedMessage, match="a bad int"):
            decoded(f"<value><i8>{'9' * 2_000_000}</i8></value>")
    finally:
        sys.set_int_max_str_digits(limit)
    assert (
        in_pieces(response(f"<value><i8>{'9' * LONGEST_INT}</i8></value>")) == 10**LONGEST_INT - 1
    )


VALUE = "<value>1</value>"
INT = "<value><int>1</int></value>"
OPEN, CLOSE = "<value><array><data>", "</data></array></value>"
DEEP = OPEN * 60 + VALUE + CLOSE * 60

# What fills an array, a struct, a value or a tag.
SHAPES = {
    "values": (OPEN, VALUE, CLOSE),
    "empty values": (OPEN, "<value/>", CLOSE),
    "ints": (OPEN, INT, CLOSE),
    "arrays": (OPEN, OPEN + CLOSE, CLOSE),
    "structs": (OPEN, "<value><struct/></value>", CLOSE),
    "deep arrays": (OPEN, DEEP, CLOSE),
    "long deep arrays": (OPEN, OPEN * 60 + VALUE * 4000 + CLOSE * 60, CLOSE),
    "members": ("<value><struct>", f"<member><name>a</name>{INT}</member>", "</struct></value>"),
    "names behind": (
        "<value><struct>",
        f"<member>{INT}<name>a</name></member>",
        "</struct></value>",
    ),
    "namespaces": (OPEN, "<value xmlns:a='u'><a:int>1</a:int></value>", CLOSE),
    "attributes": (OPEN, "<value a='b' c='d'>1</value>", CLOSE),
    "comments": (OPEN, "<!-- - -->", CLOSE),
    "a comment": (f"{OPEN}<!--", "- ", f"-->{CLOSE}"),
    "instructions": (OPEN, "<?a b?>", CLOSE),
    "CDATA": ("<value>", "<![CDATA[]>]]>", "</value>"),
    "references": ("<value>", "&#38;&amp;", "</value>"),
    "entities": ("<value>", "&e;", "</value>"),
    "text": ("<value>", "]>", "</value>"),
    "spaces": ("<value>", " ", "<int>1</int></value>"),
    "text in an array": (OPEN, VALUE + "x", CLOSE),
    "wrong elements": ("<value>", "<int>1</int>", "</value>"),
    "unknown elements": (OPEN, "<a/>", CLOSE),
    "elements without an end": (OPEN, VALUE + "<value>", ""),
    "tags without an end": ("", "<", ""),
    "a tag without an end": ("<value ", "a='b' ", ""),
    "a long tag": ("<value a='", "&lt;", "'/>"),
    "a long name": ("<", "a", "/>"),
    "base64": ("<value><base64>", "QUJD ", "</base64></value>"),
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("read", [codec.decode_response, in_pieces], ids=["at once", "in slices"])
def test_a_hostile_document_costs_no_more_than_its_length(shape, read):
    start, filling, end = SHAPES[shape]

    number = max(1, 50 * SIZE // len(filling))

    def reply(size):
        return response(start + filling * (number * size // SIZE) + end)

    def read_or_refuse(body):
        with suppress(MalformedMessage):
            read(body)

    assert_grows_evenly(read_or_refuse, reply)


def test_a_fault_of_another_kind_is_not_written_out():
    huge = codec.encode_response({"faultCode": 1, "faultString": [[1] * 100] * 1000})
    fault = huge.replace(b"params><param>", b"fault>").replace(b"</param></params", b"</fault")
    assert codec.decode_response(fault) == (1, "(list)")


@pytest.mark.parametrize("code", [2**63, -(2**63), 10**900])
def test_a_fault_whose_code_is_no_number_of_64_bits_is_malformed(code):
    fault = codec.encode_fault(1, "no").replace(b"<int>1<", f"<i8>{code}<".encode())
    with pytest.raises(MalformedMessage):
        codec.decode_response(fault)


@pytest.mark.parametrize(
    ("start", "filling", "end", "refused"),
    [
        ("<value ", "a", "='b'/>", True),
        ("<value", " a='>'", ">1</value>", True),
        ("<value>", "x", "</value>", False),
        ("<value a='>' >", "x", "</value>", False),
        ("<value><!--", "- ", "-->1</value>", False),
        ("<value><![CDATA[", "= ' \"", "]]></value>", False),
    ],
)
@pytest.mark.parametrize("size", [LONGEST_TAG, 1000, 7])
def test_an_enormous_tag_is_refused_wherever_its_pieces_end(start, filling, end, refused, size):
    body = response(start + filling * (3 * LONGEST_TAG // len(filling)) + end)

    def check():
        limit = TagLimit()
        for at in range(0, len(body), size):
            limit.check(body[at : at + size])

    if refused:
        with pytest.raises(MalformedMessage, match="a tag of more than 65536 bytes"):
            check()
    else:
        check()
