"""One bad scalar in a reply spoils its field alone; what is no XML-RPC stays an error."""

from datetime import datetime

import pytest

from aiogandi import codec
from aiogandi.codec import FaultReply, MalformedMessage, decoding
from aiogandi.models import VM
from tests.codec.documents import decoded, in_slices, response

GOOD = "<member><name>hostname</name><value><string>web</string></value></member>"


def member(xml, name="n"):
    return f"<member><name>{name}</name>{xml}</member>"


def struct(*members):
    return f"<value><struct>{''.join(members)}</struct></value>"


BAD = [
    ("<value><int></int></value>", None),
    ("<value><int/></value>", None),
    ("<value><i4> \n</i4></value>", None),
    ("<value><int>five</int></value>", "five"),
    ("<value><int>3.0</int></value>", "3.0"),
    ("<value><i8>1_0</i8></value>", "1_0"),
    ("<value><double/></value>", None),
    ("<value><double>1,5</double></value>", "1,5"),
    ("<value><boolean/></value>", None),
    ("<value><boolean>yes</boolean></value>", "yes"),
    ("<value><dateTime.iso8601/></value>", None),
    ("<value><dateTime.iso8601></dateTime.iso8601></value>", None),
    ("<value><dateTime.iso8601>00000000T00:00:00</dateTime.iso8601></value>", "00000000T00:00:00"),
    ("<value><dateTime.iso8601>0000-00-00</dateTime.iso8601></value>", "0000-00-00"),
    (
        "<value><dateTime.iso8601>20260231T00:00:00Z</dateTime.iso8601></value>",
        "20260231T00:00:00Z",
    ),
    ("<value><base64>a</base64></value>", "a"),
    ("<value><nil>5</nil></value>", "5"),
    ("<value><money>5</money></value>", "5"),
    ("<value><undefined/></value>", None),
    ("<value><x:bigint xmlns:x='urn:x'>5</x:bigint></value>", "5"),
    (f"<value><i8>{'9' * 5000}</i8></value>", "9" * 5000),
]


@pytest.mark.parametrize(("xml", "value"), BAD)
@pytest.mark.parametrize("at_once", [3, 5, 8, 3000])
def test_a_scalar_that_cannot_be_read_is_its_text_and_spoils_nothing_beside_it(
    monkeypatch, xml, value, at_once
):
    monkeypatch.setattr(decoding, "ELEMENTS_AT_ONCE", at_once)
    inner = struct(member(xml), GOOD)
    array = f"<value><array><data>{xml}<value><int>7</int></value></data></array></value>"
    behind = f"<member>{xml}<name>n</name></member>"
    for document, whole in (
        (struct(member(xml), GOOD), {"n": value, "hostname": "web"}),
        (
            struct(GOOD, member(inner, "params")),
            {"hostname": "web", "params": {"n": value, "hostname": "web"}},
        ),
        (array, [value, 7]),
        (struct(member(array)), {"n": [value, 7]}),
        (struct(behind), {"n": value}),
    ):
        assert decoded(document) == whole
        assert in_slices(response(document)) == whole


@pytest.mark.parametrize("xml", [xml for xml, _ in BAD])
def test_a_reply_that_is_one_bad_scalar_is_malformed(xml):
    with pytest.raises(MalformedMessage) as caught:
        decoded(xml)
    assert "9" * 10 not in str(caught.value)
    with pytest.raises(MalformedMessage):
        in_slices(response(xml))


