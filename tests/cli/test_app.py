"""The command as such: help, version, wrong use, a missing extra, what fails at once."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aiogandi.cli import exits
from aiogandi.cli.app import run
from aiogandi.version import __version__
from tests.cli.all_commands import commands
from tests.cli.conftest import PATIENCE


def test_everything_that_the_client_can_do_has_its_command():
    assert {path.removeprefix("aiogandi ") for path, _ in commands()} == {
        *(f"vm {verb}" for verb in ("list", "info", "create", "update", "start", "stop")),
        *("vm reboot", "vm delete", "vm disks"),
        *(f"disk {verb}" for verb in ("list", "info", "create", "attach", "detach", "delete")),
        *(f"operation {verb}" for verb in ("list", "info", "wait", "cancel")),
        *("account info", "account balance", "os list", "sandbox", "demo"),
        *("run list", "run show", "run forget", "pending", "recover", "hub status", "worker"),
        *(f"fleet {verb}" for verb in ("status", "watch", "cancel", "forget")),
        *(f"product {verb}" for verb in ("add", "renew", "remove", "update")),
    }


@pytest.mark.parametrize(("path", "command"), list(commands()))
def test_each_command_has_help_with_an_example_of_itself_and_json(path, command):
    assert command.help
    assert path in command.epilog
    assert "--json" in {option for param in command.params for option in param.opts}


@pytest.mark.parametrize(("path", "command"), list(commands()))
def test_no_command_takes_a_password_as_an_option(path, command):
    options = {option for param in command.params for option in param.opts}
    passwords = {option for option in options if "password" in option and option.startswith("-")}
    # The sandbox's protects nothing; files and a question are not options that hold it.
    harmless = {"--password-file", "--ask-password", "--save-passwords", "--passwords"}
    assert passwords <= {"aiogandi sandbox": {"--password"}}.get(path, harmless)


@pytest.mark.parametrize("arguments", [["--help"], ["vm", "create", "--help"], ["demo", "-h"]])
def test_help_is_printed_with_exit_code_0(aiogandi, arguments):
    done = aiogandi(*arguments)
    assert done.code == 0
    assert "Usage: aiogandi" in done.out
    assert "Example" in done.out
    assert done.err == ""


@pytest.mark.parametrize("path", ["", "vm", "disk", *(path for path, _ in commands())])
def test_no_help_names_a_type_of_python(aiogandi, path):
    done = aiogandi(*path.split()[1:] if path.startswith("aiogandi") else path.split(), "--help")
    assert "--help" in done.out
    # A type like <bool> or <list[range]>. What is left of angles is in ranges: [1<=x<=300].
    assert re.findall(r"<[^=][^>]*>", done.out) == []


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("vm list", "All whose name matches, like 'web-*'."),
        ("vm stop", "All whose name matches, like 'web-*'."),
        ("disk list", "All whose name matches, like 'data-*'."),
        ("disk detach", "All whose name matches, like 'data-*'."),
        ("operation cancel", "All whose type matches, like 'vm_*'."),
        ("product renew", "All whose name matches, like 'shares*'."),
    ],
)
def test_help_has_a_pattern_that_fits_and_says_when_it_asks(path, pattern):
    command = dict(commands())[f"aiogandi {path}"]
    told = {param.name: param.help for param in command.params}
    assert told["match"].startswith(pattern)
    changes = not path.endswith("list")
    rule = " A terminal is asked first; without one, '*' needs --yes."
    assert told["match"].endswith(rule) is changes
    if changes:
        assert told["everything"].endswith("Without a terminal it needs --yes.")
        assert told["yes"].endswith("Without a terminal, --all and --match '*' need it.")


@pytest.mark.parametrize(("path", "name"), [("vm create", "web-"), ("disk create", "data-")])
def test_help_has_names_that_fit(path, name):
    command = dict(commands())[f"aiogandi {path}"]
    told = {param.name: param.help for param in command.params}
    assert f" {name}{{01..20}} " in told["names"]
    assert f"'{name}{{:02d}}' is {name}01, {name}02 " in told["name"]


def test_the_roots_help_and_readme_give_every_exit_code(aiogandi):
    told = " ".join(aiogandi("--help").out.split("Exit codes:")[1].split())
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
    values = [getattr(exits, name) for name in dir(exits) if name.isupper()]
    codes = [code for code in values if isinstance(code, int)]
    assert len(codes) == 7
    assert {*codes} == {*exits.MEANINGS}
    for code, meaning in exits.MEANINGS.items():
        assert f"{code} {meaning}" in told
        assert f"\n| {code} | {meaning} |\n" in readme


def test_python_m_aiogandi_is_the_command(home):
    command = [sys.executable, "-m", "aiogandi"]
    done = subprocess.run(
        [*command, "vm", "go"], check=False, env=home, capture_output=True, text=True
    )
    line = "aiogandi: No such command 'go' (see: aiogandi vm --help)\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


def test_python_m_aiogandi_without_the_extra_says_so():
    script = """
