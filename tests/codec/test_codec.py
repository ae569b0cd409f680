"""Nothing is lost on the wire, and what it cannot carry is refused before it is sent."""

import math
import time
import xmlrpc.client
from base64 import b64encode
from collections import OrderedDict, UserDict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aiogandi import InvalidArgument, codec
from aiogandi.codec import FaultReply, MalformedMessage, decoding
from aiogandi.codec.scalars import SCALARS
from aiogandi.redaction import Secret

# Everything that XML can write.
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from(" \t\n<>&\"']")
)
ints = st.integers(-(2**31), 2**31 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
dates = st.datetimes().map(lambda moment: moment.replace(microsecond=0, fold=0))
scalars = st.booleans() | ints | floats | texts | st.binary() | dates
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=30,
)


def response(value):
    """A methodResponse around a value's XML."""
    return f"<methodResponse><params><param>{value}</param></params></methodResponse>".encode()


def decoded(value):
    return codec.decode_response(response(value))


def in_slices(body):
    slices = codec.decode_in_slices(etree.fromstring(body, codec.parser()))
    while True:
        try:
            next(slices)
        except StopIteration as result:
            return result.value


# -- nothing is lost -------------------------------------------------------------------------


@given(values)
def test_what_was_encoded_and_decoded_is_equal(value):
    result = codec.decode_response(codec.encode_response(value))
    assert result == value
    assert repr(result) == repr(value)  # 1, 1.0 and True are equal


@given(values)
def test_pythons_own_decoder_reads_what_ours_writes(value):
    body = codec.encode_response(value)
    [theirs], _ = xmlrpc.client.loads(body, use_builtin_types=True)
    assert repr(theirs) == repr(value)


@given(values)
def test_ours_reads_what_pythons_own_encoder_writes(value):
    body = xmlrpc.client.dumps((value,), methodresponse=True, encoding="utf-8").encode()
    assert repr(codec.decode_response(body)) == repr(value)


@given(st.from_regex(r"[a-z_]{1,30}", fullmatch=True), st.lists(values, max_size=4))
def test_calls_agree_with_pythons_own_both_ways(method, args):
    theirs, name = xmlrpc.client.loads(codec.encode_call(method, args), use_builtin_types=True)
    assert (name, repr(list(theirs))) == (method, repr(args))
    assert codec.decode_call(xmlrpc.client.dumps(tuple(args), method).encode()) == (method, args)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_comes_back_exactly_or_is_refused(text):
    try:
        body = codec.encode_response(text)
    except InvalidArgument:
        assert not all(map(_is_xml, text))
    else:
        assert codec.decode_response(body) == text
        assert all(map(_is_xml, text))


def _is_xml(character):
    return character in "\t\n\r" or (character >= " " and character not in "\ufffe\uffff")


@pytest.mark.parametrize("text", ["  two spaces  ", " ", "\n", "\r\n", "a\rb", "]]>", "&amp;", ""])
def test_spaces_and_line_ends_are_kept(text):
    assert codec.decode_response(codec.encode_response(text)) == text
    assert codec.decode_response(codec.encode_response({text: [text]})) == {text: [text]}


@pytest.mark.parametrize("number", [-(2**31), 2**31 - 1, 0, -1])
def test_the_ends_of_the_range_stay_ints(number):
    result = codec.decode_response(codec.encode_response(number))
    assert (result, type(result)) == (number, int)


@pytest.mark.parametrize("value", [True, False])
def test_booleans_are_no_ints(value):
    assert b"<boolean>" in codec.encode_response(value)
    assert codec.decode_response(codec.encode_response(value)) is value


@pytest.mark.parametrize("value", [b"", b"\0\xff", bytearray(b"abc")])
def test_bytes_travel_as_base64_and_come_back_as_bytes(value):
    assert b"<base64>" in codec.encode_response(value)
    result = codec.decode_response(codec.encode_response(value))
    assert (result, type(result)) == (value, bytes)


def test_dates_keep_to_the_second():
    moment = datetime(7, 1, 2, 3, 4, 5, 999999)
    assert b"<dateTime.iso8601>00070102T03:04:05</dateTime" in codec.encode_response(moment)
    assert codec.decode_response(codec.encode_response(moment)) == moment.replace(microsecond=0)


