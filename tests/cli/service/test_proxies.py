"""Proxies of the environment, as people expect of a command; the real command through a real proxy."""

import asyncio
import ssl
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from aiogandi import Gandi
from aiogandi.cli.exits import WrongUse
from aiogandi.cli.service.proxies import proxy_for
from aiogandi.sandbox import Sandbox
from tests import servers

CERTIFICATE = Path(__file__).with_name("gandi_example.pem")
SERVICE = "https://gandi.example/xmlrpc/"
OURS = "http://proxy.example:3128"


@pytest.fixture
def variables(monkeypatch):
    """Sets variables of the environment, and no other proxies."""
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)

    def set_(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_


# -- which proxy -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "values", "proxy"),
    [
        (SERVICE, {}, None),
        (SERVICE, {"HTTPS_PROXY": OURS}, OURS),
        (SERVICE, {"https_proxy": OURS}, OURS),
        (SERVICE, {"https_proxy": OURS, "HTTPS_PROXY": "http://other:1"}, OURS),
        (SERVICE, {"HTTP_PROXY": OURS}, None),
        (SERVICE, {"ALL_PROXY": OURS}, OURS),
        (SERVICE, {"all_proxy": "socks5://a:1", "https_proxy": OURS}, OURS),
        (SERVICE, {"HTTPS_PROXY": ""}, None),
        (SERVICE, {"HTTPS_PROXY": "proxy.example:3128"}, OURS),
        (SERVICE, {"HTTPS_PROXY": "http://me:pw@proxy:1/"}, "http://me:pw@proxy:1/"),
        ("http://gandi.example/", {"HTTP_PROXY": OURS}, OURS),
        ("http://gandi.example/", {"HTTPS_PROXY": OURS}, None),
        ("https://[::1", {"ALL_PROXY": OURS}, None),
    ],
)
def test_the_variable_for_the_scheme_names_the_proxy(variables, url, values, proxy):
    variables(**values)
    assert proxy_for(url) == proxy


