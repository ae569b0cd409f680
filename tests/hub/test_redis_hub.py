"""What a hub is given, and what it says of what it cannot take."""

import pickle

import pytest

from aiogandi import Fleet, Gandi, InvalidArgument, RedisHub

URL = "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize(
    "url",
    [
        "redis://host",
        "redis://user:secret-pw@host:6380/3",
        "rediss://host/0",
        "unix:///run/store.sock",
        "redis://[::1]:6379/0",
        "redis://host/",
        "rediss://host/0?ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false",
        "unix:///run/store.sock?db=2",
    ],
)
def test_urls_of_stores_are_taken_and_shown_without_a_password(url):
    hub = RedisHub(url)
    assert "secret-pw" not in repr(hub)
    assert "secret-pw" not in repr(vars(hub))
    assert url.partition("://")[0] in repr(hub)


@pytest.mark.parametrize(
    "url", ["", "host:6379", "http://host", "redis://", "unix://", "redis://host:port", 5, None]
)
def test_what_is_no_store_is_refused(url):
    with pytest.raises(InvalidArgument, match="redis://host:6379/0"):
        RedisHub(url)


def client_with(hub):
    return Gandi("AA1234-GANDI", "mypassword", hub=hub)


BEHIND = r"behind the \? of its URL, \w+://…, may stand db"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://user:secret-pw@host", "begins with 'http'"),
        ("redis://user:12/secret-pw@host", "does not end with a number"),
        ("redis://host/secret-pw", "does not end with a number"),
        ("redis://host/0?secret-pw", BEHIND),
        ("redis://host/0?password=secret-pw", BEHIND),
        ("redis://host/0?protocol=3", BEHIND),
        ("redis://host/0?ssl_ca_certs=secret-pw", BEHIND),
        ("unix:///run/store.sock?db=secret-pw", BEHIND),
    ],
)
@pytest.mark.parametrize("make", [RedisHub, Fleet, client_with], ids=["hub", "fleet", "client"])
def test_a_url_that_is_refused_is_not_shown(make, url, reason):
    with pytest.raises(InvalidArgument, match=reason) as told:
        make(url)
    assert "secret-pw" not in str(told.value)
    frames = [entry.frame for entry in told.traceback]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("aiogandi")]
    assert ours
    known = [value for frame in ours for name, value in frame.f_locals.items() if name != "self"]
    assert "secret-pw" not in repr(known)  # nothing is made, so it cannot be shown itself


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"prefix": ""}, "prefix"),
        ({"prefix": "a:b"}, "prefix"),
        ({"prefix": 5}, "prefix"),
        ({"lease": 0}, "lease"),
        ({"lease": float("inf")}, "lease"),
        ({"deadline": -1}, "deadline"),
        ({"deadline": "2"}, "deadline"),
        ({"rate_group": ""}, "rate_group"),
        ({"rate_group": 5}, "rate_group"),
        ({"alone": "go"}, "alone"),
        ({"alone_share": 0}, "alone_share"),
        ({"alone_share": 1.5}, "alone_share"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(settings, names):
    with pytest.raises(InvalidArgument, match=names):
        RedisHub(URL, **settings)


def test_a_hub_is_not_pickled():
    with pytest.raises(TypeError, match="make another one"):
        pickle.dumps(RedisHub(URL))


def test_a_hub_for_another_rate_group_has_the_same_store_and_journals():
    hub = RedisHub(URL, alone="send")
    other = hub.grouped("acme")
    journal = hub.journal()

    assert (hub.rate_group, other.rate_group, other.grouped(None).rate_group) == (
        None,
        "acme",
        None,
    )
    assert other.store is hub.store
    assert other.alone == "send"
    assert other.made(journal)
    assert hub.made(other.journal())
    for wrong in ("", 5):
        with pytest.raises(InvalidArgument, match="rate_group"):
            hub.grouped(wrong)
