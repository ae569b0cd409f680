"""What stands in the store for a session can be read, named and compared with the account's password alone."""

import pytest

from aiogandi.hub.sessions.sealing import Seal
from aiogandi.journals.journal import account_of
from aiogandi.redaction import Secret

SALT = bytes(range(16))
SESSION = Secret("b4d5c0ffee-session")


@pytest.fixture(scope="module")
def seal():
    return Seal(Secret("mypassword"), SALT)


def test_another_process_with_the_password_reads_it(seal):
    other = Seal(Secret("mypassword"), SALT)
    assert other.decrypt(seal.encrypt(SESSION, "here"), "here") == SESSION
    assert other.mark(SESSION) == seal.mark(SESSION)
    account = account_of("AA1", "BB2", "https://x")
    assert other.fingerprint(account) == seal.fingerprint(account)


@pytest.mark.parametrize(
    ("password", "salt"), [("mypassworD", SALT), ("mypassword", SALT[::-1]), ("", SALT)]
)
def test_under_another_password_or_salt_nothing_is_the_same(seal, password, salt):
    other = Seal(Secret(password), salt)
    assert other.decrypt(seal.encrypt(SESSION, "here"), "here") is None
    assert other.mark(SESSION) != seal.mark(SESSION)
    account = account_of("AA1", None, "x")
    assert other.fingerprint(account) != seal.fingerprint(account)


def test_accounts_have_names_of_their_own(seal):
    accounts = [
        ("AA1", None, "x"),
        ("AA1", "", "x"),
        ("AA1", "x", ""),
        ("AA1", None, "y"),
        ("AA2", None, "x"),
    ]
    assert len({seal.fingerprint(account_of(*account)) for account in accounts}) == len(accounts)


def test_what_was_moved_changed_or_cut_is_not_read(seal):
    sealed = seal.encrypt(SESSION, "here")
    assert seal.decrypt(sealed, "there") is None
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert seal.decrypt(bytes(changed), "here") is None
        assert seal.decrypt(sealed[:place], "here") is None


def test_it_is_never_sealed_twice_in_the_same_way(seal):
    assert len({seal.encrypt(SESSION, "here") for _ in range(100)}) == 100


@pytest.mark.parametrize("text", ["", "ascii", "pässwörd 🔑", "\ud800"])
def test_any_text_comes_back(seal, text):
    back = seal.decrypt(seal.encrypt(Secret(text), "here"), "here")
    assert isinstance(back, Secret)
    assert back == text


def test_neither_a_password_nor_a_session_id_is_shown(seal):
    sealed = seal.encrypt(SESSION, "here")
    shown = f"{seal!r} {vars(seal)!r} {seal.mark(SESSION)} {sealed!r}"
    assert "mypassword" not in shown
    assert SESSION.reveal() not in shown
