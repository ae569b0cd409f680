"""The client itself: its settings, where it gets them from, and what it counts."""

import asyncio
import inspect

import aiohttp
import pytest
from yarl import URL

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    Gandi,
    InvalidArgument,
    OutcomeUnknown,
    Polling,
    RateLimit,
    Retry,
    Stats,
    TransportError,
    codec,
)
from aiogandi.sandbox import Sandbox

SERVICE = "https://api.gandi.net/xmlrpc/"
PASSWORD = "s3cret-pw"


def test_the_signature_is_the_contracts():
    parameters = inspect.signature(Gandi).parameters
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    del defaults["max_reply"]
    assert list(parameters)[:2] == ["login", "password"]
    assert defaults == {
        "url": SERVICE,
        "safe": True,
        "handle": None,
        "session_lifetime": 43200,
        "renew_margin": 600,
        "timeout": 30,
        "insecure": False,
        "rate_limit": RateLimit(30, per=2.0),
        "polling": Polling(),
        "retry": Retry(),
        "http": None,
        "journal": None,
        "hub": None,
        "on_event": None,
    }
    assert all(p.kind is p.KEYWORD_ONLY for p in list(parameters.values())[2:])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"login": ""}, "login"),
        ({"login": 5}, "login"),
        ({"password": ""}, "password"),
        ({"password": b"s3cret"}, "password"),
        ({"url": "http://api.gandi.net/"}, "url"),
        ({"url": 5}, "url"),
        ({"safe": 1}, "safe"),
        ({"handle": ""}, "handle"),
        ({"session_lifetime": 0}, "session_lifetime"),
        ({"session_lifetime": "1"}, "session_lifetime"),
        ({"renew_margin": -1}, "renew_margin"),
        ({"renew_margin": 43200}, "renew_margin"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"rate_limit": 30}, "rate_limit"),
        ({"hub": 5}, "hub"),
        ({"hub": "http://host"}, "hub"),
        ({"polling": 1.0}, "polling"),
        ({"retry": 5}, "retry"),
        ({"http": object()}, "http"),
        ({"max_reply": 0}, "max_reply"),
    ],
)
def test_a_wrong_setting_is_refused(wrong, named):
    with pytest.raises(InvalidArgument, match=rf"^{named}\b") as caught:
        Gandi(**{"login": "AA1234-GANDI", "password": PASSWORD} | wrong)
    assert "s3cret" not in str(caught.value)


class TestFromEnv:
    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch):
        monkeypatch.setenv("GANDI_LOGIN", "AA1234-GANDI")
        monkeypatch.setenv("GANDI_PASSWORD", "mypassword")
        monkeypatch.delenv("GANDI_URL", raising=False)
        monkeypatch.delenv("GANDI_INSECURE", raising=False)
        monkeypatch.delenv("GANDI_JOURNAL", raising=False)
        monkeypatch.delenv("GANDI_HUB", raising=False)

    async def test_takes_the_credentials_and_the_url(self, gandi_sandbox, monkeypatch):
        monkeypatch.setenv("GANDI_URL", gandi_sandbox.url)
        async with Gandi.from_env() as gandi:
            assert await gandi.account_currency() == "EUR"

    @pytest.mark.parametrize("url", [None, ""])
    async def test_has_the_usual_url_where_none_is_set(self, monkeypatch, posted, url):
        if url is not None:
            monkeypatch.setenv("GANDI_URL", url)
        answers = posted(SERVICE, body=codec.encode_response("EUR"))
        async with Gandi.from_env() as gandi:
            assert await gandi.account_currency() == "EUR"
        assert list(answers.requests) == [("POST", URL(SERVICE))]

    async def test_takes_them_as_a_file_holds_them(self, gandi_sandbox, monkeypatch):
        """A shell's ``$(cat file)`` leaves all of it but the LF."""
        monkeypatch.setenv("GANDI_LOGIN", "\ufeffAA1234-GANDI\r")
        monkeypatch.setenv("GANDI_PASSWORD", "\ufeffmypassword\r\n")
        monkeypatch.setenv("GANDI_URL", f"\ufeff {gandi_sandbox.url} \r\n")
        async with Gandi.from_env() as gandi:
            assert await gandi.account_currency() == "EUR"

    async def test_takes_the_journal(self, gandi_sandbox, monkeypatch, tmp_path):
        monkeypatch.setenv("GANDI_URL", gandi_sandbox.url)
        monkeypatch.setenv("GANDI_JOURNAL", f"{tmp_path / 'runs.db'}\r\n")
        async with Gandi.from_env() as gandi, gandi.once("web"):
            await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
        assert (tmp_path / "runs.db").exists()

    def test_sends_to_another_machine_in_the_clear_only_where_it_may(self, monkeypatch):
        monkeypatch.setenv("GANDI_URL", "http://sandbox:8001/")
        for no in ("", "0", "false", "no", "No "):
            monkeypatch.setenv("GANDI_INSECURE", no)
            with pytest.raises(
                InvalidArgument, match=r"insecure=True, GANDI_INSECURE=1 or .*--ins"
            ):
                Gandi.from_env()
        for yes in ("1", "true", "yes", "TRUE", "\ufeffyes\r"):
            monkeypatch.setenv("GANDI_INSECURE", yes)
            Gandi.from_env()
        with pytest.raises(InvalidArgument, match="would send secrets unencrypted"):
            Gandi.from_env(insecure=False)
        monkeypatch.setenv("GANDI_INSECURE", "maybe")
        with pytest.raises(InvalidArgument, match=r"^GANDI_INSECURE is none of 1, true, yes, 0, f"):
            Gandi.from_env()

    async def test_lets_arguments_win(self, gandi_sandbox):
        async with Gandi.from_env(url=gandi_sandbox.url, password="wrong", timeout=5) as gandi:
            with pytest.raises(Exception, match="login refused"):
                await gandi.vm_list()

    @pytest.mark.parametrize("name", ["GANDI_LOGIN", "GANDI_PASSWORD"])
    def test_names_what_is_missing(self, monkeypatch, name):
        monkeypatch.delenv(name)
        with pytest.raises(InvalidArgument, match=f"not set in the environment: {name}$"):
            Gandi.from_env()


