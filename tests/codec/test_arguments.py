"""Of a call's scalars nothing is lost: neither how a number was written, nor what is no value at all."""

import copy
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from aiogandi import codec
from aiogandi.codec import IllTyped, MalformedMessage
from tests.codec.documents import floats, ints


def argument(xml):
    """The one argument of a call, read from its element."""
    body = (
        f"<methodCall><methodName>m</methodName><params><param>{xml}</param></params></methodCall>"
    )
    method, [value] = codec.decode_call(body.encode())
    assert method == "m"
    return value


def member(xml):
    return f"<value><struct><member><name>n</name>{xml}</member></struct></value>"


BAD = [
    ("<int></int>", "int", ""),
    ("<int/>", "int", ""),
    ("<i4> \n</i4>", "i4", " \n"),
    ("<int>abc</int>", "int", "abc"),
    ("<int>3.0</int>", "int", "3.0"),
    ("<i8>1_0</i8>", "i8", "1_0"),
    (f"<i8>{'9' * 5000}</i8>", "int", "9" * 5000),
    ("<double/>", "double", ""),
    ("<double>x</double>", "double", "x"),
    ("<double>1,5</double>", "double", "1,5"),
    ("<double>nan</double>", "double", "nan"),
    ("<double>-Infinity</double>", "double", "-Infinity"),
    ("<double>1e999</double>", "double", "1e999"),
    ("<float>x</float>", "float", "x"),
    ("<boolean/>", "boolean", ""),
    ("<boolean>2</boolean>", "boolean", "2"),
    ("<dateTime.iso8601/>", "dateTime.iso8601", ""),
    ("<dateTime.iso8601>yesterday</dateTime.iso8601>", "dateTime.iso8601", "yesterday"),
    (
        "<dateTime.iso8601>20260231T00:00:00</dateTime.iso8601>",
        "dateTime.iso8601",
        "20260231T00:00:00",
    ),
    ("<base64>!!</base64>", "base64", "!!"),
    ("<nil>5</nil>", "nil", "5"),
    ("<money>5</money>", None, "5"),
    ("<undefined/>", None, ""),
    ("<x:bigint xmlns:x='urn:x'>5</x:bigint>", None, "5"),
]


@pytest.mark.parametrize(("xml", "kind", "text"), BAD, ids=[xml[:40] for xml, _, _ in BAD])
def test_a_scalar_that_is_no_value_of_its_type_stands_where_it_came(xml, kind, text):
    xml = f"<value>{xml}</value>"
    bad = IllTyped(kind, text)
    assert argument(xml) == bad
    assert argument(member(xml)) == {"n": bad}
    assert argument(f"<value><array><data>{xml}<value>a</value></data></array></value>") == [
        bad,
        "a",
    ]


def test_what_is_ill_typed_may_be_a_password_and_is_not_shown():
    assert "hunter2" not in repr(IllTyped("int", "hunter2"))


@pytest.mark.parametrize(
    "xml",
    ["<int>5<b/></int>", "<int>5</int><int>6</int>", "text<int/>", "<name>a</name>", "<param/>"],
)
def test_what_breaks_the_grammar_stays_malformed(xml):
    with pytest.raises(MalformedMessage):
        argument(f"<value>{xml}</value>")


@pytest.mark.parametrize("kind", ["int", "i4", "i8", "i2", "i1"])
@pytest.mark.parametrize(
    ("text", "number"), [("0123", 123), ("+5", 5), (" 5 ", 5), ("-0", 0), ("00", 0), ("-007", -7)]
)
def test_an_int_keeps_the_text_that_was_sent(kind, text, number):
    value = argument(f"<value><{kind}>{text}</{kind}></value>")
    assert (value, str(value)) == (number, text)
    assert argument(member(f"<value><{kind}>{text}</{kind}></value>"))["n"] == number


@pytest.mark.parametrize("kind", ["double", "float"])
@pytest.mark.parametrize(
    ("text", "number"), [("1.10", 1.1), ("4", 4.0), ("1e5", 1e5), ("+.5", 0.5), (" 1.5\n", 1.5)]
)
def test_a_double_keeps_the_text_that_was_sent(kind, text, number):
    value = argument(f"<value><{kind}>{text}</{kind}></value>")
    assert (value, str(value)) == (number, text)


@given(ints | floats)
def test_a_usual_number_is_a_plain_one(number):
    kind = "int" if isinstance(number, int) else "double"
    value = argument(f"<value><{kind}>{number!r}</{kind}></value>")
    assert (repr(value), type(value)) == (repr(number), type(number))


DATES_AS_SENT = [
    "2006-01-01T10:00:00",
    "20060101T24:00:00",
    "20060101t10:00Z",
    " 20060101T10:00:00 ",
]


@pytest.mark.parametrize("text", DATES_AS_SENT)
def test_a_date_keeps_the_text_that_was_sent(text):
    assert str(argument(f"<value><dateTime.iso8601>{text}</dateTime.iso8601></value>")) == text


def test_a_usual_date_is_a_plain_one():
    date = argument("<value><dateTime.iso8601>20060101T10:00:00</dateTime.iso8601></value>")
    assert (date, type(date)) == (datetime(2006, 1, 1, 10), datetime)


def test_what_is_reckoned_from_a_date_is_another():
    date = argument("<value><dateTime.iso8601>2006-01-01</dateTime.iso8601></value>")
    assert str(date + timedelta(days=1)) == "2006-01-02 00:00:00"


@pytest.mark.parametrize(
    "xml",
    [
        "<int>0123</int>",
        "<double>1.10</double>",
        *(f"<dateTime.iso8601>{text}</dateTime.iso8601>" for text in DATES_AS_SENT[:2]),
    ],
)
def test_what_keeps_its_text_is_copied_pickled_and_sent_as_the_number_it_is(xml):
    value = argument(f"<value>{xml}</value>")
    for same in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert (same, str(same)) == (value, str(value))
    [sent] = codec.decode_response(codec.encode_response([value]))
    assert (sent, type(sent)) == (value, type(value).__base__)


def test_replies_hold_plain_numbers():
    reply = (
        "<methodResponse><params><param><value><array><data><value><int>0123</int></value>"
        "<value><double>1.10</double></value></data></array></value></param></params></methodResponse>"
    )
    assert [type(value) for value in codec.decode_response(reply.encode())] == [int, float]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2006-01-01", datetime(2006, 1, 1)),
        ("20060101", datetime(2006, 1, 1)),
        ("20060101T00:00:00", datetime(2006, 1, 1)),
        ("2006-01-01T00:00:00", datetime(2006, 1, 1)),
        ("2006-01-01 00:00:00", datetime(2006, 1, 1)),
        ("20060101T00:00:00Z", datetime(2006, 1, 1, tzinfo=UTC)),
        ("2006-01-01T02:00:00+02:00", datetime(2006, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_every_form_in_calls_and_in_replies(text, date):
    xml = f"<value><dateTime.iso8601>{text}</dateTime.iso8601></value>"
    assert argument(xml) == date
    for value, whole in ((xml, date), (member(xml), {"n": date})):
        reply = f"<methodResponse><params><param>{value}</param></params></methodResponse>".encode()
        assert codec.decode_response(reply) == whole