def test_aware_dates_go_out_in_utc():
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    assert codec.decode_response(codec.encode_response(moment)) == datetime(2026, 2, 1, 1, 30)


class Size(IntEnum):
    SMALL = 8


class Kind(StrEnum):
    EXT3 = "ext3"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (Size.SMALL, 8),
        (Kind.EXT3, "ext3"),
        (Secret("s3cret"), "s3cret"),
        ((1, (2,)), [1, [2]]),
        (OrderedDict(a=1), {"a": 1}),
        (UserDict(a=1), {"a": 1}),
        (MappingProxyType({Kind.EXT3: 1}), {"ext3": 1}),
        ({Secret("key"): 1}, {"key": 1}),
    ],
)
def test_kinds_of_the_known_types_travel_as_what_they_are(given, sent):
    assert codec.decode_response(codec.encode_response(given)) == sent
    assert codec.decode_response(codec.encode_response([given])) == [sent]


# -- what the wire cannot carry --------------------------------------------------------------


class Odd:
    pass


@pytest.mark.parametrize(
    "value",
    [
        2**31,
        -(2**31) - 1,
        10**5000,
        math.nan,
        math.inf,
        -math.inf,
        "\0",
        "\x1b",
        "\ud800",
        "\uffff",
        None,
        Odd(),
        {1, 2},
        Decimal("1.5"),
        date(2026, 1, 31),
        1j,
        range(3),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-1))),
    ],
    ids=lambda value: f"{type(value).__name__} {value!r:.20}" if value != 10**5000 else "huge",
)
def test_what_the_wire_cannot_carry_is_refused_with_its_place(value):
    with pytest.raises(InvalidArgument, match=r"^specs: "):
        codec.encode_params({"specs": value})
    with pytest.raises(InvalidArgument, match=r"^specs\['size'\]: "):
        codec.encode_params({"hostname": "a", "specs": {"size": value}})
    with pytest.raises(InvalidArgument, match=r"^argument 2\[0\]\['a'\]\[1\]: "):
        codec.encode_call("x", [1, [{"a": (1, value)}]])


@pytest.mark.parametrize("key", [5, None, b"name", True, ("a",)])
def test_a_key_that_is_no_string_is_refused(key):
    with pytest.raises(InvalidArgument, match=r"^specs: a struct's keys are strings, not"):
        codec.encode_params({"specs": {key: 1}})


def test_a_key_that_xml_cannot_carry_is_refused():
    with pytest.raises(InvalidArgument, match=r"^specs\['\\x00'\]: .*U\+0000"):
        codec.encode_params({"specs": {"\0": 1}})


def test_a_method_that_xml_cannot_carry_is_refused():
    with pytest.raises(InvalidArgument, match=r"^method: "):
        codec.encode_call("vm\0list", [])


def test_what_is_nested_too_deep_is_refused_also_without_an_end():
    endless = []
    endless.append(endless)
    with pytest.raises(InvalidArgument, match="nested deeper than 64"):
        codec.encode_params({"specs": endless})
    deep = "bottom"
    for _ in range(64):
        deep = [deep]
    assert codec.decode_response(codec.encode_response(deep)) == deep
    with pytest.raises(InvalidArgument):
        codec.encode_response([deep])


def test_a_refusal_leads_to_no_half_encoded_message():
    with pytest.raises(InvalidArgument) as caught:
        codec.encode_call("vm_create", ["s3cret", None])
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_arguments_that_are_encoded_already_stay_as_they_are():
    params = codec.encode_params({"name": "a", "size": 5})
    assert codec.encode_call("x", ["session", params]) == codec.encode_call(
        "x", ["session", "a", 5]
    )
    assert "a" not in repr(params)


