"""The reader of plain replies says what the parser would say, or nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi import codec
from aiogandi.codec import MalformedMessage, plain
from tests.codec.documents import in_slices, response, values

INSERTED = [
    "<value>", "</value>", "<int>5</int>", "<member>", "</member>", "<name>x</name>", "<data>",
    "</struct></value>", "</data></array></value>", "<array><data>", "<struct>", "<nil/>",
    "<value><int>5</int></value>", "<!-- x -->", "<![CDATA[x]]>", "<?x?>", "]]>", "&amp;", "&#13;",
    "<value><int></int></value>", "<value><i8>5.0</i8></value>", "<value><money>5</money></value>",
    "<value><boolean>True</boolean></value>", "<value><boolean></boolean></value>",
    "<value><dateTime.iso8601>00000000T00:00:00</dateTime.iso8601></value>",
    "<value><dateTime.iso8601>2006-01-01</dateTime.iso8601></value>",
    " ", "\n", "\r", "\t", "\0", "\x0b", "\x85", "\xa0", "\ufeff", "\ufffe", "x", "<", ">", "_",
]  # fmt: skip


def read_by_the_parser(body):
    """What the whole decoder makes of it, without the quick way."""
    try:
        return repr(in_slices(body))
    except (MalformedMessage, SyntaxError):
        return "malformed"


def is_plain(text):
    """Whether nothing in the encoded value needs XML's finer points."""
    return not any(sign in text for sign in ("&", "]", "<name></name>"))


@given(values)
def test_what_servers_write_is_read(value):
    body = codec.encode_response(value)
    if is_plain(body.decode()):
        assert repr(plain.read_plain(body)) == repr(value)
    else:
        assert plain.read_plain(body) is plain.NOT_PLAIN


@given(values, st.data())
def test_a_damaged_reply_is_read_as_the_parser_reads_it_or_not_at_all(value, data):
    text = codec.encode_response(value).decode()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        removed = data.draw(st.sampled_from([0, 0, 1, 5, 12]))
        inserted = data.draw(st.sampled_from(INSERTED) | st.just(text[at : at + 20]))
        text = text[:at] + inserted + text[at + removed :]
    body = text.encode()
    read = plain.read_plain(body)
    if read is not plain.NOT_PLAIN:
        assert repr(read) == read_by_the_parser(body)


BAD = ["<int></int>", "<int>5.0</int>", "<boolean></boolean>", "<double>x</double>", "<nil>5</nil>",
    "<dateTime.iso8601>00000000T00:00:00</dateTime.iso8601>", "<base64>a</base64>",
    "<money>5</money>", "<undefined></undefined>"]  # fmt: skip


@given(values, st.sampled_from(BAD), st.data())
def test_a_bad_scalar_is_the_parsers(value, bad, data):
    """In the place of any value: both ways together read what the parser alone reads."""
    text = codec.encode_response([value, 5]).decode()
    leaves = re.findall(r"<value>(?!<struct|<array)<[\w.]+>[^<]*</[\w.]+></value>", text)
    leaf = data.draw(st.sampled_from(leaves))
    body = text.replace(leaf, f"<value>{bad}</value>", 1).encode()
    assert plain.read_plain(body) is plain.NOT_PLAIN
    assert repr(codec.decode_response(body)) == read_by_the_parser(body) != "malformed"