@pytest.mark.parametrize("rate_limit", [RateLimit(30, per=2.0), RateLimit(1, per=50)])
def test_a_limit_that_was_asked_for_is_never_lifted(in_virtual_time, rate_limit):
    async def story():
        async with Sandbox() as sandbox, sandbox.client(rate_limit=rate_limit) as gandi:
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*(gandi.vm_list() for _ in range(60)))
            return asyncio.get_running_loop().time() - began

    spacing = rate_limit.per / max(rate_limit.calls - 1, 1)
    assert in_virtual_time(story()) == pytest.approx(60 * spacing, abs=0.2)


async def test_anothers_http_session_is_used_and_stays_open(gandi_sandbox):
    async with aiohttp.ClientSession() as http:
        async with gandi_sandbox.client(http=http) as gandi:
            assert await gandi.vm_list() == []
        assert not http.closed


async def test_what_was_done_is_counted(gandi, gandi_sandbox):
    assert gandi.stats == Stats()
    gandi_sandbox.refuse("vm_list", retry_after=0)
    await gandi.vm_list()
    await (await gandi.vm_create("web-01", PASSWORD, 111, 1, 1))
    stats = gandi.stats
    assert stats.requests == gandi_sandbox.calls.total()
    assert (stats.logins, stats.retries) == (1, 1)
    assert 1 <= stats.polls < stats.requests


async def test_one_client_serves_any_number_of_tasks(gandi):
    operations = await asyncio.gather(
        *(gandi.vm_create(f"web-{n}", PASSWORD, 111, 1, 1) for n in range(100))
    )
    assert len({operation.vm_id for operation in operations}) == 100
    await asyncio.gather(*operations)
    assert len(await gandi.vm_list()) == 100


async def test_a_reply_that_is_larger_than_allowed_is_told():
    async with Sandbox() as sandbox, sandbox.client(max_reply=300, retry=Retry(1)) as gandi:
        assert await gandi.vm_list() == []
        with pytest.raises(TransportError, match="larger than 300 bytes"):
            await gandi.os_list()


def test_a_call_outside_a_task_is_told():
    coroutine = Gandi("AA1234-GANDI", PASSWORD).vm_list()
    with pytest.raises(RuntimeError):
        coroutine.send(None)


async def test_closing_that_is_interrupted_closes_all_the_same(gandi_sandbox):
    gandi = gandi_sandbox.client()
    operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    waiting = asyncio.create_task(operation.wait())
    await asyncio.sleep(0)
    closing = asyncio.create_task(gandi.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    with pytest.raises(ClientClosed):
        await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_any_call_whose_reply_is_lost_is_unknown_also_one_that_has_a_method(
    gandi_sandbox, gandi
):
    gandi_sandbox.drop_reply("operation_cancel")
    with pytest.raises(OutcomeUnknown):
        await gandi.call("operation_cancel", 1)
    assert gandi_sandbox.calls["operation_cancel"] == 1


async def test_a_refused_login_is_sent_once_for_a_changing_call(gandi_sandbox):
    async with gandi_sandbox.client(password="not-mypassword") as gandi:
        with pytest.raises(AuthenticationError):
            await gandi.vm_stop(1)
    assert gandi_sandbox.calls == {"login": 1}
