"""``aiogandi demo``: the provider's recipe at bulk size."""


def test_the_demo_shows_bars_in_a_terminal_and_figures_in_the_end(terminal):
    child = terminal("demo", "--vms", 3, "--speed", 1000)
    shown, code = child.end()
    assert code == 0
    for step in ("Creating 3 servers", "Creating 3 disks", "Attaching 3 disks", "Stopping"):
        assert step in shown
    assert "3 done, 0 failed, 0 under way" in shown
    assert "Service seconds" in shown


def test_the_demo_is_plain_without_a_terminal_and_counts_right(process):
    done = process("demo", "--vms", 3, "--speed", 1000, "--json")
    assert done.code == 0
    assert "\x1b" not in done.err
    assert done.json["operations"] == 1 + 7 * 3
    assert done.json["logins"] == 1
    assert done.json["requests"] > done.json["operations"]
    assert done.json["seconds"] < 20
    # It takes as long as the service does, and is not slowed down by how it looks.
    assert done.json["service_seconds"] >= 60 + 30 + 10 + 20 + 10 + 15 + 20


def test_the_demo_can_be_interrupted(terminal):
    child = terminal("demo", "--vms", 3, "--speed", 0.001)
    child.expect("Logged in")
    child.sendintr()
    shown, code = child.end()
    assert code == 130
    assert "aiogandi: interrupted" in shown