@pytest.mark.parametrize(
    "xml",
    [
        "<value><money><cents>5</cents></money></value>",
        "<value><int>5<b/></int></value>",
        "<value><int>5</int><int>6</int></value>",
        "<value>text<int/></value>",
        "<value><int/>text</value>",
        "<value><value/></value>",
        "<value><name>a</name></value>",
        "<value><member/></value>",
        "<value><data/></value>",
        "<value><param/></value>",
        "<value><fault/></value>",
        "<value><array/></value>",
        "<value><x:array xmlns:x='urn:x'/></value>",
        "<value><x:struct xmlns:x='urn:x'/></value>",
        "<money>5</money>",
        "",
    ],
)
def test_what_breaks_the_grammar_is_malformed_within_a_struct_too(xml):
    for document in (struct(member(xml), GOOD), struct(member(struct(member(xml))))):
        with pytest.raises(MalformedMessage):
            decoded(document)
        with pytest.raises(MalformedMessage):
            in_slices(response(document))


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ("<dateTime.iso8601>2006-01-01</dateTime.iso8601>", datetime(2006, 1, 1)),
        ("<dateTime.iso8601>20060101</dateTime.iso8601>", datetime(2006, 1, 1)),
        ("<boolean>True</boolean>", True),
        ("<boolean> FALSE\n</boolean>", False),
    ],
)
def test_a_date_alone_and_a_boolean_that_is_spelt_out_are_read_wherever_they_stand(xml, value):
    xml = f"<value>{xml}</value>"
    assert decoded(xml) == in_slices(response(xml)) == value
    call = (
        f"<methodCall><methodName>m</methodName><params><param>{xml}</param></params></methodCall>"
    )
    assert codec.decode_call(call.encode()) == ("m", [value])


@pytest.mark.parametrize(
    "code",
    [
        "510150",
        "<string>510150</string>",
        "<string> 510150\n</string>",
        "<double>510150</double>",
        "<double>510150.0</double>",
        "<string>510150.0</string>",
        "<int>510150.0</int>",
        "<bigint>510150</bigint>",
    ],
)
@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("<base64>bm8=</base64>", "no"),
        ("no", "no"),
        ("<int>5</int>", "5"),
        ("<nil/>", "(NoneType)"),
    ],
)
def test_a_fault_whose_code_or_text_is_of_another_type_is_a_fault(code, message, told):
    fault = struct(
        member(f"<value>{message}</value>", "faultString"),
        member(f"<value>{code}</value>", "faultCode"),
    )
    body = f"<methodResponse><fault>{fault}</fault></methodResponse>".encode()
    assert codec.decode_response(body) == in_slices(body) == FaultReply(510150, told)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "<int/>",
        "<double>1.5</double>",
        "<double>1e300</double>",
        "<boolean>1</boolean>",
        "<string>many</string>",
        "<nil/>",
        "<string>9223372036854775808</string>",
        "<array><data><value><int>1</int></value></data></array>",
    ],
)
def test_a_fault_without_a_number_is_malformed(code):
    fault = struct(
        member(f"<value>{code}</value>", "faultCode"), member("<value>no</value>", "faultString")
    )
    body = f"<methodResponse><fault>{fault}</fault></methodResponse>".encode()
    with pytest.raises(MalformedMessage):
        codec.decode_response(body)
    with pytest.raises(MalformedMessage):
        in_slices(body)


def test_all_fields_of_a_server_but_the_bad_ones_are_read_and_raw_shows_what_came():
    sent = {
        "id": "<value>5</value>",
        "hostname": "<value><base64>d2Vi</base64></value>",
        "state": "<value><state>running</state></value>",
        "os_id": "<value><int>0</int></value>",
        "shares": "<value><double>4.0</double></value>",
        "cpu": "<value><double>3.5</double></value>",
        "memory": "<value><int></int></value>",
        "disks": "<value><array><data><value>7</value><value><int/></value></data></array></value>",
        "date_created": "<value>20260131T23:59:00</value>",
        "date_updated": "<value><dateTime.iso8601>00000000T00:00:00</dateTime.iso8601></value>",
    }
    reply = decoded(struct(*(member(xml, name) for name, xml in sent.items())))
    vm = VM.from_wire(reply, id=5)
    assert vm == VM(
        5, "web", "running", None, 4, None, None, (7,), None, datetime(2026, 1, 31, 23, 59), None
    )
    assert vm.raw == {
        "id": "5",
        "hostname": b"web",
        "state": "running",
        "os_id": 0,
        "shares": 4.0,
        "cpu": 3.5,
        "memory": None,
        "disks": ["7", None],
        "date_created": "20260131T23:59:00",
        "date_updated": "00000000T00:00:00",
    }
