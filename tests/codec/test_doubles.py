"""Doubles go out without exponents, which XML-RPC forbids, in both directions; nothing of them is lost."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi import codec


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_has_no_exponent_and_is_the_same_when_it_is_read(number):
    for body in (codec.encode_call("m", [number]), codec.encode_response(number)):
        text = body.partition(b"<double>")[2].partition(b"</double>")[0].decode()
        whole, point, rest = text.removeprefix("-").partition(".")
        assert point
        assert (whole + rest).isascii()
        assert whole.isdigit()
        assert rest.isdigit()
        assert repr(float(text)) == repr(number)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e16, b"10000000000000000.0"),
        (1e-7, b"0.0000001"),
        (-1.5e-10, b"-0.00000000015"),
        (1.25e17, b"125000000000000000.0"),
        (5e-324, b"0." + b"0" * 323 + b"5"),
        (1e300, b"1" + b"0" * 300 + b".0"),
        (-0.0, b"-0.0"),
        (0.1, b"0.1"),
    ],
)
def test_a_doubles_digits_are_written_out(number, text):
    body = codec.encode_response(number)
    assert b"<double>" + text + b"</double>" in body
    assert math.copysign(1, codec.decode_response(body)) == math.copysign(1, number)
