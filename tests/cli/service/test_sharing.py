"""``--hub``: the command shares session and rate with the service beside it."""

import subprocess
import sys

import pytest

ANYWHERE = [
    ("--hub", "URL", "vm", "list"),
    ("vm", "--hub", "URL", "list"),
    ("vm", "list", "--hub", "URL"),
    ("vm", "list", "--json", "--hub=URL"),
    ("recover", "--hub", "URL"),
]


@pytest.mark.parametrize("line", ANYWHERE)
def test_the_hub_is_named_anywhere_in_the_line(aiogandi, service, line, tmp_path):
    words = [word.replace("URL", "nonsense://:s3cret@host") for word in line]
    done = aiogandi(*words, service=service, env={"XDG_STATE_HOME": str(tmp_path)})
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("aiogandi: the hub's url begins with 'nonsense': redis://host")
    assert "s3cret" not in done.err
    assert service.do("calls") == {}


def test_a_hub_that_is_away_is_said_once_and_nothing_is_sent(aiogandi, service, store):
    store.kill()
    env = {"GANDI_HUB": store.url.replace("//", "//:s3cret@")}
    done = aiogandi("vm", "list", service=service, env=env)
    assert (done.code, done.out) == (1, "")
    first, second = done.err.splitlines()
    assert first.startswith(f"aiogandi: warning: the hub {store.url} is away: ")
    assert second == "aiogandi: nothing was sent; without a hub the command works alone"
    assert "s3cret" not in done.err
    assert service.do("calls") == {}


def test_a_hub_of_another_release_is_an_error(aiogandi, service, store):
    subprocess.run(
        [sys.executable, "-c", OTHER_RELEASE, store.url], check=True, capture_output=True
    )
    done = aiogandi("vm", "list", "--hub", store.url, service=service)
    assert (done.code, done.out) == (1, "")
    assert "has format 99, and this release of aiogandi knows 1" in done.err
    assert done.err.count("\n") == 1
    assert service.do("calls") == {}


OTHER_RELEASE = """
import sys
import redis
redis.Redis.from_url(sys.argv[1]).hset("aiogandi:about", mapping={"format": 99, "epoch": "a", "salt": "b"})
"""


@pytest.mark.parametrize("missing", ["redis", "cryptography"])
@pytest.mark.parametrize("line", [("vm", "list"), ("hub", "status")])
def test_without_the_extra_the_hub_is_wrong_use(home, missing, line):
    script = f"""
import sys
sys.modules[{missing!r}] = None
from aiogandi.cli import main
sys.exit(main())
"""
    credentials = {"GANDI_LOGIN": "me", "GANDI_PASSWORD": "mypassword"}
    done = subprocess.run(
        [sys.executable, "-c", script, *line, "--hub", "redis://127.0.0.1:1"],
        check=False, env=home | credentials, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"aiogandi: a hub needs {missing}: pip install 'aiogandi[hub]'\n"
