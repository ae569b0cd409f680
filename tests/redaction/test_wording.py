"""The service's fixed words stay, though somebody's password is one of them; what it repeats does not."""

import pytest

from aiogandi.faults import fault_for
from aiogandi.redaction import Redactor


@pytest.mark.parametrize(
    ("secret", "message", "shown"),
    [
        (
            "bad",
            "DataError: bad credential [password: bad]",
            "DataError: bad credential [password: ***]",
        ),
        (
            "credential",
            "DataError: bad credential [login: credential]",
            "DataError: bad credential [login: ***]",
        ),
        ("bad credential", "DataError: bad credential", "DataError: bad credential"),
        ("DataError", "DataError: no DataError", "DataError: no ***"),
        (
            "password",
            "DataError: invalid value for password [password: password]",
            "DataError: invalid value for password [password: ***]",
        ),
        (
            "hostname",
            "DataError: invalid value for hostname [hostname: hostname] hostname",
            "DataError: invalid value for hostname [hostname: ***] ***",
        ),
        ("such", "DataError: no such VM [vm_id: 5]", "DataError: no such VM [vm_id: 5]"),
        (
            "error",
            "ServerError: internal error (error has been logged and will be reported",
            "ServerError: internal error (error has been logged and will be reported",
        ),
        ("error", "ServerError: internal error", "ServerError: internal error"),
    ],
)
def test_fixed_words_stay(secret, message, shown):
    assert Redactor([secret]).redact(message) == shown


@pytest.mark.parametrize(
    ("secret", "message", "shown"),
    [
        # The sentence goes on, begins elsewhere or is none that is known.
        ("bad", "DataError: bad credential bad", "DataError: *** credential ***"),
        ("bad", "bad credential", "*** credential"),
        ("bad", "DataError: bad", "DataError: ***"),
        ("value", "DataError: value", "DataError: ***"),
        ("bad", "DataError: very bad credential", "DataError: very *** credential"),
        ("bad", "x DataError: bad credential", "x DataError: *** credential"),
        ("credential", "DataError: bad credentials", "DataError: bad ***s"),
        # It is not a name before a value.
        ("hostname", "DataError: hostname [x: hostname]", "DataError: *** [x: ***]"),
        ("hostname", "[value: hostname: a]", "[value: ***: a]"),
        ("s3cret", "DataError: unexpected [s3cret: 5]", "DataError: unexpected [***: 5]"),
        # It is more than the fixed words.
        ("[login:", "DataError: no [name: [login:]", "DataError: no [name: ***]"),
        ("credential [login: me", "DataError: bad credential [login: me]", "DataError: bad ***]"),
        (
            "mybad",
            "DataError: bad credential [login: mybad]",
            "DataError: bad credential [login: ***]",
        ),
        # It is written in another way.
        (
            "bad!",
            "DataError: bad credential [login: bad&#33;]",
            "DataError: bad credential [login: ***]",
        ),
    ],
)
def test_everything_else_is_blanked(secret, message, shown):
    assert Redactor([secret]).redact(message) == shown


@pytest.mark.parametrize("secret", ["login", "size", "hostname"])
def test_a_fault_still_knows_its_element(secret):
    fault = fault_for(500130, f"DataError: no [{secret}: {secret}]", Redactor([secret]))
    assert (fault.element, fault.message) == (secret, f"DataError: no [{secret}: ***]")


def test_a_message_says_the_same_for_every_secret_where_it_repeats_none():
    """So that no gap tells which one it is."""
    message = "DataError: invalid value for hostname [hostname: -web]"
    words = [
        "DataError",
        "invalid",
        "value",
        "for",
        "hostname",
        "invalid value",
        "value for hostname",
    ]
    assert {Redactor([word]).redact(message) for word in [*words, "s3cret"]} == {message}