@pytest.mark.parametrize(
    ("listed", "host", "without"),
    [
        ("gandi.example", "gandi.example", True),
        ("gandi.example", "api.gandi.example", True),
        (".gandi.example", "api.gandi.example", True),
        (" other , gandi.example ", "gandi.example", True),
        ("gandi.example:8443", "gandi.example:8443", True),
        ("gandi.example:8443", "gandi.example", False),
        ("andi.example", "gandi.example", False),
        ("*", "gandi.example", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8,::/0", "11.1.2.3", False),
        ("2001:db8::/32", "[2001:db8::1]", True),
        ("10.1.2.3", "10.1.2.3:8000", True),
        ("", "gandi.example", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_what_no_proxy_lists_is_reached_without(variables, name, listed, host, without):
    variables(**{"HTTPS_PROXY": OURS, name: listed})
    assert (proxy_for(f"https://{host}/xmlrpc/") is None) is without


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3:80", "localhost", "LocalHost", "[::1]:8000"]
)
def test_this_machine_is_never_reached_through_a_proxy(variables, host):
    variables(HTTP_PROXY=OURS, HTTPS_PROXY=OURS, ALL_PROXY=OURS)
    assert proxy_for(f"http://{host}/xmlrpc/") is None


@pytest.mark.parametrize(
    "proxy", ["socks5://me:s3cret@proxy:1", "http://", "http://me:s3cret@[::1", "ftp://s3cret"]
)
def test_a_proxy_that_cannot_be_used_is_wrong_use_and_not_repeated(variables, proxy):
    variables(HTTPS_PROXY=proxy)
    with pytest.raises(WrongUse, match=r"names for gandi\.example cannot be used") as refusal:
        proxy_for(SERVICE)
    assert "s3cret" not in str(refusal.value)


# -- through a real one ----------------------------------------------------------------------


async def pipe(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def join(reader, writer, port):
    """Carry on between a connection and this port."""
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer))


def port_of(url):
    return int(url.split(":")[2].split("/")[0])


@pytest.fixture
async def through(home, tmp_path):
    """Runs ``account balance`` through a proxy; returns the code, stdout, stderr, and what the proxy and
    the service were asked for: the heads of requests.
    """
    (tmp_path / ".netrc").write_text("machine gandi.example login me password netrc-pw\n")
    (tmp_path / ".netrc").chmod(0o600)

    async def run(url, *options, answer=None, login="me:proxy-pw@", **env):
        asked, heads = [], []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)

        async def serve(reader, writer):
            """The service behind TLS: its requests, one by one, go on to the sandbox."""
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                heads.append(head.decode().lower())
                length = int(heads[-1].partition("content-length:")[2].split()[0])
                there_reader, there_writer = await asyncio.open_connection(
                    "127.0.0.1", port_of(sandbox.url)
                )
                there_writer.write(head + await reader.readexactly(length))
                reply = await there_reader.readuntil(b"\r\n\r\n")
                length = int(reply.lower().partition(b"content-length:")[2].split()[0])
                writer.write(reply + await there_reader.readexactly(length))
                there_writer.close()

        async def relay(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.decode())
            if answer is not None:
                writer.write(answer)
            elif head.startswith(b"CONNECT"):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await join(reader, writer, port_of(service))
            else:
                there_reader, there_writer = await asyncio.open_connection(
                    "127.0.0.1", port_of(sandbox.url)
                )
                there_writer.write(head.replace(b"http://gandi.example", b""))
                await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer))

        async with (
            Sandbox() as sandbox,
            servers.streams(serve, ssl=context) as service,
            servers.streams(relay) as proxy,
        ):
            given = {
                "GANDI_LOGIN": "AA1234-GANDI",
                "GANDI_PASSWORD": "mypassword",
                "GANDI_URL": url,
                "SSL_CERT_FILE": str(CERTIFICATE),
                "ALL_PROXY": f"http://{login}127.0.0.1:{port_of(proxy)}",
            }
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "error", "-m", "aiogandi", *options, "account", "balance"),
                env=home | given | env,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, err = await child.communicate()
        return child.returncode, out.decode(), err.decode(), asked, heads

    return run


BASIC = b64encode(b"me:proxy-pw").decode()


@pytest.mark.parametrize("env", [{}, {"HOME": "/dev/null"}, {"NETRC": "/nowhere/at/all"}])
async def test_https_goes_through_the_proxy_and_nothing_of_netrc_is_sent(through, env):
    code, out, err, asked, heads = await through(SERVICE, **env)
    assert (code, out, err) == (0, "10000.00 EUR\n", "")
    assert asked[0].startswith("CONNECT gandi.example:443 HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {BASIC}\r\n" in asked[0]
    assert len(asked) == 1  # one connection, which is kept
    assert len(heads) == 3
    assert not any("authorization" in head for head in heads)


async def test_plain_http_goes_through_the_proxy_as_well(through):
    code, out, err, asked, _ = await through("http://gandi.example/xmlrpc/", "--insecure")
    assert (code, out, err) == (0, "10000.00 EUR\n", "")
    assert asked[0].startswith("POST http://gandi.example/xmlrpc/ HTTP/1.1\r\n")
    assert "\nauthorization" not in asked[0].lower()


async def test_a_proxy_that_refuses_is_told_at_once_and_nothing_was_sent(through):
    answer = b"HTTP/1.1 407 me:proxy-pw\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    code, out, err, asked, heads = await through(SERVICE, answer=answer)
    line = "aiogandi: login: the proxy answers HTTP 407 Proxy Authentication Required\n"
    assert (code, out, err) == (1, "", line)
    assert (len(asked), heads) == (1, [])


async def test_gandi_itself_uses_no_proxy_of_the_environment(variables, gandi_sandbox):
    """The session that it is given may."""
    variables(HTTP_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")
    async with Gandi("AA1234-GANDI", "mypassword", url=gandi_sandbox.url) as gandi:
        assert await gandi.account_currency() == "EUR"
