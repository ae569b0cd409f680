"""No password and no session id is in a journal, in its log, or in what it tells of itself."""

import shutil
import traceback
from base64 import b64encode
from unicodedata import normalize

import pytest

from aiogandi import InvalidArgument, Journal, JournalConflict, JournalError, bulk
from aiogandi.changes.prints import Prints
from aiogandi.redaction import Secret
from aiogandi.sandbox import QUICK, Sandbox
from tests.integration.secrets.leaks import LOGIN_PASSWORD, VM_CORE, VM_PASSWORD, Output
from tests.journals.desk import PASSWORD, Stop, create


class Careless(Exception):
    """Tells a password in each of its parts."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.add_note(f"the password is {VM_PASSWORD}")


async def everything(journal, gandi, sandbox):
    """Make every kind of record, with passwords wherever a call takes one."""

    async def new(name):
        operation = await gandi.vm_create(name, VM_PASSWORD, 111, 1, 1)
        await operation
        return operation.vm_id

    async def create(name):
        number = await new(name)
        return {"password": VM_PASSWORD, "vm": await gandi.vm_info(number)}

    done = [outcome async for outcome in bulk(create, ["a", "b"], run=journal.run("release"))]
    assert [outcome.error for outcome in done] == [None, None]
    with pytest.raises(Stop):
        async with gandi.once("block"):
            await create("c")
            sandbox.fault("vm_create", code=501733, message=f"[password: {VM_PASSWORD}] no")
            with pytest.raises(Exception, match="no"):
                await create("d")
            await gandi.vm_update(sandbox.vms[0]["id"], {"password": VM_PASSWORD})
            raise Stop
    sandbox.drop_reply("vm_create")
    await create("e")
    with pytest.raises(Exception, match="unexpected key"):
        await gandi.call("vm_create", "f", VM_PASSWORD, 111, 1, 1, {"password": VM_PASSWORD})
    sandbox.fault("vm_create", code=530240, message=f"{VM_PASSWORD!r}")
    failed = [outcome async for outcome in bulk(create, ["g"], run=journal.run("release"))]
    assert [outcome.ok for outcome in failed] == [False]


class Teller:
    """Actions of items, each of which brings a secret to where the journal keeps something."""

    def __init__(self, gandi, sandbox):
        self.gandi = gandi
        self.sandbox = sandbox

    async def new(self, name):
        operation = await self.gandi.vm_create(name, VM_PASSWORD, 111, 1, 1)
        await operation
        return operation.vm_id

    def returns(self, result):
        async def action(name):
            await self.new(name)
            return result

        return action

    def raises(self, *parts):
        async def action(name):
            await self.new(name)
            raise Careless(*parts)

        return action

    def calls(self, method, *arguments):
        async def action(name):
            await self.gandi.call(method, *arguments)

        return action

    def is_answered(self, answer):
        async def action(name):
            self.sandbox.answer("vm_rescue", answer)
            await self.new(name)
            await self.gandi.call("vm_rescue", 5)
            raise Careless

        return action

    async def fails_before_its_call(self, name):
        raise Careless(f"cannot log in with {VM_PASSWORD}, nor with {LOGIN_PASSWORD}")

    async def has_a_cause(self, name):
        await self.new(name)
        try:
            raise ValueError(VM_PASSWORD)
        except ValueError as error:
            raise RuntimeError(f"in vain: {error}") from error

    async def uses_an_inner_block(self, name):
        async with self.gandi.once("inner"):
            await self.new(name)
        raise Careless(VM_PASSWORD)

    async def tells_the_session(self, name):
        sessions = note_session(self.sandbox)
        await self.new(name)
        raise Careless(f"the session is {sessions[0]}")

    async def is_refused(self, name):
        self.sandbox.fault("vm_rescue", code=501733, message=f"no {VM_PASSWORD} for you")
        await self.gandi.call("vm_rescue", VM_PASSWORD)

    async def is_told_of_the_operation(self, name):
        def tell(details, arguments):
            return {**details, "params": {"root": VM_PASSWORD}, "comment": f"with {VM_PASSWORD}"}

        self.sandbox.alter("operation_details", tell, times=100)
        return await self.gandi.vm_create(name, VM_PASSWORD, 111, 1, 1)

    async def repeats(self, name):
        return await self.gandi.vm_create(VM_CORE, VM_CORE, 1, 1, 1)


ENCODED = b64encode(f"root:{VM_PASSWORD}".encode()).decode()
SUCCESSES = {
    "result": lambda it: it.returns({"root": VM_PASSWORD}),
    "text": lambda it: it.returns(f"ssh root:{VM_PASSWORD}@web"),
    "name of a member": lambda it: it.returns([{VM_PASSWORD: 1}]),
    "base64": lambda it: it.returns({"user_data": ENCODED}),
    "account": lambda it: it.returns({"with": LOGIN_PASSWORD}),
    "details": lambda it: it.is_told_of_the_operation,
}
FAILURES = {
    "error": lambda it: it.raises(f"ssh with {VM_PASSWORD}"),
    "arguments": lambda it: it.raises(1, [VM_PASSWORD], {"a": VM_PASSWORD}),
    "capitals": lambda it: it.raises(VM_PASSWORD.upper()),
    "encoded": lambda it: it.raises(ENCODED),
    "early": lambda it: it.fails_before_its_call,
    "cause": lambda it: it.has_a_cause,
    "inner": lambda it: it.uses_an_inner_block,
    "session": lambda it: it.tells_the_session,
    "answer": lambda it: it.is_answered({"root": VM_PASSWORD, VM_PASSWORD: [VM_PASSWORD.encode()]}),
    "new password": lambda it: it.is_answered({"new_password": VM_PASSWORD}),
    "refusal": lambda it: it.is_refused,
    "positional": lambda it: it.calls("no_such", VM_PASSWORD),
    "nested": lambda it: it.calls("no_such", 5, [{"root": [VM_PASSWORD]}]),
    "octets": lambda it: it.calls("no_such", {"key": VM_PASSWORD.encode()}),
    "member": lambda it: it.calls("vm_update", 5, {"root": VM_PASSWORD}),
    "password as octets": lambda it: it.calls("vm_update", 5, {"password": VM_PASSWORD.encode()}),
    "repeated": lambda it: it.repeats,
}
PLACES = {**SUCCESSES, **FAILURES}


def add_files_of(folder, output):
    """Add all that lies in *folder*, and the log as well, before it is written back."""
    output.add(*(each.read_bytes().decode("latin-1") for each in folder.iterdir()))


async def told_by(journal, gandi, output):
    """Add all that the journal tells of itself."""
    output.add(*[line async for line in journal.export()])
    output.add(
        repr(journal), str(journal), repr(journal.run("release")), repr(await journal.runs())
    )
    output.add(*[repr(each) async for each in journal.run("release").outcomes()])
    output.add(*[f"{each!r} {each.to_dict()}" for each in gandi.pending()])


def note_session(sandbox):
    """A list to which the session of the next `vm_create` is added."""
    sessions = []

    def note(result, arguments):
        sessions.append(arguments[0])
        return result

    sandbox.alter("vm_create", note)
    return sessions


def assert_hidden(sessions, output):
    assert len(sessions) == 1
    assert not any(sessions[0] in text for text in output.texts)


async def test_no_secret_is_in_the_files_of_a_journal(tmp_path):
    path = tmp_path / "runs.db"
    output = Output()
    async with (
        Sandbox(speed=3000, password=LOGIN_PASSWORD) as sandbox,
        Journal(path) as journal,
        sandbox.client(journal=journal, **QUICK) as gandi,
    ):
        sessions = note_session(sandbox)
        await everything(journal, gandi, sandbox)
        for each in tmp_path.iterdir():  # the log as well, before it is written back
            shutil.copy(each, tmp_path / f"{each.name}.then")
        await told_by(journal, gandi, output)
    assert {each.name for each in tmp_path.iterdir()} >= {"runs.db", "runs.db-wal.then"}
    add_files_of(tmp_path, output)

    assert len(output.texts) > 10
    assert not output.leaks()
    assert_hidden(sessions, output)


@pytest.mark.parametrize("place", PLACES)
async def test_no_secret_comes_into_the_files_from_a_program_that_tells_it(place, tmp_path, caplog):
    output = Output()
    caplog.set_level("DEBUG", "aiogandi.journal")
    async with (
        Sandbox(speed=3000, password=LOGIN_PASSWORD) as sandbox,
        Journal(tmp_path / "runs.db") as journal,
        sandbox.client(journal=journal, **QUICK) as gandi,
    ):
        sessions = note_session(sandbox)
        async with gandi.once("before"):
            await create(gandi, "before", VM_PASSWORD)
        action = PLACES[place](Teller(gandi, sandbox))
        (outcome,) = [each async for each in bulk(action, ["web"], run=journal.run("release"))]
        assert outcome.ok is (place in SUCCESSES), outcome
        await told_by(journal, gandi, output)
        add_files_of(tmp_path, output)
    add_files_of(tmp_path, output)
    output.add(*(record.getMessage() for record in caplog.records))
    assert not output.leaks()
    assert_hidden(sessions, output)


async def test_a_result_with_a_password_is_given_again_by_the_action(desk):
    for repeated in (False, True):
        async with desk.both() as (journal, gandi):

            async def build(name, gandi=gandi):
                operation = await create(gandi, name)
                await operation
                return {"root": PASSWORD, "vm": operation.vm_id}

            run = journal.run("release")
            (outcome,) = [each async for each in bulk(build, ["web"], run=run)]
            assert outcome.result == {"root": PASSWORD, "vm": desk.sandbox.vms[0]["id"]}
            assert outcome.repeated is repeated
            (told,) = [each async for each in run.outcomes()]
            assert (told.state, told.result) == ("done", None)
    assert desk.sent() == 1


async def test_what_cannot_be_kept_without_its_secret_is_refused(desk):
    password = "mypassword"  # the sandbox's
    async with desk.both() as (journal, gandi):
        with pytest.raises(InvalidArgument, match="the key repeats a password"):
            async with gandi.once(f"for {password}"):
                pass
        with pytest.raises(InvalidArgument, match="the run's name repeats"):
            journal.run(password.upper())
        with pytest.raises(InvalidArgument, match="hostname repeats"):
            await create(gandi, "s3cret-password", "s3cret-password")
        with pytest.raises(InvalidArgument, match="the key repeats"):
            async with gandi.once("s3cret-pw2"):
                await create(gandi, "web", "s3cret-pw2")
        with pytest.raises(InvalidArgument, match="method repeats"):
            await gandi.call(password)
        with pytest.raises(InvalidArgument, match="specs repeats"):
            await gandi.vm_update(5, {password: 1})
    assert desk.sent() == 0
    assert not any(password.encode() in each.read_bytes() for each in desk.path.parent.iterdir())


async def test_what_may_be_a_password_is_compared_though_it_is_not_kept(desk):
    desk.sandbox.answer("vm_rescue", 7, times=2)
    for argument in ("one", "one", "two"):
        async with desk.client() as gandi:
            if argument == "two":
                with pytest.raises(JournalConflict, match="because it may be one"):
                    async with gandi.once("web"):
                        await gandi.call("vm_rescue", argument)
            else:
                async with gandi.once("web"):
                    assert await gandi.call("vm_rescue", argument) == 7
    assert desk.sent("vm_rescue") == 1


async def test_an_answer_comes_back_without_its_secret(desk):
    answers = []
    desk.sandbox.answer("vm_rescue", {"new_password": "n3w-secret", "host": "web", "was": PASSWORD})
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            await create(gandi)
            answers.append(await gandi.call("vm_rescue", 5))
    assert answers[0]["was"] == PASSWORD
    assert {name: str(text) for name, text in answers[1].items()} == {
        "new_password": "***",
        "host": "web",
        "was": "***",
    }


async def test_no_traceback_of_a_failing_journal_shows_a_secret(tmp_path):
    output = Output()
    async with (
        Sandbox(speed=3000, password=LOGIN_PASSWORD) as sandbox,
        Journal(tmp_path / "runs.db") as journal,
        sandbox.client(journal=journal, **QUICK) as gandi,
    ):
        async with gandi.once("web"):
            await create(gandi, "web", VM_PASSWORD)
        for other in ("other", VM_PASSWORD[::2]):
            with pytest.raises(JournalConflict) as caught:
                async with gandi.once("web"):
                    await create(gandi, other, VM_PASSWORD)
            tell(caught.value, output)
        await journal.close()
        with pytest.raises(JournalError) as caught:
            await create(gandi, "late", VM_PASSWORD)
        tell(caught.value, output)
    assert not output.leaks()


def tell(error, output):
    output.add_error(error)
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in told.stack:
        if "/aiogandi/" in frame.filename:
            output.add(*(frame.locals or {}).values())


def test_an_empty_password_has_no_print_that_tells_it():
    for salt in (bytes(16), bytes(range(16))):
        own, empty = Prints(Secret("mypassword"), salt).of({"password": Secret("")})
        assert own != empty


def test_passwords_that_only_look_alike_have_prints_of_their_own():
    prints = Prints(Secret("mypassword"), bytes(16))
    composed, taken_apart = (
        prints.of({"password": Secret(normalize(form, "pässwörd"))}) for form in ("NFC", "NFD")
    )
    assert composed != taken_apart
    assert composed == prints.of({"password": Secret("pässwörd")})
