"""How like a value that was sent the one is that a service stored."""

import pytest

from aiogandi import OperationDetails
from aiogandi.changes.recognition import Likeness, compare
from tests.growth import assert_grows_evenly

DIFFERENT, UNTOLD, CUT, FOLDED, EXACT = Likeness

LONG = "a-hostname-of-27-characters"


def likeness_of(ours, theirs, **longest):
    return compare(
        "m", {"value": ours}, OperationDetails(11, "m", params={"value": theirs}), longest
    )


class TestNumbers:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [(4, 4), (4, "4"), ("4", 4), (4, 4.0), (4.0, 4), (1.5, "1.5"), (2**60, str(2**60))],
    )
    def test_a_number_may_come_back_as_another_type(self, ours, theirs):
        assert likeness_of(ours, theirs) is EXACT

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (4, "04"),
            (4, "4.0"),
            (4, "+4."),
            (4, " 4\n"),
            (-4, "-04"),
            (0.5, ".5"),
            (4000, "4e3"),
            (1e20, "1E+20"),
            (2**60, f"{2**60}.0"),
            (0.1, "0.10"),
            (2.675, "02.675"),
        ],
    )
    def test_a_number_is_compared_with_text_by_its_value(self, number, text):
        assert likeness_of(number, text) is FOLDED
        assert likeness_of(text, number) is FOLDED

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (4, "5"),
            (4, "4.1"),
            (4, "1e999"),
            (4, "9" * 5000),
            (2**60, f"{2**60}.1"),
        ],
    )
    def test_another_value_is_another(self, number, text):
        assert likeness_of(number, text) is DIFFERENT
        assert likeness_of(text, number) is DIFFERENT

    @pytest.mark.parametrize(
        "text", ["four", "", " ", "4 MB", "0x4", "nan", "sNaN", "inf", "1_0", "1e99999999999"]
    )
    def test_text_that_is_no_number_is_never_read_as_one_and_tells_nothing(self, text):
        assert likeness_of(10, text) is UNTOLD
        assert likeness_of(text, 10) is DIFFERENT

    def test_names_made_of_digits_are_no_numbers(self):
        assert likeness_of("04", "4") is DIFFERENT


class TestBooleans:
    @pytest.mark.parametrize(
        ("ours", "theirs", "expected"),
        [
            (True, True, EXACT),
            (True, 1, EXACT),
            (1, True, EXACT),
            (False, 0, EXACT),
            (True, "True", EXACT),
            (True, "true", FOLDED),
            (True, "1", FOLDED),
            (False, "0", FOLDED),
            (True, False, DIFFERENT),
            (True, 2, DIFFERENT),
            (True, "false", DIFFERENT),
            (False, "", UNTOLD),
            (True, "yes", UNTOLD),
        ],
    )
    def test_they_are_compared_by_value(self, ours, theirs, expected):
        assert likeness_of(ours, theirs) is expected


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(4, [4]), ("4", ["4"]), (4, {"4": 4}), (b"a", "a")],
)
def test_a_value_of_another_kind_tells_nothing(ours, theirs):
    assert likeness_of(ours, theirs) is UNTOLD


@pytest.mark.parametrize("ours", ["web", 4, True, ["a"], {"name": "a"}])
def test_a_nil_tells_nothing(ours):
    assert likeness_of(ours, None) is UNTOLD
    assert likeness_of({"name": ours, "size": 5}, {"name": None, "size": 5}) is EXACT


class TestNames:
    @pytest.mark.parametrize(
        "stored",
        ["web-01", "WEB-01.", "\uff37eb-01", "Web-01"],
        ids=["case", "dot", "NFKC", "letter"],
    )
    def test_a_name_that_the_service_normalised_is_like_the_one_sent(self, stored):
        assert likeness_of("WEB-01", stored) is FOLDED

    def test_idna_is_one_of_its_ways(self):
        assert likeness_of("Bücher.example", "xn--bcher-kva.example") is FOLDED
        assert likeness_of("xn--bcher-kva.example", "bücher.example") is FOLDED

    @pytest.mark.parametrize("stored", ["web-02", "web", "web-011", "", "web_01", " web-01"])
    def test_another_name_is_another(self, stored):
        assert likeness_of("web-01", stored) is DIFFERENT