INT = "<value><int>5</int></value>"
NESTED = f"<value><array><data>{INT}<value><struct></struct></value></data></array></value>"


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        (INT, 5),
        (" <value>\n<int>5</int>\t</value> ", 5),
        ("<value><string> a > b_\xe9\U0001f600 </string></value>", " a > b_\xe9\U0001f600 "),
        ("<value><nil></nil></value>", None),
        (f"<value><array><data>{INT}{INT}</data></array></value>", [5, 5]),
        ("<value><array> <data> </data> </array></value>", []),
        ("<value> <struct> </struct> </value>", {}),
        (
            f"<value><struct> <member> <name>b c</name> {NESTED} </member> </struct></value>",
            {"b c": [5, {}]},
        ),
        pytest.param(
            "<value><struct><member><name>a</name><value><int>4</int></value></member><member>"
            "<name>a</name><value><int>5</int></value></member></struct></value>",
            {"a": 5},
        ),
        (f"<value><struct><member><name> a </name>{INT}</member></struct></value>", {" a ": 5}),
    ],
)
def test_a_plain_reply_is_read(xml, value):
    assert plain.read_plain(response(xml)) == value


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<value>5</value>",
        "<value></value>",
        "<value/>",
        "<value><nil/></value>",
        "<value><int>_5</int></value>",
        "<value><int>5</i4></value>",
        "<value><unknown>5</unknown></value>",
        "<value><string>a\rb</string></value>",
        "<value><string>]]></string></value>",
        "<value><string>a\x0b</string></value>",
        "<value><string>a\x0c</string></value>",
        "<value><string>a\x1f</string></value>",
        "<value><string>a\ufffe</string></value>",
        "<value><string>a\uffff</string></value>",
        f"\xa0{INT}",
        f"<value>\xa0{INT[7:]}",
        f"<value><array><data><member><name></name>{INT}</member></data></array></value>",
        "<value><string>a<!-- --></string></value>",
        "<value a='b'><int>5</int></value>",
        f"<value>x{INT[7:]}",
        INT + INT,
        INT + "x",
        f"<value><array>{INT}</array></value>",
        f"<value><array><data><member><name>a</name>{INT}</member></data></array></value>",
        f"<value><array><data>{INT}</member></data></array></value>",
        f"<value><array><data>{INT}</struct></value>",
        f"<value><array><data>{INT}",
        f"<value><struct>{INT}</struct></value>",
        f"<value><struct><member>{INT}</member></struct></value>",
        f"<value><struct><member><name></name>{INT}</member></struct></value>",
        f"<value><struct><member>{INT}<name>a</name></member></struct></value>",
        f"<value><struct><member><name>a</name>{INT}</struct></value>",
        f"<value><struct><member><name>a</name>{INT}</member></data></array></value>",
        "<value><array><data><value><struct></struct></value></member></data></array></value>",
        "<value><struct><member><name>a</name><value><struct></struct></value></struct></value>",
        f"</struct></value>{INT}",
        f"</data></array></value>{INT}",
    ],
)
def test_all_else_is_the_parsers(xml):
    assert plain.read_plain(response(xml)) is plain.NOT_PLAIN


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"\xef\xbb\xbf" + response(INT),
        b"<!DOCTYPE methodResponse>" + response(INT),
        b"<?xml version='1.0' encoding='ISO-8859-1'?>" + response(INT),
        b"<?xml version='1.1'?>" + response(INT),
        response(INT).replace(b"params", b"fault"),
        response(INT) + b"<a/>",
        b" <?xml version='1.0'?>" + response(INT),
        b"<?xml version='1.0' encoding='UTF-8\"?>" + response(INT),
        b"<?xml version='1.0\"?>" + response(INT),
        response("<value><string>a</string></value>").replace(b">a<", b">\xff<"),
        response(INT) + b" " * 2**20,
        codec.encode_fault(510150, "bad credential"),
    ],
)
def test_a_document_of_another_kind_is_the_parsers(body):
    assert plain.read_plain(body) is plain.NOT_PLAIN


def test_what_is_nested_deeper_than_we_would_send_is_the_parsers():
    def nested(depth):
        return response("<value><array><data>" * depth + "</data></array></value>" * depth)

    assert plain.read_plain(nested(64)) is not plain.NOT_PLAIN
    assert plain.read_plain(nested(65)) is plain.NOT_PLAIN
    assert plain.read_plain(nested(100_000)) is plain.NOT_PLAIN
