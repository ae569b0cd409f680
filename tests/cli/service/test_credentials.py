"""Who the command logs in as: the environment, a file that is nobody else's, a question."""

import io
import re
import tomllib
from pathlib import Path

import pytest

from aiogandi.cli.exits import NotLoggedIn
from aiogandi.cli.service.credentials import KEYS, config_file, find_credentials, find_hub
from aiogandi.client import URL

STORED = 'login = "from-file"\npassword = "pw-of-file"\nurl = "https://file.example/"\n'


@pytest.fixture
def nobody(monkeypatch, home):
    """Nothing is set, and nobody can be asked."""
    for name in ("GANDI_LOGIN", "GANDI_PASSWORD", "GANDI_URL", "GANDI_INSECURE", "GANDI_HUB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", home["XDG_CONFIG_HOME"])
    monkeypatch.setattr("sys.stdin", io.StringIO())  # no terminal
    return monkeypatch


@pytest.fixture
def store(nobody):
    """Writes the config file."""

    def write(text=STORED, mode=0o600):
        path = config_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def found():
    """What is found: login, password, URL."""
    credentials = find_credentials()
    return credentials.login, credentials.password.reveal(), credentials.url


def test_the_environment_is_enough(nobody):
    nobody.setenv("GANDI_LOGIN", "me")
    nobody.setenv("GANDI_PASSWORD", "pw")
    assert found() == ("me", "pw", URL)


def test_the_file_is_enough(store):
    store()
    assert found() == ("from-file", "pw-of-file", "https://file.example/")


def test_readmes_example_is_a_file_of_all_keys(store):
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    store(example)
    assert found() == ("AA1234-GANDI", "mypassword", URL)
    assert tomllib.loads(example).keys() == {*KEYS}


def test_the_environment_wins_value_by_value(store, nobody):
    store()
    nobody.setenv("GANDI_URL", "https://env.example/")
    nobody.setenv("GANDI_PASSWORD", "pw-of-env")
    assert found() == ("from-file", "pw-of-env", "https://env.example/")


def test_an_empty_variable_is_not_set(store, nobody):
    store()
    nobody.setenv("GANDI_LOGIN", "")
    assert found()[0] == "from-file"


