"""Ids, --match or --all: what is meant, and what is asked before it is carried out."""


def test_all_without_a_terminal_is_refused_before_anything_is_sent(aiogandi, service):
    done = aiogandi("vm", "stop", "--all", service=service)
    assert done.code == 2
    assert done.err == "aiogandi: --all without a terminal to ask on needs --yes\n"
    assert not service.do("calls")


def test_all_with_yes_asks_nobody(aiogandi, service):
    service.vms("web-01", "db-01")
    done = aiogandi("vm", "stop", "--all", "--yes", "--json", service=service)
    assert done.code == 0
    assert len(done.json) == 2
    assert service.states() == {"web-01": "halted", "db-01": "halted"}


def test_all_of_nothing_is_done(aiogandi, service):
    done = aiogandi("vm", "stop", "--all", "--yes", "--json", service=service)
    assert (done.code, done.json) == (0, [])


def test_all_is_asked_about_and_carried_out_after_yes(terminal, service):
    service.vms("web-01", "web-02")
    child = terminal("vm", "stop", "--all", service=service)
    child.expect_exact("Stop all 2 servers of AA1234-GANDI? [y/N]: ")
    child.sendline("y")
    _, code = child.end()
    assert code == 0
    assert service.states() == {"web-01": "halted", "web-02": "halted"}


def test_anything_but_yes_changes_nothing(terminal, service):
    service.vms("web-01")
    child = terminal("vm", "stop", "--all", service=service)
    child.expect_exact("[y/N]: ")
    child.sendline("")
    shown, code = child.end()
    assert code == 1
    assert "aiogandi: nothing was changed" in shown
    assert service.states() == {"web-01": "running"}


def test_an_interrupted_question_changes_nothing(terminal, service):
    service.vms("web-01")
    child = terminal("vm", "stop", "--all", service=service)
    child.expect_exact("[y/N]: ")
    _, code = child.leave()
    assert code == 130
    assert service.states() == {"web-01": "running"}


def test_nothing_that_matches_is_a_failure(aiogandi, service):
    service.vms("web-01")
    done = aiogandi("vm", "stop", "--match", "db-*", "--match", "x", service=service)
    assert done.code == 1
    assert done.err == "aiogandi: no server matches 'db-*' or 'x'\n"


def test_a_server_that_cannot_be_read_leaves_all_untouched(aiogandi, service):
    service.vms("web-01", "web-02")
    service.do("fault", "vm_info", code=500150, message="DataError: not yours [vm_id: 1]")
    done = aiogandi("vm", "stop", "--match", "web-*", service=service)
    assert done.code == 1
    assert "not every server could be read, so nothing was changed" in done.err
    assert service.states() == {"web-01": "running", "web-02": "running"}


def test_an_id_that_is_there_twice_is_changed_once(aiogandi, service):
    (vm_id,) = service.vms("web-01")
    done = aiogandi("vm", "stop", vm_id, vm_id, "--json", service=service)
    assert (done.code, len(done.json)) == (0, 1)
