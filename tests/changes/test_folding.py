"""Names that a service may take for one fold alike, and folding costs what its text is long."""
# ruff: noqa: RUF001 - characters that look alike are what these tests are about

import sys
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aiogandi.changes.folding import fold
from tests.growth import assert_grows_evenly

LONG = "ü" * 60
"""A label that IDNA cannot write in 63 characters."""

SPELLINGS = [
    # case
    ("WEB-01", "web-01"),
    ("STRASSE", "straße"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("ᾳ", "ΑΙ"),
    # NFKC
    ("Bücher", "Bu\u0308cher"),
    ("ｗｅｂ－０１", "web-01"),
    ("ﬁle ①", "FILE 1"),
    ("℡", "tel"),
    ("a\u0301\u0316", "a\u0316\u0301"),
    ("ｶﾞ", "ガ"),
    # IDNA
    ("Bücher.Example.", "xn--bcher-kva.example"),
    ("XN--BCHER-KVA.example", "bücher.EXAMPLE"),
    ("straße.de", "xn--strae-oqa.de"),
    ("xn--strae-oqa.de", "strasse.de"),
    ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
    ("例え｡テスト．", "例え.テスト"),
    # a trailing dot
    ("web.example.", "web.example"),
    ("WEB。", "web"),
]

DIFFERENT = [
    ("web-01", "web-02"),
    ("web-01", "web_01"),
    ("web-01", "web-01 "),
    ("web.example", ".web.example"),
    ("a.b", "ab"),
    ("Bücher", "Bucher"),
    ("xn--bcher-kva", "bcher-kva"),
    (f"xn--{LONG}", LONG),
]

UNREADABLE = [
    "xn--",
    "xn---",
    "xn--abc-",
    "xn--99999999999",
    "xn--\udc80",
    "xn--xn--bcher-kva",
    "xn--" + "a" * 60,
    "xn--" + "…".encode("punycode").decode(),
    "xn--" + "ａ。ｂ".encode("punycode").decode(),
    "xn--" + "ｘｎ--bcher-kva".encode("punycode").decode(),
]

names = st.text() | st.text("aAßüİ\u0345ﾞ\u0301\u0316.。…xn-1kv\udc80", max_size=20)
labels = st.builds("xn--{}".format, st.from_regex(r"[a-z0-9-]{,20}", fullmatch=True))


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_spellings_of_one_name_fold_alike(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_names_fold_otherwise(one, other):
    assert fold(one) != fold(other)


def test_the_fold_is_readable():
    assert fold("XN--BCHER-KVA.Example.") == "bücher.example"


@pytest.mark.parametrize("label", UNREADABLE)
def test_a_label_that_idna_did_not_write_stays_as_it_is(label):
    assert fold(f"WEB.{label}.example") == f"web.{label}.example"


@given(names | labels | st.lists(names | labels).map(".".join))
@example("a..")
@example("\u0345\u0301")
def test_what_is_folded_folds_to_itself(text):
    assert fold(fold(text)) == fold(text)


def test_every_character_that_folds_at_all_folds_to_itself_in_the_end():
    characters = map(chr, range(sys.maxunicode + 1))
    folding = [c for c in characters if not c == c.casefold() == normalize("NFKD", c)]
    assert len(folding) > 10_000
    assert [c for c in folding if fold(fold(c)) != fold(c)] == []


HOSTILE = {
    "letters": "ü",
    "labels": "xn--bcher-kva.",
    "bad labels": "xn--9999.",
    "one long label": "xn--a",
    "dots": "。",
    "marks in order": "\u0301",
    "marks": "\u0301\u0316",
    "marks that show when decomposed": "\u0301ﾞ",
    "long characters": "\ufdfa",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_folding_costs_no_more_than_the_length(piece):
    assert_grows_evenly(fold, lambda length: (piece * length)[:length])


def test_marks_in_the_worst_order_cost_no_more_than_the_length():
    assert_grows_evenly(
        fold, lambda length: "a" + "\u0301" * (length // 2) + "\u0316" * (length // 2)
    )
