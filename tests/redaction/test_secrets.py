"""Secrets show themselves nowhere, and are found in what is sent."""

import copy
import pickle

from aiogandi.codec.encoding import MAX_DEPTH, encode_call
from aiogandi.redaction import Redactor, Sealed, Secret, conceal, secrets_in


class TestSecret:
    def test_shows_itself_nowhere(self):
        secret = Secret("s3cret")
        shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", "%s" % secret]  # noqa: UP031
        shown += [repr([secret]), repr({"a": secret}), "{:>10}".format(secret)]  # noqa: UP032
        assert "s3cret" not in " ".join(shown)

    def test_is_the_string_that_it_is(self):
        assert Secret("s3cret") == "s3cret"
        assert {Secret("s3cret"): 1}["s3cret"] == 1
        assert Secret("s3cret").reveal() == "s3cret"
        assert type(Secret("s3cret").reveal()) is str

    def test_of_a_secret_is_the_same_again(self):
        assert Secret(Secret("s3cret")).reveal() == "s3cret"

    def test_survives_copies(self):
        for copied in (copy.copy(Secret("s3cret")), copy.deepcopy([Secret("s3cret")])[0]):
            assert type(copied) is Secret
            assert copied.reveal() == "s3cret"

    def test_is_not_in_its_pickle(self):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            data = pickle.dumps([Secret("s3cret")], protocol)
            assert b"s3cret" not in data
            [left] = pickle.loads(data)
            assert (type(left), left.reveal()) == (Secret, "***")


def test_sealed_bytes_tell_their_number_alone():
    assert repr(Sealed(b"s3cret")) == str(Sealed(b"s3cret")) == "<6 bytes, sealed>"
    assert Sealed(b"s3cret") == b"s3cret"


def test_concealing_makes_secrets_of_passwords_wherever_they_are():
    specs = {"login": "me", "password": "s3cret", "more": [{"Root_Password": "t0p"}], 5: "five"}
    concealed = conceal(specs)
    assert concealed == specs
    assert sorted(secret.reveal() for secret in secrets_in(concealed)) == ["s3cret", "t0p"]
    assert conceal(concealed) == specs
    assert "s3cret" not in repr(concealed)
    assert "'me'" in repr(concealed)


def test_concealing_reaches_as_deep_as_can_be_sent():
    value = {"password": "s3cret"}
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    encode_call("x", [value])
    assert len(list(secrets_in(conceal([value])))) == 1  # the client's own list around it


def test_concealing_leaves_what_is_no_text_and_ends():
    endless = {}
    endless["again"] = endless
    assert conceal({"password": 5}) == {"password": 5}
    assert conceal(endless)["again"]["again"] is not None
    assert conceal(None) is None


def test_what_blanks_a_secret_shows_nothing_of_it_either():
    secret = Secret("hJ4mRw&8NcY2b")
    assert Redactor([secret]).redact_cut("hJ4mRw&amp;8NcY2b & hJ4mRw&8N") == "*** & ***"
    shown = [repr(secret.eraser), *map(repr, vars(secret.eraser).values())]
    assert not [text for text in shown if "hJ4" in text or "8N" in text]