# -- what services send ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ("<value><int>5</int></value>", 5),
        ("<value><i4>-5</i4></value>", -5),
        ("<value><i8>9223372036854775807</i8></value>", 2**63 - 1),
        ("<value><int> +7\n</int></value>", 7),
        ("<value><double>-1.5e3</double></value>", -1500.0),
        ("<value><boolean>1</boolean></value>", True),
        ("<value><boolean>false</boolean></value>", False),
        ("<value><nil/></value>", None),
        ("<value><ex:nil/></value>", None),
        ("<value><ex:i8>5</ex:i8></value>", 5),
        (
            '<value><e:nil xmlns:e="http://ws.apache.org/xmlrpc/namespaces/extensions"/></value>',
            None,
        ),
        ("<value>no type</value>", "no type"),
        ("<value>  </value>", "  "),
        ("<value/>", ""),
        ("<value></value>", ""),
        ("<value><string/></value>", ""),
        ("<value><string> a </string></value>", " a "),
        ("<value>\n  <string>a</string>\n</value>", "a"),
        ("<value><!-- c --><string>a<!-- c -->b</string><!-- c --></value>", "ab"),
        ("<value>a<?php echo ?>b</value>", "ab"),
        ("<value><string><![CDATA[<b>&amp;]]></string></value>", "<b>&amp;"),
        ("<value><![CDATA[ ]]></value>", " "),
        ("<value><string>&#13;&#xe9;&quot;</string></value>", '\ré"'),
        ("<value><base64>aGVs\n bG8=</base64></value>", b"hello"),
        ("<value><array><data/></array></value>", []),
        ("<value> <array> <data> <value>a</value> </data> </array> </value>", ["a"]),
        ("<value><struct/></value>", {}),
        (
            "<value><struct><member><value>1</value> <name>b</name></member></struct></value>",
            {"b": "1"},
        ),
        ("<value><struct><member><name/><value/></member></struct></value>", {"": ""}),
        (
            "<value><dateTime.iso8601>20260131T23:59:58</dateTime.iso8601></value>",
            datetime(2026, 1, 31, 23, 59, 58),
        ),
        (
            "<value><dateTime.iso8601> 2026-01-31T23:59:58 </dateTime.iso8601></value>",
            datetime(2026, 1, 31, 23, 59, 58),
        ),
        (
            "<value><dateTime.iso8601>20260131T235958</dateTime.iso8601></value>",
            datetime(2026, 1, 31, 23, 59, 58),
        ),
        (
            "<value><dateTime.iso8601>2026-01-31 23:59:58.125</dateTime.iso8601></value>",
            datetime(2026, 1, 31, 23, 59, 58),
        ),
        (
            "<value><dateTime.iso8601>20260131T23:59:58Z</dateTime.iso8601></value>",
            datetime(2026, 1, 31, 23, 59, 58, tzinfo=UTC),
        ),
        (
            "<value><dateTime.iso8601>2026-01-31T23:59:58-0230</dateTime.iso8601></value>",
            datetime(2026, 1, 31, 23, 59, 58, tzinfo=timezone(-timedelta(hours=2, minutes=30))),
        ),
        (
            "<value><dateTime.iso8601>20260131T23:59:58+01</dateTime.iso8601></value>",
            datetime(2026, 1, 31, 23, 59, 58, tzinfo=timezone(timedelta(hours=1))),
        ),
    ],
)
def test_replies_are_read_as_services_write_them(xml, value):
    assert repr(decoded(xml)) == repr(value)
    # Also deep within, and in a reply that is taken apart in slices.
    nested = (
        f"<value><struct><member><name>n</name><value><array><data>{xml}{xml}</data></array></value>"
        "</member></struct></value>"
    )
    assert repr(decoded(nested)) == repr({"n": [value, value]})


def test_a_reply_may_have_a_declaration_comments_and_another_encoding():
    xml = "<?xml version='1.0' encoding='iso-8859-1'?>\n<!-- é -->\n"
    body = (xml + response("<value>é</value>").decode() + "<!-- end -->\n").encode("iso-8859-1")
    assert codec.decode_response(body) == "é"


def test_a_declared_extension_is_not_declared_twice():
    body = response("<value><ex:nil/></value>")
    declared = body.replace(b"<methodResponse>", b'<methodResponse xmlns:ex="urn:x">')
    assert codec.decode_response(declared) is None


