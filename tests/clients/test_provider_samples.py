"""The provider's samples, run by the languages that they were written for.

What they send is also written out, for machines without these programs: in `test_perl_samples`,
`test_php_samples` and `test_python_samples`.
"""

import asyncio
import re

import pytest

from tests.clients import foreign

COMMANDS = {
    "perl": ("samples.pl",),
    "php": ("-d", f"include_path={foreign.PROGRAMS}", "samples.php"),
    "python2.7": ("-E", "samples.py2"),
}

UNKNOWN = {
    "hosting_account_product_renew": 1234,
    "hosting_account_product_remove": 1234,
    "hosting_account_product_update": 1234,
    "vm_info": 456,
    "vm_update": 1234,
    "vm_delete": 9876,
    "vm_start": 9876,
    "vm_stop": 9876,
    "vm_reboot": 9876,
    "disk_info": 123,
    "disk_delete": 1928,
}
"""The id that each sample names. No sandbox has anything of this id."""

OPERATIONS = [
    "hosting_account_product_add",
    "hosting_account_product_renew",
    "hosting_account_product_remove",
    "hosting_account_product_update",
    "vm_create",
    "vm_update",
    "vm_delete",
    "vm_start",
    "vm_stop",
    "vm_reboot",
    "disk_create",
    "disk_delete",
]
"""What the samples begin, in their order. The last is preserved for Python alone."""

SLIPS_IN_PERL = [
    ("hosting_account_info", "$opid", "$info"),
    ("vm_create", '$specs["login"]', '$specs->{"login"}'),
    ("vm_create", "$opid", "$vm_id"),
    ("vm_update", '$specs["shares"]', '$specs->{"shares"}'),
    ("disk_create", '$specs["size"]', '$specs->{"size"}'),
    ("disk_create", '$specs["name"]', '$specs->{"name"}'),
    ("disk_create", '$specs["fstype"]', '$specs->{"fstype"}'),
    ("disk_create", "$opid", "$disk_id"),
]
"""What Perl takes for an array that nobody sends, and for a variable that nobody has set."""


@pytest.fixture(params=COMMANDS)
def language(request):
    """One of the languages, by the name of its program."""
    foreign.require(request.param)
    return request.param


@pytest.fixture
def command(language, sandbox, tmp_path):
    """The command that runs all of a language's samples on the sandbox: ``command(edits)``.

    An edit is ``(sample, old, new)``: the sample has the text *old*, and is run with *new* instead.
    """

    def edited(edits=()):
        *options, name = COMMANDS[language]
        text = (foreign.PROGRAMS / name).read_text(encoding="utf-8")
        parts = by_sample(text.replace("https://api.gandi.net/xmlrpc/", sandbox.url))
        for sample, old, new in edits:
            if sample in parts:
                assert old in parts[sample]
                parts[sample] = parts[sample].replace(old, new)
        program = tmp_path / name
        program.write_text("".join(parts.values()), encoding="utf-8")
        return [foreign.find(language), *options, program]

    return edited


def by_sample(text):
    """A program, or what it has printed, cut before each line that names a sample: ``== vm_info``."""
    parts = re.split(r"^(?=.*== \w)", text, flags=re.MULTILINE)
    return {"".join(re.findall(r"== (\w+)", part)): part for part in parts}


def prepare(sandbox):
    """Make something for each sample to work on, and return its id."""
    session = sandbox.execute("login", "AA1234-GANDI", "mypassword")

    def make(sample):
        if sample.startswith("hosting"):
            sandbox.execute("hosting_account_product_add", session, "shares", 1, "1m")
            sandbox.advance(60)
            return sandbox.products[-1]["id"]
        if sample.startswith("disk"):
            return sandbox.execute("disk_create", session, {"size": 1024, "name": sample[5:]})
        return sandbox.execute("vm_create", session, sample[3:], "s3cret-pw", 111, 1, 1, {})

    made = {sample: make(sample) for sample in UNKNOWN}
    sandbox.advance(60)
    for sample in ("vm_delete", "vm_start"):
        sandbox.execute("vm_stop", session, made[sample])
    sandbox.advance(60)
    return made


async def test_the_samples_run_as_they_stand(language, sandbox, command):
    """But for the URL, and PHP's ``xmlrpc.inc``: Debian's extension does its work. Perl's slips stay: it
    sends empty specs, and takes two results for none.
    """
    told = by_sample(await asyncio.to_thread(foreign.output, command()))
    for sample in UNKNOWN.keys() & told.keys():
        assert re.search(rf"\ncould not .*\b{UNKNOWN[sample]}\b.*\n$", told[sample])
    assert told["account_currency"].endswith("\nprepaid account currency: EUR\n")
    assert re.search(r": 10000(\.0)?\n$", told["account_balance"])
    assert "created operation#" in told["hosting_account_product_add"]
    assert ("AA1234-GANDI" in told["hosting_account_info"]) == (language != "perl")
    assert ("creating disk#" in told["disk_create"]) == (language != "perl")
    [vm] = sandbox.vms
    assert (vm["hostname"], vm["os_id"], vm["shares"], vm["cpu"]) == ("vmtest1", 111, 4, 1)
    assert str(vm["id"]) in told["vm_list"]


async def test_the_samples_work_on_what_there_is(sandbox, command, language):
    """With the ids of what there is, and without the slips in Perl."""
    ids = prepare(sandbox)
    earlier = len(sandbox.operations)
    edits = [(sample, str(UNKNOWN[sample]), str(ids[sample])) for sample in UNKNOWN]
    edits += SLIPS_IN_PERL * (language == "perl")
    told = by_sample(await asyncio.to_thread(foreign.output, command(edits)))
    assert not [sample for sample in told if "could not" in told[sample]]
    assert "AA1234-GANDI" in told["hosting_account_info"]
    assert f"informations for VM#{ids['vm_info']}\n" in told["vm_info"]
    assert "running" in told["vm_info"]
    assert f"informations for disk#{ids['disk_info']}\n" in told["disk_info"]
    assert all(str(vm["id"]) in told["vm_list"] for vm in sandbox.vms)
    sandbox.advance(60)
    begun = sandbox.operations[earlier:]
    assert [each["type"] for each in begun] == [each for each in OPERATIONS if each in told]
    assert {each["state"] for each in begun} == {"DONE"}
    vms = {vm["id"]: vm for vm in sandbox.vms}
    assert [vms[ids[sample]]["shares"] for sample in ("vm_update", "vm_info")] == [5, 1]
    assert ids["vm_delete"] not in vms
    disk = sandbox.disks[-1]
    assert (disk["name"], disk["size"], disk["fstype"]) == ("disk2GB", 2048, "ext3")


async def test_text_of_digits_is_text(sandbox, command):
    """Perl sends both as numbers."""
    digits = [("vm_create", "vmtest1", "2024"), ("vm_create", "my_password", "12345678")]
    await asyncio.to_thread(foreign.output, command(digits))
    [vm] = sandbox.vms
    assert vm["hostname"] == "2024"


async def test_a_refused_login_is_told(command):
    refused = command([("", "mypassword", "another")])
    done = await asyncio.to_thread(foreign.run, refused)
    assert (done.stdout + done.stderr).startswith("could not login because: ")
    assert done.returncode != 0
