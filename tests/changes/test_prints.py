"""Prints of passwords: they tell whether two are the same, and help to guess none."""

import hashlib

import pytest

from aiogandi.changes.prints import BITS, Prints, are_comparable
from aiogandi.redaction import Secret

SALT = bytes(range(16))


def of(password, *, account="mypassword", salt=SALT):
    """The prints of a call with this password."""
    return Prints(Secret(account), salt).of({"hostname": "web", "password": Secret(password)})


def test_the_same_password_has_the_same_prints_in_another_process():
    assert of("s3cret-pw") == of("s3cret-pw")


def test_another_password_has_others():
    first, second = of("s3cret-pw"), of("an0ther-pw")
    assert first != second
    assert are_comparable(first, second)


def test_each_password_of_a_call_has_one_in_its_place():
    prints = Prints(Secret("mypassword"), SALT)
    one, two = Secret("s3cret-pw"), Secret("an0ther-pw")
    own, first, second = prints.of({"a": one, "b": {"c": [two]}})
    assert prints.of({"a": two, "b": {"c": [one]}}) == (own, second, first)
    assert prints.of({"a": one}) == (own, first)


def test_a_call_without_passwords_has_none_and_can_always_be_compared():
    prints = Prints(Secret("mypassword"), SALT)
    assert prints.of({"vm_id": 5}) == ()
    assert are_comparable((), prints.of({"password": Secret("s3cret-pw")}))
    assert are_comparable(prints.of({"password": Secret("s3cret-pw")}), ())


@pytest.mark.parametrize("other", [{"account": "a-new-one"}, {"salt": bytes(16)}])
def test_under_another_account_password_or_in_another_file_they_cannot_be_compared(other):
    assert not are_comparable(of("s3cret-pw"), of("s3cret-pw", **other))
    assert of("s3cret-pw")[1:] != of("s3cret-pw", **other)[1:]


def test_so_little_of_each_is_kept_that_no_guess_is_confirmed():
    assert BITS == 16
    guesses = {of(f"guess-{number}")[1] for number in range(5)}
    assert all(0 <= each < 2**16 for each in guesses)
    prints = Prints(Secret("mypassword"), SALT)
    kept = [prints.of({"password": Secret(f"pw-{number}")})[1] for number in range(2000)]
    assert len(set(kept)) < len(kept)  # some share theirs, as guesses do
    assert max(kept) > 2**15  # and all of the bits are used


def test_whoever_knows_the_file_and_not_the_account_cannot_make_them():
    word = b"s3cret-pw"
    known = (word, SALT + word, word + SALT, b"")
    digests = {hashlib.sha256(each).digest()[:2] for each in known}
    assert of("s3cret-pw")[1] not in {int.from_bytes(each, "big") for each in digests}
    for account in ("", "s3cret-pw"):
        assert of("s3cret-pw", account=account) != of("s3cret-pw")


def test_a_password_of_any_characters_has_one():
    assert of("pässwörd-😀") != of("passw\ud83drd")
    assert of("s3cret-pw", account="\ud83d")


def test_the_key_is_not_shown():
    prints = Prints(Secret("mypassword"), SALT)
    shown = f"{prints!r} {vars(prints)!r}"
    assert "mypassword" not in shown
    key = hashlib.scrypt(b"mypassword", salt=SALT, dklen=32, n=2**14, r=8, p=1)
    assert repr(key) not in shown
    assert key.hex() not in shown
