"""Ids, --match or --all: what is meant, and what is asked before it is carried out."""

import pytest


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
    assert "incomplete: 1 of 2 servers could not be read, so nothing was changed\n" in done.err
    assert service.states() == {"web-01": "running", "web-02": "running"}


def test_an_id_that_is_there_twice_is_changed_once(aiogandi, service):
    (vm_id,) = service.vms("web-01")
    done = aiogandi("vm", "stop", vm_id, vm_id, "--json", service=service)
    assert (done.code, len(done.json)) == (0, 1)


class TestOddLists:
    """A list that repeats ids, is in ascending order, and holds a 0: each id is meant once."""

    def test_all_of_them_is_each_one_once(self, aiogandi, service):
        first, second = service.vms("web-01", "db-01", state="halted")
        service.do("answer", "vm_list", [0, first, first, second, 0, str(first), float(second)])
        done = aiogandi("vm", "start", "--all", "--yes", "--json", service=service)
        assert (done.code, [item["vm_id"] for item in done.json]) == (0, [first, second])
        assert service.do("calls")["vm_start"] == 2

    def test_those_that_match_are_each_one_once(self, aiogandi, service):
        first, second = service.disks("data-01", "data-02")
        service.do("answer", "disk_list", [first, 0, second, second, first])
        done = aiogandi("disk", "delete", "--match", "data-*", "--json", service=service)
        assert (done.code, [item["disk_id"] for item in done.json]) == (0, [first, second])
        assert service.do("calls")["disk_delete"] == 2
        assert service.do("disks") == []

    def test_pending_operations_are_cancelled_once(self, aiogandi, slow_service):
        slow_service.call("vm_create", "web-01", "s3cret-password", 111, 1, 1, {})
        (number,) = slow_service.call("operation_list")
        slow_service.do("answer", "operation_list", [number, number, 0])
        done = aiogandi("operation", "cancel", "--all", "--yes", "--json", service=slow_service)
        assert [item["operation_id"] for item in done.json] == [number]
        assert slow_service.do("calls")["operation_cancel"] == 1

    def test_a_thing_is_listed_once(self, aiogandi, service):
        (vm_id,) = service.vms("web-01")
        service.do("answer", "vm_list", [vm_id, vm_id, 0])
        done = aiogandi("vm", "list", "--json", service=service)
        assert (done.code, [vm["id"] for vm in done.json]) == (0, [vm_id])
        assert service.do("calls")["vm_info"] == 1