@pytest.mark.parametrize(
    ("code", "message"),
    [("<int>510150</int>", "<string>no</string>"), ("510150", "no"), ("<i4>510150</i4>", "no")],
)
def test_a_fault_is_told_apart_from_a_value(code, message):
    fault = (
        f"<value><struct><member><name>faultString</name><value>{message}</value></member>"
        f"<member><name>faultCode</name><value>{code}</value></member></struct></value>"
    )
    body = f"<methodResponse><fault>{fault}</fault></methodResponse>".encode()
    assert codec.decode_response(body) == FaultReply(510150, "no")
    assert in_slices(body) == FaultReply(510150, "no")
    assert decoded(fault)["faultString"] == "no"


def test_faults_agree_with_pythons_own():
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(codec.encode_fault(500130, "<no>"))
    assert (caught.value.faultCode, caught.value.faultString) == (500130, "<no>")
    theirs = xmlrpc.client.dumps(xmlrpc.client.Fault(500130, "<no>")).encode()
    assert codec.decode_response(theirs) == FaultReply(500130, "<no>")


MALFORMED = [
    "<value><int>5</int><int>6</int></value>",
    "<value>text<int>5</int></value>",
    "<value><int>5</int>text</value>",
    "<value><int>5<i4/></int></value>",
    "<value><string><b/></string></value>",
    "<value><int/></value>",
    "<value><int>five</int></value>",
    "<value><int>5_0</int></value>",
    "<value><int>٣</int></value>",
    "<value><int>1.0</int></value>",
    f"<value><int>{'9' * 5000}</int></value>",
    "<value><double>1_0</double></value>",
    "<value><double>one</double></value>",
    "<value><boolean>2</boolean></value>",
    "<value><boolean/></value>",
    "<value><base64>a</base64></value>",
    "<value><base64>é</base64></value>",
    "<value><nil>5</nil></value>",
    "<value><dateTime.iso8601>today</dateTime.iso8601></value>",
    "<value><dateTime.iso8601>20260231T00:00:00</dateTime.iso8601></value>",
    "<value><dateTime.iso8601>2026-02-31T00:00:00Z</dateTime.iso8601></value>",
    "<value><dateTime.iso8601>20260131T00:00:00+99:00</dateTime.iso8601></value>",
    "<value><money>5</money></value>",
    "<value><value>5</value></value>",
    "<value><array/></value>",
    "<value><array><data/><data/></array></value>",
    "<value><array><value>5</value></array></value>",
    "<value><array><data><int>5</int></data></array></value>",
    "<value><array><data>text</data></array></value>",
    "<value><array><data><value/>text</data></array></value>",
    "<value><struct>text</struct></value>",
    "<value><struct><name>a</name></struct></value>",
    "<value><struct><member/></struct></value>",
    "<value><struct><member><name>a</name></member></struct></value>",
    "<value><struct><member><name>a</name><name>b</name></member></struct></value>",
    "<value><struct><member><value/><value/></member></struct></value>",
    "<value><struct><member><name>a</name><value/><value/></member></struct></value>",
    "<value><struct><member><name>a<b/></name><value/></member></struct></value>",
    "<value><struct><member><name><value/></name><value/></member></struct></value>",
    "<value><struct><member>text<name>a</name><value/></member></struct></value>",
    "<int>5</int>",
    "<value/><value/>",
    "text<value/>",
    "",
]


@pytest.mark.parametrize("xml", MALFORMED)
def test_what_breaks_the_grammar_is_malformed(xml):
    with pytest.raises(MalformedMessage):
        decoded(xml)


@pytest.mark.parametrize("xml", MALFORMED)
def test_what_breaks_the_grammar_is_malformed_in_slices_too(monkeypatch, xml):
    for at_once in (3, 5, 8):
        monkeypatch.setattr(decoding, "AT_ONCE", at_once)
        with pytest.raises(MalformedMessage):
            in_slices(response(xml))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"not XML",
        b"<html><body>busy</body></html>",
        b"<methodResponse/>",
        b"<methodResponse><params/></methodResponse>",
        b"<methodResponse><params><param/></params></methodResponse>",
        response("<value/></param><param><value/>"),
        b"<methodResponse><fault/></methodResponse>",
        b"<methodResponse><fault><value>no</value></fault></methodResponse>",
        b"<methodResponse><fault><value><struct/></value></fault></methodResponse>",
        b"<methodResponse>text<params><param><value/></param></params></methodResponse>",
        b"<methodCall><methodName>a</methodName></methodCall>",
        response("<value>a</value>")[:-5],
        response("<value>a</value>") + b"more",
        b"\xff" + response("<value>a</value>"),
        b"<?xml version='1.0' encoding='klingon'?>" + response("<value/>"),
        response("<value>\x01</value>"),
        response("<value>&unknown;</value>"),
        response("<value><int>5</string></value>"),
    ],
)
def test_what_is_no_reply_is_malformed(body):
    with pytest.raises(MalformedMessage):
        codec.decode_response(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<methodCall/>",
        b"<methodCall><params/></methodCall>",
        b"<methodCall><methodName> </methodName></methodCall>",
        b"<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>",
        b"<methodCall><methodName>a</methodName><params/><params/></methodCall>",
        b"<methodCall><methodName>a</methodName><params><value/></params></methodCall>",
        b"<methodResponse/>",
    ],
)
def test_what_is_no_call_is_malformed(body):
    with pytest.raises(MalformedMessage):
        codec.decode_call(body)


