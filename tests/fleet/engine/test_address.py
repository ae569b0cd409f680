"""The engine reads the hub's URL as the hub does, with redis-py."""

import ssl

import pytest
from redis.asyncio.connection import SSLConnection, parse_url

from aiogandi.fleet.engine.address import Address
from aiogandi.redaction import Secret
from tests.fleet.tls import certificate


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache.internal",
        "redis://cache.internal:7000/",
        "redis://cache.internal:6379/4",
        "redis://[::1]:6379/0",
        "redis://host/1?db=2",
        "redis://:s%2Fe%40c%3Aret@host/0",
        "redis://me:secret@host/0",
        "redis://me%40us:@host/0",
        "rediss://me:secret@host:6380/0",
        "unix:///run/a%20store.sock",
        "unix://me:secret@/run/store.sock?db=2",
    ],
)
def test_it_is_where_the_hub_is(url):
    found, theirs = Address.of(Secret(url)), parse_url(url)
    password = found.password and found.password.reveal()
    ours = (found.path, found.username, password, found.db)
    assert ours == (
        theirs.get("path"),
        theirs.get("username"),
        theirs.get("password"),
        theirs.get("db", 0),
    )
    if found.path is None:
        assert (found.host, found.port) == (theirs["host"], theirs.get("port", 6379))
    assert (found.tls is not None) == (theirs.get("connection_class") is SSLConnection)


def test_a_password_is_not_shown():
    assert "secret" not in repr(Address.of(Secret("redis://me:secret@host/0")))


@pytest.mark.parametrize(
    "options",
    [
        "",
        "?ssl_cert_reqs=required",
        "?ssl_cert_reqs=optional",
        "?ssl_cert_reqs=none",
        "?ssl_check_hostname=false",
        "?ssl_check_hostname=False&ssl_cert_reqs=optional",
        "?ssl_check_hostname=0",
        "?ssl_check_hostname=no",
        "?ssl_check_hostname=yes",
        "?ssl_cert_reqs=none&ssl_check_hostname=true",
    ],
)
def test_it_trusts_whom_the_hub_trusts(options):
    url = f"rediss://host/0{options}"
    settings = parse_url(url)
    settings.pop("connection_class")
    theirs = SSLConnection(**settings).ssl_context.get()
    ours = Address.of(Secret(url)).ssl_context()
    assert (ours.verify_mode, ours.check_hostname) == (theirs.verify_mode, theirs.check_hostname)


def test_authorities_of_ones_own(tmp_path):
    path, _ = certificate(tmp_path)
    context = Address.of(Secret(f"rediss://host/0?ssl_ca_certs={path}")).ssl_context()
    assert len(context.get_ca_certs()) > len(ssl.create_default_context().get_ca_certs())


def test_without_tls_there_is_no_context():
    assert Address.of(Secret("redis://host/0")).ssl_context() is None
