"""What is no reply is a clear error. It tells what came by status, type, size and outline: no word of it."""

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiogandi import TransportError, codec
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.transport.exchange import Transport
from aiogandi.transport.failures import retry_after
from aiogandi.transport.request import Request
from tests import servers
from tests.wire import http

REPLY = codec.encode_response("a reply")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"busy", "not XML: document empty at line 1, column 1: no usual type, 4 bytes"),
        (b"<html><body>busy</body></html>", "the document is an unknown element, not a methodRes"),
        (b"<html><body>busy</body></html>", ": <html><body>***</body></html>"),
        (b"<methodResponse><params/></methodResponse>", "no params that holds one param: "),
        (b"<methodCall><methodName>a</methodName></methodCall>", "the document is <methodCall>, "),
        (b"<methodResponse>\n</e9Uf3Kz6Qd1G>", "not XML: tag name mismatch at line 2, column 16: "),
        (b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + REPLY[39:].replace(b"a reply", b"&e;"), "a DTD is no"),
        (
            REPLY[:-20],
            "not XML: gt required at line 2, column 85: no usual type, 123 bytes: ***<methodRe",
        ),
        (REPLY.replace(b"string", b"e9Uf3Kz6Qd1G"), "an unknown element, where a type was due: "),
        (b"\xff\xfe\x00", "not XML: "),
        (b"", "not XML: document empty at line 1, column 1"),
    ],
)
async def test_what_is_no_xml_rpc_is_told_by_kind_size_and_outline(failure_of, body, told):
    error = await failure_of(http(body))
    assert (error.status, error.sent) == (200, True)
    assert str(error).startswith("vm_info: HTTP 200, but ")
    assert told in str(error)
    assert not any(word in str(error) for word in ("busy", "a reply", "e9Uf3Kz"))
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("text/html; charset=utf-8", "text/html, "),
        ("Application/Problem+JSON", "application/problem+json, "),
        ("text/e9Uf3Kz6Qd1G", "no usual type, "),
        ("e9Uf3Kz6Qd1G", "no usual type, "),
        ("text/" + "x" * 50, "no usual type, "),
        ("text/html\xe9", "no usual type, "),
    ],
)
async def test_a_page_is_told_by_its_media_type(failure_of, header, told):
    body = b"<HTML><h1 id=x>busy</h1><p>e9Uf3Kz6Qd1G"
    error = await failure_of(http(body, "503 Service Unavailable", f"Content-Type: {header}"))
    assert str(error) == (
        f"vm_info: HTTP 503 Service Unavailable: {told}39 bytes: <html><h1>***</h1><p>***"
    )


async def test_a_wrong_path_is_told_as_such_and_not_in_stars(failure_of):
    error = await failure_of(http(b"not found\n", "404 Not Found", "Content-Type: text/plain"))
    assert str(error) == (
        "vm_info: HTTP 404 Not Found: is the path of the URL right? The service's was /xmlrpc/:"
        " text/plain, 10 bytes"
    )


async def test_a_page_is_told_in_no_more_than_200_characters_of_outline(failure_of):
    error = await failure_of(http(b"<p>busy" * 1000, "503 Service Unavailable"))
    assert str(error) == (
        f"vm_info: HTTP 503 Service Unavailable: no usual type, 4096 bytes or more: {'<p>***' * 40:.200}"
    )


async def test_a_truncated_reply_is_told_with_its_outline(failure_of):
    error = await failure_of(http(REPLY)[:-20])
    assert (error.status, error.sent) == (200, True)
    assert "<string>***</string>" in str(error)
    assert isinstance(error.__cause__, aiohttp.ClientPayloadError)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"no gzip", "Content-Encoding: gzip"),
        (gzip.compress(REPLY)[:-10], "Content-Encoding: gzip"),
    ],
)
async def test_a_broken_compression_is_told(failure_of, body, headers):
    error = await failure_of(http(body, "200 OK", headers))
    assert error.status in (200, None)
    assert error.sent


