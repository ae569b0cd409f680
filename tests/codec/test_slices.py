"""A large document is taken apart in slices, and gives the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aiogandi import codec
from aiogandi.codec import decoding
from tests.codec.documents import in_slices, values


@given(values, st.integers(3, 12), st.integers(1, 3))
def test_a_document_taken_apart_in_slices_gives_the_same(value, at_once, piece):
    body = codec.encode_response(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "ELEMENTS_AT_ONCE", at_once)
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
    assert pauses == elements // decoding.ELEMENTS_AT_ONCE  # one after each full slice
