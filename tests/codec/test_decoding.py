"""Replies are read as services write them; what breaks the grammar is malformed."""

import xmlrpc.client
from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi import codec
from aiogandi.codec import FaultReply, MalformedMessage, decoding
from tests.codec.documents import decoded, in_slices, response


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


@pytest.mark.parametrize(
    ("sent", "read"), [("ne peut plus être".encode(), "ne peut plus être"), (b"\xff!", "\ufffd!")]
)
def test_a_faults_message_in_base64_is_text(sent, read):
    message = f"<value><base64>{b64encode(sent).decode()}</base64></value>"
    body = (
        "<methodResponse><fault><value><struct>"
        "<member><name>faultCode</name><value><int>5</int></value></member>"
        f"<member><name>faultString</name>{message}</member>"
        "</struct></value></fault></methodResponse>"
    ).encode()
    assert codec.decode_response(body) == FaultReply(5, read)


def test_faults_agree_with_pythons_own():
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(codec.encode_fault(500130, "<no>"))
    assert (caught.value.faultCode, caught.value.faultString) == (500130, "<no>")
    theirs = xmlrpc.client.dumps(xmlrpc.client.Fault(500130, "<no>")).encode()
    assert codec.decode_response(theirs) == FaultReply(500130, "<no>")


def test_base64_of_another_alphabet_or_with_junk_is_not_guessed_at():
    with pytest.raises(MalformedMessage):
        decoded("<value><base64>-_-_</base64></value>")
    assert decoded(f"<value><base64>{b64encode(bytes(300)).decode()}</base64></value>") == bytes(
        300
    )


# -- what is malformed ----------------------------------------------------------------------


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
def test_what_breaks_the_grammar_is_malformed_at_once_and_in_slices(monkeypatch, xml):
    with pytest.raises(MalformedMessage):
        decoded(xml)
    for at_once in (3, 5, 8):
        monkeypatch.setattr(decoding, "ELEMENTS_AT_ONCE", at_once)
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