def test_a_call_may_have_no_params():
    body = b"<methodCall><methodName> vm_list </methodName></methodCall>"
    assert codec.decode_call(body) == ("vm_list", [])


@given(st.binary(max_size=200))
def test_random_bytes_are_malformed(body):
    with pytest.raises(MalformedMessage):
        codec.decode_response(body)


@given(
    st.lists(
        st.sampled_from(
            [
                f"<{slash}{name}>"
                for name in ("value", "int", "struct", "member", "name", "array", "data")
                for slash in ("", "/")
            ]
            + ["<nil/>", "<value/>", "<value>a</value>", "5"]
        ),
        max_size=12,
    ).map("".join)
)
def test_random_markup_is_read_or_malformed_and_the_same_in_slices(xml):
    try:
        value = decoded(xml)
    except MalformedMessage:
        return
    assert in_slices(response(xml)) == value


# -- hostile documents -----------------------------------------------------------------------

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
    began = time.monotonic()
    with pytest.raises(MalformedMessage):
        codec.decode_response(body)
    parser = codec.parser()
    with pytest.raises((MalformedMessage, etree.XMLSyntaxError)):
        for start in range(0, len(body), 10):
            parser.feed(body[start : start + 10])
        list(codec.decode_in_slices(parser.close()))
    assert time.monotonic() - began < 1


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


# -- in slices -------------------------------------------------------------------------------


@given(values, st.integers(3, 12), st.integers(1, 3))
def test_a_document_taken_apart_in_slices_gives_the_same(value, at_once, piece):
    body = codec.encode_response(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "AT_ONCE", at_once)
        patch.setattr(decoding, "SLICE", piece)
        assert repr(in_slices(body)) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        list(range(20_000)),
        [{"id": number, "disks": [number] * 3} for number in range(3000)],
        {"ids": list(range(20_000)), "more": [[number] * 30 for number in range(400)]},
        {f"member {number}": number for number in range(8000)},
    ],
    ids=["ids", "structs", "arrays in a struct", "a large struct"],
)
def test_a_large_document_pauses_often(value):
    root = etree.fromstring(codec.encode_response(value), codec.parser())
    elements = sum(1 for _ in root.iter())
    slices = codec.decode_in_slices(root)
    pauses = 0
    result = None
    while result is None:
        try:
            next(slices)
            pauses += 1
        except StopIteration as stop:
            result = stop.value
    assert result == value
    assert pauses > elements / decoding.AT_ONCE


def test_base64_of_another_alphabet_or_with_junk_is_not_guessed_at():
    with pytest.raises(MalformedMessage):
        decoded("<value><base64>-_-_</base64></value>")
    assert decoded(f"<value><base64>{b64encode(bytes(300)).decode()}</base64></value>") == bytes(
        300
    )


@pytest.mark.parametrize("kind", SCALARS)
@pytest.mark.parametrize("start", ["", "20260131T00:00:00", "2026-01-31T00:00:00.", "1"])
@pytest.mark.parametrize("filling", [" ", "1", "0 ", "=", "-"])
def test_a_hostile_scalar_costs_no_time(kind, start, filling):
    began = time.monotonic()
    with suppress(MalformedMessage):
        SCALARS[kind](start + filling * 100_000 + "x")
    assert time.monotonic() - began < 1
