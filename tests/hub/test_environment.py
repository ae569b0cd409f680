"""``GANDI_HUB``: programs that take their client from the environment share a store without a word of it."""

import pytest

from aiogandi import Gandi, InvalidArgument
from aiogandi.sandbox import QUICK, Sandbox


@pytest.fixture
async def sandbox(monkeypatch):
    """Who takes settings from the environment is logged in there."""
    async with Sandbox() as sandbox:
        monkeypatch.setenv("GANDI_LOGIN", "AA1234-GANDI")
        monkeypatch.setenv("GANDI_PASSWORD", "mypassword")
        monkeypatch.setenv("GANDI_URL", sandbox.url)
        monkeypatch.delenv("GANDI_INSECURE", raising=False)
        monkeypatch.delenv("GANDI_JOURNAL", raising=False)
        yield sandbox


async def test_clients_from_the_environment_share_the_store(sandbox, monkeypatch, store_server):
    monkeypatch.setenv("GANDI_HUB", f"{store_server().url}\r\n")
    async with Gandi.from_env(**QUICK) as one, Gandi.from_env(**QUICK) as other:
        await one.vm_list()
        await other.vm_list()
    assert sandbox.calls["login"] == 1


def test_a_file_beside_it_is_refused(sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("GANDI_HUB", "redis://:s3cret@127.0.0.1:1")
    monkeypatch.setenv("GANDI_JOURNAL", str(tmp_path / "runs.db"))
    with pytest.raises(InvalidArgument, match="journal: with a hub") as refused:
        Gandi.from_env()
    assert "s3cret" not in str(refused.value)


def test_a_password_in_what_is_no_url_is_not_repeated(sandbox, monkeypatch):
    monkeypatch.setenv("GANDI_HUB", "cache.internal:s3cret")
    with pytest.raises(InvalidArgument, match="hub") as refused:
        Gandi.from_env()
    assert "s3cret" not in str(refused.value)
