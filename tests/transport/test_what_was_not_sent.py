"""What was certainly not sent says so: it may be sent again, whatever it does."""

import asyncio
import ssl
import traceback
from base64 import b64encode
from pathlib import Path

import aiohttp
import pytest

from aiogandi import InvalidArgument, RateLimit, TransportError, codec
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.retries import may_pass
from aiogandi.sandbox import Sandbox
from aiogandi.transport.connections import refusal_of
from aiogandi.transport.exchange import Transport
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import Turns
from aiogandi.transport.request import Request
from tests.wire import http

REPLY = codec.encode_response("a reply")


async def test_a_refused_connection_was_not_sent(transport_to, unused_tcp_port, failure_at):
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
    ("answers", "limit", "told"),
    [
        (True, 0, "Cannot connect to host"),
        (True, 1, "Cannot connect to host"),
        (False, 0, "no connection within 0.05 s"),
        (False, 1, "no connection from the pool of the aiohttp session within 0.1 s"),
    ],
)
async def test_a_host_that_is_not_found_was_not_sent(
    transport_to, answers, limit, told, failure_at
):
    connector = aiohttp.TCPConnector(
        resolver=Resolver(answers=answers), keepalive_timeout=5, limit=limit
    )
    async with aiohttp.ClientSession(connector=connector) as session:
        error = await failure_at(transport_to("https://api.example/", http=session, timeout=0.1))
    assert (error.status, error.sent) == (None, False)
    assert told in str(error)


async def test_a_certificate_that_nobody_signed_is_refused_before_anything_is_sent(
    raw_server, transport_to, failure_at
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of the server's side
    url, requests = await raw_server(http(REPLY), ssl=context)
    error = await failure_at(transport_to(url))
    assert (error.status, error.sent, requests) == (None, False, [])
    assert isinstance(error.__cause__, aiohttp.ClientConnectorCertificateError)


async def test_a_server_that_speaks_no_tls_was_not_sent_anything(
    raw_server, transport_to, failure_at
):
    url, requests = await raw_server(http(REPLY))
    error = await failure_at(transport_to(url.replace("http:", "https:"), timeout=0.2))
    assert (error.sent, requests) == (False, [])


async def through_a_proxy(transport_to, failure_at, port):
    """The error of a call through a proxy at this port, and what it and its causes show."""
    proxy = f"http://me:s3cret@127.0.0.1:{port}"
    async with aiohttp.ClientSession(proxy=proxy) as session:
        error = await failure_at(transport_to("https://api.example/", http=session))
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__cause__)
    assert "s3cret" not in shown
    assert b64encode(b"me:s3cret").decode() not in shown
    return error


@pytest.mark.parametrize(
    ("status", "may"), [("407 me:s3cret", False), ("403 No", False), ("503 Busy", True)]
)
async def test_what_a_proxy_refuses_was_not_sent(
    stream_server, transport_to, failure_at, status, may
):
    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(b"", status))

    url = await stream_server(refuse)
    error = await through_a_proxy(transport_to, failure_at, url.split(":")[2].split("/")[0])
    assert (error.status, error.sent) == (int(status[:3]), False)
    assert str(error).startswith(f"vm_info: the proxy answers HTTP {status[:3]} ")
    assert may_pass(error) is may


async def test_a_proxy_that_is_not_there_was_not_sent_anything(
    transport_to, unused_tcp_port, failure_at
):
    error = await through_a_proxy(transport_to, failure_at, unused_tcp_port)
    assert (error.status, error.sent) == (None, False)
    assert f"Cannot connect to host 127.0.0.1:{unused_tcp_port} " in str(error)


async def after_a_429(asked, limit, rank=Rank.CALL):
    """The error, and how many seconds later the next call was answered."""
    async with Sandbox() as sandbox:
        events = Emitter()
        turns = Turns(limit, events)
        transport = Transport(sandbox.url, timeout=30, events=events)
        login = Request.of("login", {"login": "AA1234-GANDI", "password": "mypassword"})
        sandbox.refuse("login", status=429, retry_after=asked)
        began = asyncio.get_running_loop().time()
        with pytest.raises(TransportError) as caught:
            async with turns.turn():
                await transport.exchange(login)
        assert (events.counts.requests, events.counts.throttled) == (1, 1)
        async with turns.turn(rank):
            await transport.exchange(login)
        await transport.close()
    return caught.value, asyncio.get_running_loop().time() - began


@pytest.mark.parametrize("rank", Rank)
def test_429_did_not_run_and_holds_everybody(in_virtual_time, rank):
    error, seconds = in_virtual_time(after_a_429(asked=7, limit=None, rank=rank))
    assert (error.status, error.sent, error.retry_after) == (429, False, 7.0)
    assert seconds == pytest.approx(7, abs=0.1)


