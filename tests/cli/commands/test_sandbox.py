"""``aiogandi sandbox``: one line, then it serves until it is told to end."""

import json
import os
import signal
import xmlrpc.client

import pytest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_one_line_serves_and_ends_when_told(start, number):
    args = ("--port", 0, "--login", "ME", "--password", "mine", "--speed", 1000)
    child = start("sandbox", *args)
    word, _, url = child.stdout.readline().rpartition(" ")
    assert word == "Sandbox at"
    with xmlrpc.client.ServerProxy(url.strip()) as proxy:
        session = proxy.login("ME", "mine")
        assert proxy.vm_list(session) == []
    os.kill(child.pid, number)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (0, "", "")


def test_it_tells_its_url_as_json(start):
    child = start("sandbox", "--port", 0, "--json")
    assert json.loads(child.stdout.readline())["url"].startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_one_line(process, service):
    port = service.url.split(":")[2].split("/")[0]
    done = process("sandbox", "--port", port)
    assert done.code == 1
    assert done.err.startswith(f"aiogandi: cannot serve at 127.0.0.1:{port}: ")
    assert done.err.count("\n") == 1