import runpy, sys
sys.modules["typer"] = None
sys.argv = ["aiogandi", "--version"]
runpy.run_module("aiogandi", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    line = "aiogandi: the command needs its extra: pip install 'aiogandi[cli]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


def test_the_version_is_printed(aiogandi):
    done = aiogandi("--version")
    assert (done.code, done.out) == (0, f"aiogandi {__version__}\n")


def test_a_group_without_a_command_shows_its_help_and_is_wrong_use(aiogandi):
    done = aiogandi("vm")
    assert done.code == 2
    assert "Usage: aiogandi vm" in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["vm", "go"], "No such command 'go' (see: aiogandi vm --help)"),
        (["vm", "create", "web"], "Missing option '--os' (see: aiogandi vm create --help)"),
        (["vm", "create", "--os", "1"], "give either names, or --count N and --name PATTERN"),
        (["vm", "stop"], "give either ids, or --match PATTERN, or --all"),
        (["vm", "stop", "1", "--all"], "give either ids, or --match PATTERN, or --all"),
        (["vm", "stop", "1", "--no-wait", "--timeout", "1"], "--no-wait and --timeout exclude"),
        (["vm", "delete", "1", "--stop", "--no-wait"], "--stop and --no-wait exclude each other"),
        (["vm", "update", "1"], "nothing to change: give --shares, --cpu or --hostname"),
        (["vm", "update", "1", "2", "--hostname", "a"], "--hostname is for one server"),
        (["disk", "attach", "1"], "give either a server and its disks, or pairs"),
        (["disk", "attach", "1", "x"], "'x' is not an id"),
        (["disk", "attach", "1:3", "2:3"], "disk 3 is there twice"),
        (
            ["vm", "info", "x"],
            "'x' is not an id, nor a range of ids like 10001-10020 (see: aiogandi",
        ),
        (["vm", "stop", "9-1"], "'9-1' goes from high to low: write 1-9 (see: aiogandi vm stop"),
        (["operation", "wait", "1-10001"], "a range may have 10000 at most"),
        (["operation", "wait", "1", "--timeout", "0"], "a number of seconds, above 0"),
        (["operation", "wait", "1", "--timeout", "nan"], "a number of seconds, above 0"),
        (["product", "add", "shares", "1", "--duration", "a day"], "a number and m (months)"),
        (["demo", "--speed", "0"], "speed=0.0: a number above 0"),
    ],
)
def test_wrong_use_is_one_line_on_stderr_and_exit_code_2(aiogandi, arguments, line):
    done = aiogandi(*arguments)
    assert done.code == 2
    assert done.err.startswith("aiogandi: ")
    assert line in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_without_the_extra_one_line_says_how_to_install_it():
    script = """
import sys
from aiogandi.cli import main
for missing in ("typer", "rich", "platformdirs"):
    for name in [name for name in sys.modules if name.startswith("aiogandi.cli.")]:
        del sys.modules[name]
    sys.modules[missing] = None
    assert main() == 2
    del sys.modules[missing]
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    line = "aiogandi: the command needs its extra: pip install 'aiogandi[cli]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", 3 * line)


def test_another_missing_module_is_no_missing_extra():
    script = """
