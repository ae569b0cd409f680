"""One exchange over the wire: what comes back, or a clear error that says whether it was sent."""

import asyncio
import gc
import gzip
import ssl
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp_xmlrpc.client import ServerProxy
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aiogandi import ClientClosed, InvalidArgument, NotFound, RateLimit, TransportError, codec
from aiogandi.redaction import Redactor, Secret
from aiogandi.transport.exchange import CONNECTIONS, IDLE, Request, Transport, Withdrawn, refusal_of
from aiogandi.transport.failures import retry_after
from aiogandi.transport.proxy import Proxy
from aiogandi.transport.rate import Rank, Throttle

REPLY = codec.encode_response("a reply")
PASSWORD = "p&ss <w0rd> 'x' \"y\" ]"


def http(body=b"", status="200 OK", *headers):
    """An HTTP answer as it goes over the wire."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


@pytest.fixture
async def transport_to():
    """Makes transports, and closes them."""
    transports = []

    def make(url, **settings):
        defaults = {"timeout": 5, "throttle": Throttle(None), "tally": Counter()}
        transports.append(Transport(url, **(defaults | settings)))
        return transports[-1]

    yield make
    for transport in transports:
        await transport.close()


@pytest.fixture
def ask(raw_server, transport_to):
    """Sends one call to a server that answers with raw bytes."""

    async def send(answer, method="vm_info", **settings):
        url, _ = await raw_server(answer)
        transport = transport_to(url, redactor=Redactor([Secret(PASSWORD)]), **settings)
        return await transport.exchange(Request.of(method, {"vm_id": 5}))

    return send


@pytest.fixture
def failure_of(ask):
    """The `TransportError` of one call."""

    async def send(answer, **settings):
        with pytest.raises(TransportError) as caught:
            await ask(answer, **settings)
        return caught.value

    return send


# -- what comes back -------------------------------------------------------------------------


async def test_a_reply_is_returned(ask):
    assert await ask(http(REPLY)) == "a reply"


async def test_the_call_goes_out_as_xml_with_its_lead_first(raw_server, transport_to):
    url, requests = await raw_server(http(REPLY))
    transport = transport_to(url)

    class Session:
        def ready(self):
            return True

        def take(self):
            return Secret("session-id")

    request = Request.of("vm_info", {"password": Secret(PASSWORD), "vm_id": 5})
    await transport.exchange(request, Session())
    assert codec.decode_call(requests[0]) == ("vm_info", ["session-id", PASSWORD, 5])
    assert PASSWORD not in repr(request)


async def test_a_fault_is_raised_with_its_secrets_blanked(ask):
    fault = codec.encode_fault(530040, f"DataError: not there [vm_id: 5] for {PASSWORD}")
    with pytest.raises(NotFound) as caught:
        await ask(http(fault))
    assert caught.value.message == "DataError: not there [vm_id: 5] for ***"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


async def test_a_compressed_reply_is_read(ask):
    assert await ask(http(gzip.compress(REPLY), "200 OK", "Content-Encoding: gzip")) == "a reply"


async def test_a_large_reply_is_read_in_pieces(ask):
    value = [{"id": number, "name": f"web {number}"} for number in range(20_000)]
    assert await ask(http(codec.encode_response(value))) == value


async def test_a_large_reply_with_an_undeclared_prefix_is_read(ask):
    body = codec.encode_response(["x" * 100] * 5000)
    body = body.replace(b"<value><string>x", b"<value><ex:nil/></value><value><string>x", 1)
    assert (await ask(http(body)))[:2] == [None, "x" * 100]


async def test_a_large_reply_does_not_block_the_loop(ask):
    value = [{"id": number, "disks": [number] * 5, "name": f"{number}"} for number in range(12_000)]
    body = http(codec.encode_response(value))
    assert len(body) > 4_000_000
    longest = 0.0

    async def tick():
        # Processor time, and without the collector: neither is to be had from a busy machine.
        nonlocal longest
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, last = max(longest, now - last), now

    ticker = asyncio.create_task(tick())
    gc.disable()
    try:
        assert len(await ask(body)) == 12_000
        await asyncio.sleep(0.001)
    finally:
        gc.enable()
        ticker.cancel()
    assert longest < 0.02


async def test_one_login_does_not_lead_to_cookies(raw_server, transport_to):
    url, _ = await raw_server(http(REPLY, "200 OK", "Set-Cookie: session=abc"))
    transport = transport_to(url)
    await transport.exchange(Request.of("vm_list", {}))
    assert not list(transport._proxy.client.cookie_jar)


# -- what is no reply ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"busy",
        b"<html><body>busy</body></html>",
        b"<methodResponse><params/></methodResponse>",
        b"<methodCall><methodName>a</methodName></methodCall>",
        b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + REPLY[39:].replace(b"a reply", b"&e;"),
        REPLY[:-20],
        b"\xff\xfe\x00",
        b"",
    ],
)
async def test_what_is_no_xml_rpc_is_told_with_its_beginning(failure_of, body):
    error = await failure_of(http(body))
    assert (error.status, error.sent) == (200, True)
    assert str(error).startswith("vm_info: HTTP 200, but ")
    assert repr(body.decode(errors="replace")[:50])[1:-1] in str(error)


async def test_no_more_than_200_characters_are_shown(failure_of):
    error = await failure_of(http(b"busy " * 1000, "503 Service Unavailable"))
    assert str(error) == f"vm_info: HTTP 503 Service Unavailable: {'busy ' * 40!r}"


async def test_a_truncated_reply_is_told_with_its_beginning(failure_of):
    error = await failure_of(http(REPLY)[:-20])
    assert (error.status, error.sent) == (200, True)
    assert "<string>a reply" in str(error)
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
    "status",
    ["204 No Content", "301 Moved", "400 Bad", "404 Not Found", "500 Broken", "599 Odd"],
)
async def test_another_status_is_told(failure_of, status):
    error = await failure_of(http(b"" if status[:3] == "204" else b"look <here>", status))
    assert error.status == int(status[:3])
    assert status in str(error)
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


async def test_a_service_that_is_silent_times_out(failure_of):
    error = await failure_of(lambda _: None, timeout=0.05)
    assert (error.status, error.sent) == (None, True)
    assert str(error) == "vm_info: no reply within 0.05 s"
    assert isinstance(error.__cause__, TimeoutError)


async def test_a_service_that_stops_in_the_middle_times_out(stream_server, transport_to):
    async def stop_in_the_middle(reader, writer):
        await reader.readuntil(b"</methodCall>")
        writer.write(http(REPLY)[:-20])
        await reader.read()

    error = await failure_at(transport_to(await stream_server(stop_in_the_middle), timeout=0.1))
    assert (error.status, error.sent) == (200, True)
    assert "no reply within 0.1 s: " in str(error)
    assert "a reply" in str(error)


async def test_a_poll_may_have_less_time(raw_server, transport_to):
    url, _ = await raw_server(lambda _: None)
    transport = transport_to(url)
    with pytest.raises(TransportError, match=r"no reply within 0.05 s"):
        await transport.exchange(Request.of("vm_info", {}), rank=Rank.POLL, timeout=0.05)


# -- what was certainly not sent -------------------------------------------------------------


async def failure_at(transport):
    with pytest.raises(TransportError) as caught:
        await transport.exchange(Request.of("vm_info", {}))
    return caught.value


async def test_a_refused_connection_was_not_sent(transport_to, unused_tcp_port):
    error = await failure_at(transport_to(f"http://127.0.0.1:{unused_tcp_port}/"))
    assert (error.status, error.sent) == (None, False)
    assert isinstance(error.__cause__, aiohttp.ClientConnectorError)


class Resolver(aiohttp.abc.AbstractResolver):
    """Knows no host, or is asked in vain."""

    def __init__(self, *, answers):
        self.answers = answers

    async def resolve(self, host, port=0, family=0):
        if not self.answers:
            await asyncio.sleep(10)
        raise OSError(None, f"{host} is not known")

    async def close(self):
        pass


@pytest.mark.parametrize(
    ("answers", "told"), [(True, "Cannot connect to host"), (False, "no connection within 0.05 s")]
)
async def test_a_host_that_is_not_found_was_not_sent(transport_to, answers, told):
    connector = aiohttp.TCPConnector(resolver=Resolver(answers=answers), keepalive_timeout=5)
    async with aiohttp.ClientSession(connector=connector) as session:
        error = await failure_at(transport_to("https://api.example/", http=session, timeout=0.1))
    assert (error.status, error.sent) == (None, False)
    assert told in str(error)


async def test_a_certificate_that_nobody_signed_is_refused_before_anything_is_sent(
    raw_server, transport_to
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of the server's side
    url, requests = await raw_server(http(REPLY), ssl=context)
    error = await failure_at(transport_to(url))
    assert (error.status, error.sent, requests) == (None, False, [])
    assert isinstance(error.__cause__, aiohttp.ClientConnectorCertificateError)


async def test_a_server_that_speaks_no_tls_was_not_sent_anything(raw_server, transport_to):
    url, requests = await raw_server(http(REPLY))
    error = await failure_at(transport_to(url.replace("http:", "https:"), timeout=0.2))
    assert (error.sent, requests) == (False, [])


async def test_429_did_not_run_and_holds_everybody(raw_server, transport_to, monkeypatch):
    answers = iter([http(b"", "429 Too Many Requests", "Retry-After: 7"), http(REPLY)])
    url, _ = await raw_server(lambda _: next(answers))
    throttle, tally = Throttle(None), Counter()
    transport = transport_to(url, throttle=throttle, tally=tally)
    error = await failure_at(transport)
    assert (error.status, error.sent, error.retry_after) == (429, False, 7.0)
    assert throttle._held_until == pytest.approx(asyncio.get_running_loop().time() + 7, abs=0.5)
    assert tally == {"requests": 1, "throttled": 1}
    waiting = [
        asyncio.create_task(transport.exchange(Request.of("x", {}), rank=rank)) for rank in Rank
    ]
    await asyncio.sleep(0.02)
    assert tally["requests"] == 1
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_429_without_a_date_holds_for_one_window_of_the_rate(raw_server, transport_to):
    url, _ = await raw_server(http(b"", "429 Too Many Requests"))
    throttle = Throttle(RateLimit(30, per=2.5))
    await failure_at(transport_to(url, throttle=throttle))
    assert throttle._held_until == pytest.approx(asyncio.get_running_loop().time() + 2.5, abs=0.5)


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


# -- where it may be sent --------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://api.gandi.net/xmlrpc/",
        "HTTPS://API.GANDI.NET",
        "https://localhost:8443/x",
        "http://127.0.0.1:8000/xmlrpc/",
        "http://127.1.2.3/",
        "http://localhost/",
        "http://LOCALHOST:80/",
        "http://[::1]:8000/",
    ],
)
def test_credentials_go_to_https_or_to_this_machine(url):
    assert refusal_of(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://api.gandi.net/xmlrpc/",
        "http://127.0.0.1.example.net/",
        "http://localhost.example.net/",
        "http://example.net/127.0.0.1",
        "http://[2001:db8::1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "ws://127.0.0.1/",
        "file:///etc/hostname",
        "127.0.0.1:8000",
        "/xmlrpc/",
        "https://",
        "https://[::1",
        "https://host:port/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "https://me:s3cret@api.gandi.net/",
        "https://me@api.gandi.net/",
        "https://:s3cret@api.gandi.net/",
        "https://me:s3/cret@api.gandi.net/",
        "http://me:s3cret@127.0.0.1/",
        "",
        None,
        5,
        b"https://api.gandi.net/",
    ],
)
def test_credentials_go_nowhere_else(url):
    with pytest.raises(InvalidArgument, match=r"^url") as caught:
        Transport(url, timeout=1, throttle=Throttle(None), tally=Counter())
    assert "s3" not in str(caught.value)


# -- connections -----------------------------------------------------------------------------


async def test_nothing_is_opened_before_the_first_call(transport_to):
    assert transport_to("https://api.gandi.net/xmlrpc/")._proxy is None


async def test_an_idle_connection_is_dropped_after_10_seconds(raw_server, transport_to):
    url, _ = await raw_server(http(REPLY))
    transport = transport_to(url)
    await transport.exchange(Request.of("x", {}))
    assert transport._proxy.client.connector._keepalive_timeout == IDLE == 10


@pytest.fixture
async def counting_server(stream_server):
    """Counts its connections. One whose request asks for it is closed, without a word of that."""
    connections = []

    async def handle(reader, writer):
        connections.append(writer)
        close = False
        while not close:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"</methodCall>")
            close = b"connection: close" in head.lower()
            writer.write(http(REPLY))

    return await stream_server(handle), connections


async def send_three(transport):
    for _ in range(3):
        assert await transport.exchange(Request.of("x", {})) == "a reply"


async def test_our_own_connections_are_used_again(counting_server, transport_to):
    url, connections = counting_server
    await send_three(transport_to(url))
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("connector", "opened"),
    [
        ({}, 3),
        ({"keepalive_timeout": None}, 3),
        ({"keepalive_timeout": 15}, 3),
        ({"force_close": True}, 3),
        ({"keepalive_timeout": 10}, 1),
    ],
)
async def test_anothers_connections_are_kept_only_if_they_are_dropped_in_time(
    counting_server, transport_to, connector, opened
):
    url, connections = counting_server
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(**connector)) as session:
        await send_three(transport_to(url, http=session))
    assert len(connections) == opened


async def test_anothers_session_stays_open(raw_server, transport_to):
    url, _ = await raw_server(http(REPLY))
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        transport = transport_to(url, http=session)
        await transport.exchange(Request.of("x", {}))
        await transport.close()
        assert not session.closed


async def test_anothers_session_that_is_closed_is_told(transport_to):
    session = aiohttp.ClientSession()
    transport = transport_to("http://127.0.0.1:1/", http=session)
    await session.close()
    with pytest.raises(ClientClosed, match="aiohttp session is closed"):
        await transport.exchange(Request.of("x", {}))


async def test_closing_ends_what_is_under_way_and_what_comes_after(raw_server, transport_to):
    url, requests = await raw_server(lambda _: None)
    transport = transport_to(url)
    exchange = asyncio.create_task(transport.exchange(Request.of("x", {})))
    while not requests:
        await asyncio.sleep(0.001)
    await transport.close()
    await transport.close()
    with pytest.raises(ClientClosed):
        await exchange
    fresh = transport_to(url)
    await fresh.close()
    with pytest.raises(ClientClosed):
        await fresh.exchange(Request.of("x", {}))


async def test_calls_have_a_limited_number_of_places_and_polls_have_none(raw_server, transport_to):
    gate = asyncio.Event()

    async def answer(_):
        await gate.wait()
        return http(REPLY)

    url, requests = await raw_server(answer, backlog=500)
    transport = transport_to(url)
    request = Request.of("x", {})
    calls = [asyncio.create_task(transport.exchange(request)) for _ in range(CONNECTIONS + 10)]
    while len(requests) < CONNECTIONS:
        await asyncio.sleep(0.001)
    poll = asyncio.create_task(transport.exchange(request, rank=Rank.POLL))
    while len(requests) < CONNECTIONS + 1:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    assert len(requests) == CONNECTIONS + 1
    gate.set()
    await asyncio.gather(poll, *calls)
    assert len(requests) == CONNECTIONS + 11


def test_turns_are_not_saved_up_while_all_places_are_taken(in_virtual_time, monkeypatch):
    """Or they would all be used in the moment in which the service answers again."""

    async def slow(*_):
        loop = asyncio.get_running_loop()
        sent.append(loop.time())
        if len(sent) <= CONNECTIONS:
            await asyncio.sleep(1000 - loop.time() + began)

    monkeypatch.setattr(Proxy, "post", slow)

    async def story():
        nonlocal began
        began = asyncio.get_running_loop().time()
        transport = Transport(
            "http://127.0.0.1:1/",
            timeout=5000,
            throttle=Throttle(RateLimit(10, 1)),
            tally=Counter(),
        )
        request = Request.of("x", {})
        await asyncio.gather(*(transport.exchange(request) for _ in range(500)))
        await transport.close()

    began, sent = 0.0, []
    in_virtual_time(story())
    assert len(sent) == 500
    for first, beyond in zip(sent, sent[10:], strict=False):
        assert beyond - first >= 1 - 1e-6


async def test_a_call_whose_lead_is_gone_uses_up_no_turn(transport_to):
    class Gone:
        def ready(self):
            return False

        def take(self):
            raise AssertionError

    throttle = Throttle(RateLimit(1, per=100))
    transport = transport_to("http://127.0.0.1:1/", throttle=throttle)
    request = Request.of("x", {})
    for _ in range(3):
        with pytest.raises(Withdrawn):
            await transport.exchange(request, Gone())
    assert await asyncio.wait_for(throttle.turn(), 0.1)


@pytest.mark.parametrize("ours", [True, False])
async def test_a_session_that_is_closed_in_the_middle_of_a_reply_is_told(
    ours, raw_server, transport_to, monkeypatch
):
    """While a large reply is parsed, where nobody waits for the connection."""
    url, _ = await raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b" " * 600_000)
    closing = []

    class Parser(etree.XMLParser):
        def feed(self, data):
            if not closing:
                closing.append(asyncio.create_task(transport.close() if ours else http.close()))
            super().feed(data)

    monkeypatch.setattr(codec, "parser", Parser)
    connector = aiohttp.TCPConnector(keepalive_timeout=IDLE)
    async with aiohttp.ClientSession(connector=connector) as http:
        transport = transport_to(url, http=None if ours else http)
        with pytest.raises(ClientClosed if ours else TransportError) as caught:
            await transport.exchange(Request.of("x", {}))
    await asyncio.gather(*closing)
    if not ours:
        assert (caught.value.status, caught.value.sent) == (200, True)


# -- aiohttp-xmlrpc --------------------------------------------------------------------------


async def test_the_proxy_is_aiohttp_xmlrpcs_with_our_codec_in_its_hooks():
    async with aiohttp.ClientSession() as session:
        proxy = Proxy("http://127.0.0.1:1/", client=session)
        assert isinstance(proxy, ServerProxy)
        body = proxy._make_request("x", " spaces ", 2**31 - 1, b"bytes")
        assert codec.decode_call(body) == ("x", [" spaces ", 2**31 - 1, b"bytes"])
        assert proxy._parse_response(codec.encode_response(" a "), "x") == " a "
        assert "spaces" not in repr(body)
        # Its own way to send follows redirects and reads without limit.
        with pytest.raises(AttributeError, match="by post"):
            proxy.vm_list  # noqa: B018


async def test_every_exchange_goes_through_aiohttp(posted):
    posted("https://api.gandi.net/xmlrpc/", body=REPLY)
    transport = Transport(
        "https://api.gandi.net/xmlrpc/", timeout=1, throttle=Throttle(None), tally=Counter()
    )
    assert await transport.exchange(Request.of("vm_list", {"session": "session"})) == "a reply"
    await transport.close()