def test_429_without_a_date_holds_for_one_window_of_the_rate(in_virtual_time):
    _, seconds = in_virtual_time(after_a_429(asked=None, limit=RateLimit(30, per=2.5)))
    assert seconds == pytest.approx(2.5, abs=0.1)


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
    ("url", "told"),
    [
        ("127.0.0.1:8001", "did you mean http://127.0.0.1:8001/xmlrpc/ ?"),
        ("localhost:8001/xmlrpc/", "did you mean http://localhost:8001/xmlrpc/ ?"),
        ("[::1]:8001", "did you mean http://[::1]:8001/xmlrpc/ ?"),
        ("sandbox", "did you mean https://sandbox/xmlrpc/ ?"),
        ("sandbox/xmlrpc/", "url does not begin with https:// or http://; did you mean "),
        ("api.gandi.net/s3cret?s3cret#s3cret", "did you mean https://api.gandi.net/xmlrpc/ ?"),
        ("me:s3cret@api.gandi.net", "url carries credentials"),
        ("me:5/s3cret@api.gandi.net", "url carries credentials"),
        ("/xmlrpc/", "url is not a URL"),
        ("http//127.0.0.1:18131", "did you mean http://127.0.0.1:18131/xmlrpc/ ?"),
        ("https:/api.gandi.net", "did you mean https://api.gandi.net/xmlrpc/ ?"),
        ("HTTPS:api.gandi.net/x", "did you mean https://api.gandi.net/xmlrpc/ ?"),
        ("http;//localhost:8001/", "did you mean http://localhost:8001/xmlrpc/ ?"),
        (r"http:\\sandbox:8001", "did you mean http://sandbox:8001/xmlrpc/ ?"),
        ("http://http://sandbox:8001/", "did you mean http://sandbox:8001/xmlrpc/ ?"),
        (" http:/[::1]:8001/\r", "did you mean http://[::1]:8001/xmlrpc/ ?"),
        ("https.gandi.net:8001", "did you mean https://https.gandi.net:8001/xmlrpc/ ?"),
        ("http:/me:s3cret@sandbox/", "url carries credentials"),
        ("http://http://me:s3cret@sandbox/", "url carries credentials"),
        ("http:8001", "url is not a URL"),
        ("http/xmlrpc/", "url is not a URL"),
        ("http:/", "url is not a URL"),
        ("https:///xmlrpc/", "url=https://: allowed is"),
        ("http://127.0.0.1:99999/xmlrpc/", "url has a wrong port"),
        ("https://api.gandi.net:0/", "url has a wrong port"),
        ("https://api.gandi.net:s3cret/", "url has a wrong port"),
        ("127.0.0.1:99999", "url has a wrong port"),
        ("http//127.0.0.1:-1/", "url has a wrong port"),
        ("host:port", "url has a wrong port"),
        ("http://me:s3cret@sandbox:99999/", "url carries credentials"),
        ("http://me:s3/cret@sandbox/", "url carries credentials"),
        ("http://sandbox:8001/s3cret?s3cret#s3cret", "url=http://sandbox:8001 would send secrets"),
        ("http://[2001:db8::1]:81/", "url=http://[2001:db8::1]:81 would send secrets"),
        ("http://me:5/s3cret@sandbox/", "url=http://me would send secrets"),
        ("ftp://sandbox:2121/s3cret", "url=ftp://sandbox:2121: allowed is"),
        (" https://api.gandi.net/xmlrpc/", "url has blanks around it"),
        ("https://api.gandi.net/xmlrpc/\r", "url has blanks around it"),
    ],
)
def test_a_url_that_is_not_quite_one_is_told_what_is_meant(url, told):
    refusal = refusal_of(url)
    assert told in refusal
    assert "s3cret" not in refusal


@pytest.mark.parametrize(
    "url", ["http://sandbox:8001/", "http://10.0.0.1/", "http://[2001:db8::1]/"]
)
def test_plain_http_to_another_machine_must_be_asked_for(url):
    assert "insecure=True, GANDI_INSECURE=1 or the command's --insecure" in refusal_of(url)
    assert refusal_of(url, insecure=True) is None
    Transport(url, timeout=1, events=Emitter(), insecure=True)


def test_nothing_else_becomes_right_by_being_insecure():
    for url in ("ftp://sandbox/", "http://me:s3cret@sandbox/", "sandbox", "http://sandbox:0/", ""):
        refusal = refusal_of(url, insecure=True)
        assert refusal.startswith("url")
        assert "s3cret" not in refusal


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
        Transport(url, timeout=1, events=Emitter())
    assert "s3" not in str(caught.value)