class TestCuts:
    @pytest.mark.parametrize("length", [0, 1, 14, 15, 26])
    def test_the_beginning_of_a_long_name_may_be_all_that_was_stored(self, length):
        assert likeness_of(LONG, LONG[:length]) is CUT
        assert likeness_of(LONG.upper(), LONG[:length]) is CUT

    def test_a_name_of_fourteen_characters_is_never_cut(self):
        assert likeness_of(LONG[:15], LONG[:8]) is CUT
        assert likeness_of(LONG[:14], LONG[:8]) is DIFFERENT

    @pytest.mark.parametrize(
        "stored",
        [LONG + "s", LONG[1:], LONG[:14] + "z", "z"],
        ids=["longer", "end", "other", "one"],
    )
    def test_what_is_no_beginning_of_it_is_another_name(self, stored):
        assert likeness_of(LONG, stored) is DIFFERENT

    def test_a_service_that_stored_a_longer_name_cuts_later_or_not_at_all(self):
        assert likeness_of(LONG, LONG[:20], value=20) is CUT
        assert likeness_of(LONG, LONG[:20], value=21) is DIFFERENT
        assert likeness_of(LONG, LONG[:20], other=21) is CUT

    def test_what_counts_is_the_length_that_was_stored(self):
        sent, stored = "ﬁ" * 15, "ﬁ" * 10  # folded, they are twice as long
        assert likeness_of(sent, stored, value=10) is CUT
        assert likeness_of(sent, stored, value=11) is DIFFERENT

    def test_a_cut_may_part_an_accent_from_its_letter(self):
        assert likeness_of("e\u0301" * 15, "e\u0301" * 7 + "e") is CUT

    def test_a_cut_may_leave_a_label_that_idna_cannot_read(self):
        assert (
            likeness_of("xn--ein-viel-zu-langer-bcher-pfc", "xn--ein-viel-zu-langer-bcher-p") is CUT
        )

    @pytest.mark.parametrize("length", [4, 9, 15, 29, 31])
    @pytest.mark.parametrize(
        ("sent", "encoded"),
        [
            ("Bücher-für-alle-01", "xn--bcher-fr-alle-01-jzbg"),
            ("Büßer-und-Bücher-01", "xn--ber-und-bcher-01-glb53cja"),
            ("STRAẞEN-im-Bücherland", "xn--straen-im-bcherland-otb03d"),
            ("Bücher.a-domain.example", "xn--bcher-kva.a-domain.example"),
        ],
    )
    def test_what_idna_made_of_a_name_may_be_cut(self, sent, encoded, length):
        assert likeness_of(sent, encoded) is FOLDED
        if length < len(encoded):
            assert likeness_of(sent, encoded[:length]) is CUT

    def test_a_name_in_a_struct_goes_by_its_own_name(self):
        sent, stored = {"name": LONG}, {"name": LONG[:9]}
        assert likeness_of(sent, stored) is CUT
        assert likeness_of(sent, stored, name=10) is DIFFERENT
        assert likeness_of(sent, stored, value=10) is CUT

    def test_names_in_a_list_go_by_the_lists(self):
        assert likeness_of([LONG], [LONG[:9]]) is CUT
        assert likeness_of([LONG], [LONG[:9]], value=10) is DIFFERENT


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("a", "b"), ("ü", "u"), ("\u0301\u0316", "\u0316"), (4, "1"), (4, "1."), (4, " ")],
)
def test_comparing_costs_no_more_than_the_length(ours, theirs):
    def compare_texts(texts):
        return likeness_of(*texts), likeness_of(*reversed(texts))

    def texts(length):
        tail = (theirs * length)[: length - 1] + "x"
        return (ours, tail) if isinstance(ours, int) else ((ours * length)[:length], tail)

    assert_grows_evenly(compare_texts, texts)
