"""Documents for the tests of the codec, and two ways to read them."""

from hypothesis import strategies as st
from lxml import etree

from aiogandi import codec

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
    return _value(etree.fromstring(body, codec.parser()))


def in_pieces(body):
    """The same as the client reads a large reply: parsed piece by piece."""
    parser = codec.parser()
    try:
        for start in range(0, len(body), codec.LONGEST_TAG):
            parser.feed(body[start : start + codec.LONGEST_TAG])
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise codec.not_xml(error) from None
    return _value(root)


def _value(root):
    slices = codec.decode_in_slices(root)
    while True:
        try:
            next(slices)
        except StopIteration as result:
            return result.value
