"""Documents that mean harm: they are refused, read no file and cost no time."""

import time
from contextlib import suppress

import pytest
from lxml import etree

from aiogandi import codec
from aiogandi.codec import MalformedMessage
from aiogandi.codec.scalars import SCALARS
from tests.codec.documents import decoded, response
from tests.growth import assert_grows_evenly

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
            assert_grows_evenly(read, lambda length, s=start, f=filling: s + f * length + "x")
