"""Which disk goes to which server: a server and its disks, or pairs."""

import pytest

from aiogandi.cli.batch.attachment import pairs_of
from aiogandi.cli.exits import WrongUse


@pytest.mark.parametrize(
    ("words", "server_of"),
    [
        (["10001", "500001", "500002"], {500001: 10001, 500002: 10001}),
        (["10001:500001", "10002:500002"], {500001: 10001, 500002: 10002}),
        (["10001:500001"], {500001: 10001}),
        (["10001", "500001-500003", "500002"], dict.fromkeys(range(500001, 500004), 10001)),
        (["10001:500001-500002", "10002:500003"], {500001: 10001, 500002: 10001, 500003: 10002}),
        (["10001:500001", "010001:500001"], {500001: 10001}),
    ],
)
def test_each_disk_has_its_server(words, server_of):
    assert pairs_of(words) == server_of


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["10001"], "give either a server and its disks, or pairs like 10001:500001"),
        (["10001", "10002:500002"], "give either a server and its disks, or pairs"),
        (["10001", "x"], "'x' is not an id"),
        (["10001:"], "'' is not an id"),
        (["0:500001"], "'0' is not an id"),
        (["10001:9223372036854775808"], "'9223372036854775808' is not an id"),
        (["10001", "٣"], "'٣' is not an id"),
        (["1:3", "2:3"], "disk 3 is there twice, for server 1 and 2; it can be attached to one"),
        (["1-2", "3"], "'1-2' is more than one server"),
        (["1", "4-3"], "'4-3' goes from high to low"),
    ],
)
def test_what_is_no_pair_is_wrong_use(words, problem):
    with pytest.raises(WrongUse) as refusal:
        pairs_of(words)
    assert problem in str(refusal.value)