import sys
from aiogandi.cli import main
sys.modules["aiogandi.cli.commands.vm"] = None
sys.argv[1:] = ["vm", "list"]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert "aiogandi[cli]" not in done.stderr
    assert "ModuleNotFoundError" in done.stderr


def test_what_is_not_a_service_is_one_line_and_exit_code_1(aiogandi, service):
    url = service.url.replace("/xmlrpc/", "/nowhere/")
    done = aiogandi("vm", "list", service=service, env={"GANDI_URL": url})
    assert done.code == 1
    assert done.err == (
        "aiogandi: login: HTTP 404 Not Found: is the path of the URL right? The service's was"
        " /xmlrpc/: text/plain, 10 bytes\n"
    )


@pytest.mark.parametrize("url", ["127.0.0.1:8001", "127.0.0.1:8001/xmlrpc/", " 127.0.0.1:8001\r"])
def test_a_url_without_a_scheme_is_told_what_is_meant(aiogandi, service, url):
    done = aiogandi("vm", "list", service=service, env={"GANDI_URL": url})
    assert done.code == 2
    assert "did you mean http://127.0.0.1:8001/xmlrpc/ ?" in done.err


def test_a_server_that_does_not_run_is_told_at_once(start, service):
    service.url = "http://127.0.0.1:1/xmlrpc/"
    child = start("vm", "list", service=service)
    line = child.stderr.readline()
    child.send_signal(signal.SIGINT)
    assert "Cannot connect to host 127.0.0.1:1 " in line
    assert line.endswith("; trying again, for 60 s at most\n")
    assert child.wait(PATIENCE) == 130
    assert child.stdout.read() == ""


def test_a_url_that_would_send_secrets_in_the_clear_is_wrong_use(aiogandi, service):
    env = {"GANDI_URL": "http://gandi.example/xmlrpc/"}
    done = aiogandi("vm", "list", service=service, env=env)
    assert done.code == 2
    assert "would send secrets unencrypted" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--insecure", "vm", "list"),
        ("vm", "--insecure", "list"),
        ("vm", "list", "--insecure"),
        ("vm", "info", "1", "--insecure", "2"),
        ("operation", "wait", "1", "--insecure"),
        ("recover", "--insecure"),
    ],
)
def test_insecure_is_taken_anywhere_and_said_in_the_refusal(
    monkeypatch, aiogandi, arguments, tmp_path
):
    env = {
        "XDG_STATE_HOME": str(tmp_path),
        "GANDI_LOGIN": "me",
        "GANDI_PASSWORD": "mypassword",
        "GANDI_URL": "http://gandi.example/xmlrpc/",
    }
    made = []

    class Made(Exception):
        """The client was made."""

    def client(*_, **settings):
        made.append(settings["insecure"])
        raise Made

    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Made):
        run(list(arguments), client)
    assert made == [True]
    done = aiogandi(*(each for each in arguments if each != "--insecure"), env=env)
    assert done.code == 2
    assert "GANDI_INSECURE=1 or the command's --insecure" in done.err


def test_a_reader_that_leaves_is_no_traceback(service, home):
    service.vms("web")
    script = "import sys; from aiogandi.cli.app import run; sys.exit(run(['vm', 'list']))"
    env = home | {
        "GANDI_LOGIN": "AA1234-GANDI",
        "GANDI_PASSWORD": "mypassword",
        "GANDI_URL": service.url,
    }
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(60) == 1


def test_a_warning_of_the_client_is_seen(aiogandi, service):
    (vm_id,) = service.vms("web")
    service.do("fault", "operation_list", code=500140, message="no such method", times=99)
    done = aiogandi("vm", "stop", vm_id, "--no-wait", service=service)
    assert done.code == 0
    assert "aiogandi: warning: the newest operation is not known" in done.err