def test_the_files_password_is_not_sent_for_another_login(store, nobody):
    store()
    nobody.setenv("GANDI_LOGIN", "somebody-else")
    with pytest.raises(NotLoggedIn, match="not logged in: set GANDI_LOGIN"):
        find_credentials()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_can_read_or_change_is_refused(store, mode):
    path = store(mode=mode)
    with pytest.raises(NotLoggedIn, match=rf"others can read or change it \(mode {mode:o}\)") as no:
        find_credentials()
    assert f"chmod 600 {path}" in str(no.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'login = "a"\npasswd = "b"',
            "unknown key 'passwd'; there are login, password, url, insecure, hub",
        ),
        ('login = "a"\npassword = 12345', "password must be a text"),
        ('login = "a"\npassword = "  "', "password must be a text"),
        ('login = "a"\ninsecure = "12345"', "insecure must be true or false"),
        ('login = "', "is not TOML"),
        (b"\xff".decode("latin-1"), "is not TOML: it is no text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_without_repeating_it(store, text, problem):
    path = store(text)
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(NotLoggedIn, match=problem) as refusal:
        find_credentials()
    assert "12345" not in str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_may_be_written_on_windows(store, encoding):
    path = store()
    path.write_bytes(STORED.replace("\n", "\r\n").replace("https:", " https:").encode(encoding))
    assert found() == ("from-file", "pw-of-file", "https://file.example/")


def test_variables_may_be_what_files_hold(nobody):
    nobody.setenv("GANDI_LOGIN", "\ufeffme\r")
    nobody.setenv("GANDI_PASSWORD", "\ufeff pw \r")
    nobody.setenv("GANDI_URL", "\ufeff https://env.example/ \r")
    assert found() == ("me", " pw ", "https://env.example/")


def no_folder(home):
    home.write_text("")


def a_circle(home):
    home.symlink_to(home)


def a_folder_in_its_place(home):
    (home / "aiogandi" / "config.toml").mkdir(parents=True)


HOMES = [no_folder, a_circle, a_folder_in_its_place]


@pytest.mark.parametrize("make", HOMES)
def test_a_file_that_cannot_be_read_is_no_matter_where_nothing_of_it_is_needed(
    nobody, tmp_path, make
):
    make(tmp_path / "there")
    nobody.setenv("XDG_CONFIG_HOME", str(tmp_path / "there"))
    nobody.setenv("GANDI_LOGIN", "me")
    nobody.setenv("GANDI_PASSWORD", "pw")
    assert found() == ("me", "pw", URL)


@pytest.mark.parametrize("make", HOMES)
def test_a_file_that_cannot_be_read_is_told_where_it_is_needed(nobody, tmp_path, make):
    make(tmp_path / "there")
    nobody.setenv("XDG_CONFIG_HOME", str(tmp_path / "there"))
    nobody.setenv("GANDI_LOGIN", "me")
    with pytest.raises(NotLoggedIn, match=r"^not logged in: set GANDI_LOGIN and GANDI_PASS") as no:
        find_credentials()
    assert ("cannot be read: " in str(no.value)) is (make is not no_folder)
    assert "or write" not in str(no.value)


def test_a_file_that_would_be_refused_is_not_looked_at_where_nothing_of_it_is_needed(store, nobody):
    store("no TOML", mode=0o644)
    for name in ("LOGIN", "PASSWORD", "URL"):
        nobody.setenv(f"GANDI_{name}", f"https://{name}")
    assert found() == ("https://LOGIN", "https://PASSWORD", "https://URL")


def test_without_a_home_nothing_is_read_from_where_the_command_is_typed(nobody, tmp_path):
    """A user whom the system does not know, say in a container, has no home."""
    file = tmp_path / "~" / ".config" / "aiogandi" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(STORED)
    file.chmod(0o600)
    nobody.chdir(tmp_path)
    nobody.delenv("XDG_CONFIG_HOME")
    nobody.setattr("os.path.expanduser", lambda path: path)
    assert config_file() is None
    with pytest.raises(NotLoggedIn, match=r"^not logged in: set GANDI_LOGIN and GANDI_PASSWORD$"):
        find_credentials()


@pytest.mark.parametrize("home_", ["/dev/null", "", None])
def test_no_home_is_no_matter_to_who_is_logged_in(process, service, home, home_):
    del home["XDG_CONFIG_HOME"], home["HOME"]
    done = process(
        "account", "balance", service=service, env={} if home_ is None else {"HOME": home_}
    )
    assert (done.code, done.out, done.err) == (0, "10000.00 EUR\n", "")


def test_insecure_is_the_command_lines_then_the_variables_then_the_files(store, nobody):
    store(STORED + "insecure = true\n")
    assert find_credentials().insecure
    nobody.setenv("GANDI_INSECURE", "no")
    assert not find_credentials().insecure
    assert find_credentials(insecure=True).insecure
    nobody.setenv("GANDI_INSECURE", "1")
    assert find_credentials().insecure


def test_the_files_insecure_is_for_its_own_url(store, nobody):
    store(STORED + "insecure = true\n")
    nobody.setenv("GANDI_URL", "http://elsewhere.example/")
    assert not find_credentials().insecure


def hub(**given):
    """The URL of the hub that is found."""
    found = find_credentials(**given).hub
    return found and found.reveal()


def test_the_hub_is_the_command_lines_then_the_variables_then_the_files(store, nobody):
    store()
    assert hub() is None
    store(STORED + 'hub = " redis://file.example "\n')
    assert hub() == "redis://file.example"
    nobody.setenv("GANDI_HUB", "redis://env.example")
    assert hub() == "redis://env.example"
    assert hub(hub="redis://line.example") == "redis://line.example"


def test_the_files_hub_is_for_its_own_url(store, nobody):
    store(STORED + 'hub = "redis://file.example"\n')
    nobody.setenv("GANDI_URL", "https://elsewhere.example/")
    assert hub() is None
    assert (
        find_hub(None).reveal() == "redis://file.example"
    )  # to look at it nobody logs in anywhere


def test_credentials_show_no_password(nobody):
    nobody.setenv("GANDI_LOGIN", "me")
    nobody.setenv("GANDI_PASSWORD", "hush-hush")
    nobody.setenv("GANDI_HUB", "redis://:hush-hush@env.example")
    assert "hush-hush" not in repr(find_credentials())


def test_without_credentials_and_terminal_it_is_exit_code_3(process):
    done = process("vm", "list")
    assert done.code == 3
    assert done.out == ""
    assert done.err.startswith("aiogandi: not logged in: set GANDI_LOGIN and GANDI_PASSWORD, or")
    assert "config.toml" in done.err


def test_a_refused_login_is_exit_code_3_and_asked_for_once(process, service):
    args = ("vm", "stop", *range(1, 300), "--json")
    done = process(*args, service=service, env={"GANDI_PASSWORD": "wrong-password"})
    assert done.code == 3
    assert done.out == ""
    assert "Still to be" not in done.err
    assert done.err.splitlines()[-1].startswith("aiogandi: login refused: ")
    assert "wrong-password" not in done.err
    assert service.do("calls")["login"] <= 2


def test_a_file_serves_the_command_until_others_can_read_it(process, service, home, tmp_path):
    path = tmp_path / "config" / "aiogandi" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(f'login = "AA1234-GANDI"\npassword = "mypassword"\nurl = "{service.url}"\n')
    path.chmod(0o600)
    assert process("account", "balance").out == "10000.00 EUR\n"
    path.chmod(0o644)
    done = process("account", "balance")
    assert done.code == 3
    assert "is refused because others can read or change it" in done.err


def test_who_is_at_a_terminal_is_asked_and_the_password_not_shown(terminal, service):
    child = terminal("account", "balance", env={"GANDI_URL": service.url})
    child.expect("Gandi login: ")
    child.sendline("AA1234-GANDI")
    child.expect("Password of AA1234-GANDI: ")
    child.sendline("mypassword")
    shown, code = child.end()
    assert code == 0
    assert "mypassword" not in shown
    assert "10000.00 EUR" in shown


def test_who_leaves_the_question_leaves_the_command(terminal, service):
    child = terminal("account", "balance", env={"GANDI_URL": service.url})
    child.expect("Gandi login: ")
    shown, code = child.leave()
    assert code == 130
    assert "aiogandi: interrupted" in shown
