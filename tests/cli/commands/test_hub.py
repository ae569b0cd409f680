"""``hub status``: who is in the store, as it stands there, with no login."""

import asyncio
import os
import socket
from contextlib import asynccontextmanager

import pytest

from aiogandi import Gandi, RedisHub
from tests.hub.stores import StoreServer


@asynccontextmanager
async def here(url, **settings):
    """This process is in the store."""
    hub = RedisHub(url, **settings)
    hub.store.join()
    try:
        await hub.store.begun()
        yield hub
    finally:
        await hub.store.leave()


def test_a_store_that_nobody_has_used(aiogandi, store):
    done = aiogandi("hub", "status", "--hub", store.url)
    assert (done.code, done.err) == (0, "Nobody has used it yet\n")
    shown = dict(line.split(maxsplit=1) for line in done.out.splitlines())
    assert shown["Store"].strip() == store.url
    assert shown["Server"].split()[0] in ("valkey", "redis")
    assert shown["Format"].strip() == "-"


async def test_who_is_there_before_meanwhile_and_afterwards(beside, store):
    env = {"GANDI_HUB": store.url}
    assert (await beside("hub", "status", "--json", env=env)).json["processes"] == []
    async with here(store.url, lease=60) as hub:
        done = await beside("hub", "status", "--json", env=env)
        [told] = done.json["processes"]
        assert done.json["format"] == 1
        assert told["name"] == hub.store.process
        assert (told["host"], told["pid"]) == (socket.gethostname(), os.getpid())
        assert 0 <= told["heard"] < 60
        table = (await beside("hub", "status", env=env)).out
        assert "PROCESS" in table
        assert hub.store.process in table
    done = await beside("hub", "status", env=env)
    assert "PROCESS" not in done.out
    assert done.err == ""


async def test_looking_changes_nothing(beside, store):
    async with here(store.url, lease=60) as hub:
        before = await hub.store.command("DBSIZE"), await hub.store.command("LASTSAVE")
        news = await hub.store.command("XLEN", "aiogandi:news")
        await beside("hub", "status", "--hub", store.url)
        assert (await hub.store.command("DBSIZE"), await hub.store.command("LASTSAVE")) == before
        assert await hub.store.command("XLEN", "aiogandi:news") == news


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"appendonly": "no"}, "appendonly is no: a journal there needs yes"),
        ({"appendfsync": "everysec"}, "appendfsync is everysec: a journal there needs always"),
        (
            {"maxmemory-policy": "allkeys-lru"},
            "maxmemory-policy is allkeys-lru: a journal there needs noeviction",
        ),
    ],
)
def test_a_store_that_is_set_otherwise_than_a_journal_needs(aiogandi, settings, line):
    server = StoreServer(**{"appendonly": "yes", **settings}).start()
    try:
        done = aiogandi("hub", "status", "--hub", server.url)
    finally:
        server.close()
    assert done.code == 0
    assert f"aiogandi: {line}\n" in done.err
    assert done.err.count("a journal there needs") == 1


async def test_settings_that_the_user_may_not_see(beside, store):
    async with here(store.url) as hub:
        await hub.store.command(
            "ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "+@all", "-config"
        )
        url = store.url.replace("//", "//reader:s3cret@")
        done = await beside("hub", "status", env={"GANDI_HUB": url})
    assert done.code == 0
    assert done.err.count(" cannot be seen: a journal there needs ") == 3
    assert "s3cret" not in done.out + done.err


async def test_what_another_release_has_left_is_not_read(beside, store):
    async with here(store.url, lease=60) as hub:
        await hub.store.command("HSET", "aiogandi:about", "format", 99)
        done = await beside("hub", "status", "--hub", store.url)
    assert done.code == 1
    assert "has format 99, which is another release's" in done.err
    assert "PROCESS" not in done.out


def test_a_store_that_does_not_answer_is_one_line_and_exit_code_1(aiogandi, store):
    store.kill()
    done = aiogandi("hub", "status", env={"GANDI_HUB": store.url.replace("//", "//:s3cret@")})
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"aiogandi: the hub {store.url} is away: ")
    assert done.err.count("\n") == 1
    assert "s3cret" not in done.err


def test_a_store_that_hangs_is_given_up(aiogandi, store):
    store.freeze()
    done = aiogandi("hub", "status", "--hub", store.url)
    assert (done.code, done.out) == (1, "")
    assert "is away: no answer within 2 s" in done.err


def test_without_a_hub_it_is_wrong_use(aiogandi):
    done = aiogandi("hub", "status")
    assert (done.code, done.out) == (2, "")
    assert done.err == "aiogandi: there is no hub: give --hub URL, or set GANDI_HUB\n"


def test_the_files_hub_is_looked_at_with_no_login(aiogandi, store, tmp_path):
    path = tmp_path / "config" / "aiogandi" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(f'hub = "{store.url}"\n')
    path.chmod(0o600)
    assert aiogandi("hub", "status", "--json").json["address"] == store.url


async def test_what_clients_share_is_told_without_what_it_hides(beside, slow_service, store):
    env = {"GANDI_HUB": store.url}
    url, hub = slow_service.url, RedisHub(store.url, lease=60)
    async with (
        hub.journal() as journal,
        Gandi("AA1234-GANDI", "mypassword", url=url, hub=hub, journal=journal) as gandi,
        gandi.once("web-01"),
    ):
        operation = await gandi.vm_create("web-01", "s3cret-pw", 111, 1, 1)
        waiting = asyncio.create_task(operation.wait())
        table = await beside("hub", "status", env=env)
        told = (await beside("hub", "status", "--json", env=env)).json
        waiting.cancel()
    assert (table.code, table.err) == (0, "")
    headings = {line.split("  ")[0] for line in table.out.splitlines() if line}
    assert headings >= {"PROCESS", "RATE GROUP", "SESSION", "ACCOUNT", "KEY"}
    assert [key["key"] for key in told["keys"]] == [["web-01"]]
    assert [account["login"] for account in told["accounts"]] == ["AA1234-GANDI"]
    for secret in ("mypassword", "s3cret-pw"):
        assert secret not in table.out + str(told)