@pytest.mark.parametrize("size", [2_000, 300_000, 20_000_000])
async def test_a_reply_that_is_too_large_is_not_read_to_its_end(failure_of, size):
    async def endless(_):
        return http(codec.encode_response(["x" * 50] * (size // 50)))

    error = await failure_of(endless, max_reply=min(size // 2, 16 * 2**20))
    assert error.status == 200
    assert "larger than" in str(error)
    assert "<methodResponse>" in str(error)


async def test_a_bomb_is_given_up_where_it_is_too_large(failure_of):
    bomb = gzip.compress(
        b"<methodResponse><params><param><value><array><data>" + b"<value>1</value>" * 2_000_000
    )
    assert len(bomb) < 200_000
    error = await failure_of(http(bomb, "200 OK", "Content-Encoding: gzip"), max_reply=2**20)
    assert "larger than 1048576 bytes" in str(error)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("204 No Content", "HTTP 204 No Content"),
        ("301 Moved Permanently", "HTTP 301 Moved Permanently: redirects are not followed"),
        ("404 e9Uf3Kz6Qd1G", "HTTP 404 Not Found"),
        ("500 Broken", "HTTP 500 Internal Server Error"),
        ("599 Odd", "HTTP 599"),
    ],
)
async def test_another_status_is_told_with_its_standard_name(failure_of, status, told):
    error = await failure_of(http(b"" if status[:3] == "204" else b"look <here>", status))
    assert error.status == int(status[:3])
    assert str(error).startswith(f"vm_info: {told}")
    assert not any(word in str(error) for word in ("e9Uf3Kz", "Broken", "Odd", "look"))
    assert error.sent
    assert error.__cause__ is None


async def test_a_redirect_is_never_followed(raw_server, failure_of):
    elsewhere, requests = await raw_server(http(REPLY))
    error = await failure_of(http(b"", "307 Temporary Redirect", f"Location: {elsewhere}"))
    assert (error.status, requests) == (307, [])
    assert "redirects are not followed" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01",
    ],
)
async def test_what_is_no_http_is_told(failure_of, answer):
    error = await failure_of(answer)
    assert error.sent
    assert isinstance(error.__cause__, aiohttp.ClientError)


# -- what takes too long ---------------------------------------------------------------------


async def silent(reader, writer):
    """Never answers."""
    await reader.read()


async def half(reader, writer):
    """Stops in the middle of its answer."""
    await reader.readuntil(b"</methodCall>")
    writer.write(http(REPLY)[:-20])
    await reader.read()


@pytest.fixture
def failure_in_time(in_virtual_time):
    """The `TransportError` of one call to a server that handles connections like this."""

    def send(handle, **settings):
        async def story():
            async with servers.streams(handle) as url:
                transport = Transport(url, timeout=30, events=Emitter())
                with pytest.raises(TransportError) as caught:
                    await transport.exchange(Request.of("vm_info", {}), **settings)
                await transport.close()
            return caught.value

        return in_virtual_time(story())

    return send


def test_a_service_that_is_silent_times_out(failure_in_time):
    error = failure_in_time(silent)
    assert (error.status, error.sent) == (None, True)
    assert str(error) == "vm_info: no reply within 30 s"
    assert isinstance(error.__cause__, TimeoutError)


def test_a_service_that_stops_in_the_middle_times_out(failure_in_time):
    error = failure_in_time(half)
    assert (error.status, error.sent) == (200, True)
    assert "no reply within 30 s: " in str(error)
    assert "<string>***</string>" in str(error)


def test_a_poll_may_have_less_time(failure_in_time):
    error = failure_in_time(silent, timeout=5)
    assert str(error) == "vm_info: no reply within 5 s"


# -- when it may be sent again ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("9" * 400, 2.0**31),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        ("Fri, 31 Dec 9999 23:59:59 +9999", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(value, seconds):
    assert retry_after({"Retry-After": value}) == seconds
    assert retry_after({}) is None


def test_retry_after_may_be_a_date_to_come():
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert retry_after({"Retry-After": date}) == pytest.approx(100, abs=2)
    assert retry_after({"Retry-After": date.replace("GMT", "-0000")}) == pytest.approx(100, abs=2)


@given(st.text() | st.from_regex(r"\A[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ?[+-]?\w*\Z"))
def test_no_retry_after_breaks_anything(value):
    seconds = retry_after({"Retry-After": value})
    assert seconds is None or seconds >= 0