class TestAskingAboutAMatch:
    """On a terminal --match is asked about as --all is, with the things that it means."""

    def test_it_says_how_many_and_which_and_begins_after_yes(self, terminal, service):
        first, second = service.vms("web-01", "web-02")
        service.vms("db-01")
        child = terminal("vm", "stop", "--match", "web-*", service=service)
        child.expect_exact(f"web-01 ({first}), web-02 ({second})\r\n")
        child.expect_exact("Stop 2 servers of AA1234-GANDI? [y/N]: ")
        child.sendline("y")
        assert child.end()[1] == 0
        assert service.states() == {"web-01": "halted", "web-02": "halted", "db-01": "running"}

    @pytest.mark.parametrize(
        ("command", "question"),
        [
            (("vm", "delete"), "Delete 1 server"),
            (("vm", "reboot"), "Reboot 1 server"),
            (("disk", "detach"), "Detach 1 disk"),
            (("product", "remove"), "Remove 1 product"),
            (("operation", "cancel"), "Cancel 1 pending operation"),
        ],
    )
    def test_every_change_asks_and_no_changes_nothing(self, terminal, serving, command, question):
        service = serving(speed=0.001)
        (vm_id,) = service.vms("s")
        service.disks("s")
        for _ in range(2):
            service.call("vm_stop", vm_id)
        before = service.do("calls")
        child = terminal(*command, "--match", "*s*", service=service)
        child.expect_exact(f"{question} of AA1234-GANDI? [y/N]: ")
        child.sendline("n")
        shown, code = child.end()
        assert code == 1
        assert "aiogandi: nothing was changed" in shown
        reading = ("login", "vm_info", "vm_list", "disk_info", "disk_list", "operation_list")
        reading += ("operation_details", "hosting_account_info")
        made = {name: n for name, n in service.do("calls").items() if n != before.get(name)}
        assert {*made} <= {*reading}

    @pytest.mark.parametrize(
        ("option", "question"), [("--match=*", "Stop 12"), ("--all", "Stop all 12")]
    )
    def test_of_many_it_names_the_first_ones(self, terminal, service, option, question):
        ids = service.vms(*(f"web-{number:02d}" for number in range(12)))
        child = terminal("vm", "stop", option, service=service)
        child.expect_exact(f"{question} servers of AA1234-GANDI? [y/N]: ")
        asked = " ".join(child.before.split())
        assert f"web-00 ({ids[0]}), web-01 ({ids[1]})" in asked
        assert f"web-09 ({ids[9]}) and 2 more" in asked
        assert "web-10" not in asked
        assert asked.endswith(f"and 2 more All of them: {ids[0]}-{ids[-1]}")
        child.sendline("n")
        child.end()

    def test_of_few_the_names_are_enough(self, terminal, service):
        service.vms("web-01", "web-02", "web-03")
        child = terminal("vm", "stop", "--all", service=service)
        child.expect_exact("[y/N]: ")
        assert "All of them" not in child.before
        child.sendline("n")
        child.end()

    def test_ids_that_would_fill_the_screen_are_left_out(self, terminal, service):
        ids = service.vms(*(f"{'web' if n % 2 else 'db'}-{n}" for n in range(60)))
        child = terminal("vm", "stop", "--match", "web-*", service=service)
        child.expect_exact("[y/N]: ")
        assert "and 20 more" in " ".join(child.before.split())
        assert str(ids[-1]) not in child.before
        child.sendline("n")
        child.end()

    def test_all_asks_also_where_a_name_cannot_be_read(self, terminal, service):
        (vm_id,) = service.vms("web-01")
        service.do("fault", "vm_info", code=500150, message="DataError: not yours [vm_id: 1]")
        child = terminal("vm", "stop", "--all", service=service)
        child.expect_exact(f"{vm_id}\r\nStop all 1 server of AA1234-GANDI? [y/N]: ")
        child.sendline("y")
        assert child.end()[1] == 0

    def test_yes_skips_the_question(self, terminal, service):
        service.vms("web-01")
        child = terminal("vm", "stop", "--match", "*", "--yes", service=service)
        shown, code = child.end()
        assert code == 0
        assert "[y/N]" not in shown

    def test_ids_are_not_asked_about(self, terminal, service):
        shown, code = terminal("vm", "stop", *service.vms("web-01"), service=service).end()
        assert code == 0
        assert "[y/N]" not in shown


class TestScripts:
    """Without a terminal --match is carried out, unless its pattern says no more than --all."""

    def test_a_match_is_carried_out_also_where_it_happens_to_match_all(self, process, service):
        service.vms("web-01", "web-02")
        assert process("vm", "stop", "--match", "web-*", service=service).code == 0
        assert service.states() == {"web-01": "halted", "web-02": "halted"}

    @pytest.mark.parametrize("pattern", ["*", "**", "?*", "*?"])
    def test_a_pattern_that_matches_whatever_there_is_needs_yes(self, aiogandi, service, pattern):
        args = ("vm", "delete", "--match", "web-*", "--match", pattern)
        done = aiogandi(*args, service=service)
        assert done.code == 2
        assert done.err == (
            f"aiogandi: --match {pattern!r} means all of them,"
            " which without a terminal to ask on needs --yes\n"
        )
        assert not service.do("calls")
        service.vms("web-01", state="halted")
        assert aiogandi(*args, "--yes", service=service).code == 0
        assert service.states() == {}

    @pytest.mark.parametrize("pattern", ["", "???", "*-*", "[a-z]*"])
    def test_a_pattern_that_says_something_is_carried_out(self, aiogandi, service, pattern):
        service.vms("db")
        done = aiogandi("vm", "stop", "--match", pattern, "--match", "db", service=service)
        assert done.code == 0

    def test_reading_needs_no_yes(self, aiogandi, service):
        service.vms("web-01")
        assert aiogandi("vm", "list", "--match", "*", service=service).code == 0


def test_products_of_the_same_id_are_changed_once(aiogandi, service):
    (product,) = service.do("products")
    service.do("answer", "hosting_account_info", {"products": 2 * [{"id": product["id"]}]})
    done = aiogandi(
        "product", "renew", "--all", "--yes", "--duration", "1m", "--json", service=service
    )
    assert (done.code, len(done.json)) == (0, 1)
    assert service.do("calls")["hosting_account_product_renew"] == 1
