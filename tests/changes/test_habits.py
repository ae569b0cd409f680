"""What a service was seen to do: what the client may rely on, and what it has no proof of."""

import pytest

from aiogandi import OperationDetails
from aiogandi.changes.habits import Habits
from aiogandi.redaction import Secret


@pytest.fixture
def habits():
    return Habits()


class TestGrows:
    """Ids of operations grow with time, until a reply names one that is older than its call."""

    @pytest.mark.parametrize(("number", "grows"), [(11, True), (10, False), (9, False)])
    def test_a_reply_shows_whether_they_do(self, number, grows, habits, books):
        habits.answered(books.sent(books.start()), number)
        assert habits.grows is grows

    def test_the_id_of_a_server_shows_nothing(self, habits, books):
        habits.answered(books.sent(books.create()), 9)
        assert habits.grows

    def test_a_call_that_knew_of_no_older_one_shows_nothing(self, habits, books):
        call = books.start()
        habits.answered(call, 1)
        assert call.newest is None
        assert habits.grows

    def test_once_they_did_not_they_are_not_trusted_again(self, habits, books):
        habits.answered(books.sent(books.start()), 9)
        habits.answered(books.sent(books.start()), 11)
        assert not habits.grows


class TestForms:
    """Whether names are stored as they were sent is learned from calls whose operation is known."""

    @pytest.mark.parametrize(
        ("sent", "stored", "folds", "keeps"),
        [
            ("WEB", "web", True, False),
            ("WEB", "WEB", False, True),
            ("web", "web", False, False),  # it looks the same either way
            ("web", "WEB", False, False),  # folding changes nothing of what was sent
            ("WEB", "db", False, False),
        ],
    )
    def test_are_shown_by_a_name_that_folding_changes(
        self, sent, stored, folds, keeps, habits, books
    ):
        call = books.answered(books.create(sent), 500)
        habits.saw(books.operation(11, books.create(stored), vm_id=500), call)
        assert ("vm_create" in habits.folds, "vm_create" in habits.keeps) == (folds, keeps)

    def test_are_not_shown_by_a_cut(self, habits, books):
        call = books.answered(books.create("A-hostname-of-27-characters"), 500)
        habits.saw(books.operation(11, books.create("A-hostname-of-2"), vm_id=500), call)
        assert (habits.folds, habits.keeps) == (set(), set())

    def test_are_not_shown_by_an_operation_that_tells_no_name(self, habits, books):
        call = books.answered(books.create("WEB"), 500)
        habits.saw(books.operation(11, call, params=None), call)
        assert (habits.folds, habits.keeps) == (set(), set())

    def test_are_not_shown_by_an_operation_that_nobody_is_known_to_own(self, habits, books):
        habits.saw(books.operation(11, books.create("WEB")), None)
        assert (habits.folds, habits.keeps) == (set(), set())

    def test_a_number_that_became_text_shows_nothing_of_names(self, habits, books):
        call = books.answered(books.create("WEB"), 500)
        told = {"hostname": "WEB", "os_id": "0111"}
        habits.saw(books.operation(11, call, params=told, vm_id=500), call)
        assert (habits.folds, habits.keeps) == (set(), {"vm_create"})

    def test_of_servers_show_nothing_of_disks(self, habits, books):
        call = books.answered(books.create("WEB"), 500)
        habits.saw(books.operation(11, books.create("web"), vm_id=500), call)
        assert habits.folds == {"vm_create"}


class TestWitness:
    """An answered call whose operation would show it, if somebody looked."""

    def test_there_is_none_before_a_call_was_answered(self, habits):
        assert habits.witness("vm_create") is None

    def test_is_the_last_one_of_the_type_whose_name_folding_would_change(self, habits, books):
        calls = [books.create(name) for name in ("DB", "WEB", "mail")]
        for number, call in enumerate(calls, 500):
            habits.answered(call, number)
        assert habits.witness("vm_create") == (calls[1], 501)
        assert habits.witness("disk_create") is None

    @pytest.mark.parametrize("stored", ["WEB", "web"])
    def test_none_is_needed_any_more_when_it_is_known(self, stored, habits, books):
        call, disk = books.create("WEB"), books.create_disk("DATA")
        habits.answered(call, 500)
        habits.answered(disk, 7)
        habits.saw(books.operation(11, books.create(stored)), call)
        habits.answered(books.create("DB"), 501)
        assert habits.witness("vm_create") is None
        assert habits.witness("disk_create") == (disk, 7)

    def test_a_password_makes_no_witness(self, habits, books):
        habits.answered(books.create("web", "S3CRET"), 500)
        assert habits.witness("vm_create") is None


class TestLongest:
    """A value that is shorter than another one of its parameter was not cut."""

    def test_is_the_length_of_the_longest_string_of_each_parameter(self, habits):
        for params in (
            {"hostname": "a-name", "specs": {"name": "data"}, "tags": ["a", "abc"], "os_id": 111},
            {"hostname": "web", "specs": {"name": "data-2"}},
            None,
        ):
            habits.saw(OperationDetails(11, "vm_create", params=params), None)
        assert habits.longest == {"hostname": 6, "name": 6, "tags": 3}

    def test_a_password_counts_for_nothing(self, habits):
        params = {"password": Secret("a-long-password")}
        habits.saw(OperationDetails(11, "vm_create", params=params), None)
        assert habits.longest == {}
