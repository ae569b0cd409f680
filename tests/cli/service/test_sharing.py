"""``--hub``: the command shares session and rate with the service beside it."""

import signal
import subprocess
import sys
import time

import pytest

from aiogandi import Gandi, RedisHub
from tests.cli.conftest import PATIENCE, environment

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
    assert done.err.startswith("aiogandi: hub: its URL begins with 'nonsense': redis://host")
    assert "s3cret" not in done.err
    assert service.do("calls") == {}


def test_a_hub_that_is_away_is_said_once_and_what_reads_goes_on(aiogandi, service, store):
    store.kill()
    env = {"GANDI_HUB": store.url.replace("//", "//:s3cret@")}
    done = aiogandi("account", "balance", service=service, env=env)
    assert (done.code, done.out) == (0, "10000.00 EUR\n")
    [warning] = done.err.splitlines()
    assert warning.startswith(f"aiogandi: warning: the hub {store.url} is away: ")
    assert "s3cret" not in done.err


def test_what_is_written_down_in_a_hub_that_is_away_is_not_begun(aiogandi, service, store):
    store.kill()
    line = ("vm", "create", "web-1", "--os", "debian", "--run", "r", "--hub", store.url)
    done = aiogandi(*line, service=service)
    assert (done.code, done.out) == (1, "")
    assert "is away" in done.err.splitlines()[-1]
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


async def test_command_and_service_have_one_session(beside, service, store):
    hub = RedisHub(store.url)
    async with Gandi("AA1234-GANDI", "mypassword", url=service.url, hub=hub) as gandi:
        assert await gandi.vm_list() == []
        for _ in range(2):
            done = await beside("account", "balance", "--hub", store.url, service=service)
            assert (done.code, done.out, done.err) == (0, "10000.00 EUR\n", "")
    assert service.do("calls")["login"] == 1


def test_a_run_is_written_down_in_the_hub(aiogandi, service, store, tmp_path):
    hub = {"XDG_STATE_HOME": str(tmp_path / "state"), "GANDI_HUB": store.url}
    line = ("disk", "create", "data-1", "data-2", "--size", 3072, "--run", "release-42")
    assert aiogandi("run", "list", "--json", service=service, env=hub).json == []
    done = aiogandi(*line, service=service, env=hub)
    assert done.code == 0
    done = aiogandi(*line, service=service, env=hub)  # from another machine, say
    assert done.code == 0
    assert len(service.do("disks")) == 2
    [run] = aiogandi("run", "list", "--json", service=service, env=hub).json
    assert (run["name"], run["done"], run["open"]) == ("release-42", 2, 0)
    items = aiogandi("run", "show", "release-42", "--json", service=service, env=hub).json
    assert [(item["key"], item["state"]) for item in items] == [
        ("data-1", "done"),
        ("data-2", "done"),
    ]
    for words in (("pending",), ("recover",)):
        assert aiogandi(*words, "--json", service=service, env=hub).json == []
    done = aiogandi("run", "forget", "release-42", service=service, env=hub)
    assert (done.code, done.out) == (0, "2 things of run release-42 forgotten\n")
    assert not (tmp_path / "state" / "aiogandi" / "journal.db").exists()


@pytest.mark.parametrize("line", [("vm", "stop", "1", "--run", "a"), ("run", "list"), ("recover",)])
@pytest.mark.parametrize("named", ["--journal", "GANDI_JOURNAL"])
def test_a_file_beside_a_hub_is_wrong_use(aiogandi, service, line, named, tmp_path):
    file = tmp_path / "runs.db"
    env = {"GANDI_HUB": "redis://127.0.0.1:1"}
    if named == "--journal":
        line = (*line, named, file)
    else:
        env[named] = str(file)
    done = aiogandi(*line, service=service, env=env)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"aiogandi: {named} and a hub exclude each other: with a hub,")
    assert not file.exists()


def test_a_command_that_writes_nothing_down_takes_no_offence_at_a_file(aiogandi, service, store):
    env = {"GANDI_HUB": store.url, "GANDI_JOURNAL": "/nowhere/runs.db"}
    assert aiogandi("account", "balance", service=service, env=env).code == 0


THE_COMMAND = """
import sys
from functools import partial
from aiogandi import Gandi, Polling
from aiogandi.cli.app import run
often = Polling(interval=0.02, max_interval=0.1)
sys.exit(run(sys.argv[1:], partial(Gandi, polling=often)))
"""


def test_a_wait_outlasts_the_store(home, slow_service, store):
    service = slow_service
    [vm_id] = service.vms("web")
    operation_id = service.call("vm_stop", vm_id)
    with subprocess.Popen(
        [sys.executable, "-c", THE_COMMAND, "operation", "wait", str(operation_id)],
        env=environment(home, service, {"GANDI_HUB": store.url}),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stderr.readline() == "Awaiting 1 operation\n"
        store.kill()
        line = child.stderr.readline()
        service.do("advance", 60)
        out, err = child.communicate(timeout=PATIENCE)
    assert line.startswith(f"aiogandi: warning: the hub {store.url} is away: ")
    assert child.returncode == 0
    assert str(operation_id) in out
    assert "Traceback" not in err


def test_interrupted_in_a_hub_it_leaves_the_store(start, aiogandi, slow_service, store):
    [vm_id] = slow_service.vms("web")
    operation_id = slow_service.call("vm_stop", vm_id)
    child = start("operation", "wait", operation_id, "--hub", store.url, service=slow_service)

    def processes():
        return aiogandi("hub", "status", "--json", "--hub", store.url).json["processes"]

    ends = time.monotonic() + PATIENCE
    while not processes():
        assert time.monotonic() < ends
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert processes() == []
