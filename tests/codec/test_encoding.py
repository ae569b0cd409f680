"""Nothing is lost on the wire, and what it cannot carry is refused before it is sent."""

import math
import xmlrpc.client
from collections import OrderedDict, UserDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi import InvalidArgument, codec
from aiogandi.redaction import Secret
from tests.codec.documents import values


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


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63 - 1, -(2**63)])
def test_a_larger_number_goes_out_in_64_bits(number):
    assert f"<i8>{number}</i8>".encode() in codec.encode_response(number)
    assert codec.decode_response(codec.encode_response([number])) == [number]


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
        2**63,
        -(2**63) - 1,
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
