"""Dates are read in every form of ISO 8601 that a calendar date has."""

from datetime import UTC, datetime, timedelta, timezone
from time import perf_counter

import pytest

from aiogandi import codec
from aiogandi.models import VM
from aiogandi.models.dates import read_date

TEN = datetime(2006, 1, 1, 10)
NEXT_DAY = datetime(2006, 1, 2)
EAST = timezone(timedelta(hours=2))

DATES = [
    ("20060101T10:00:00", TEN),
    ("2006-01-01T10:00:00", TEN),
    ("2006-01-01T10:00", TEN),
    ("20060101T10:00", TEN),
    ("20060101T1000", TEN),
    ("2006-01-01 10:00", TEN),
    ("20060101T10", TEN),
    ("20060101t10:00:00", TEN),
    ("2006-01-01t10:00:00z", TEN.replace(tzinfo=UTC)),
    ("20060101T10:00Z", TEN.replace(tzinfo=UTC)),
    ("2006-01-01T10:00+02:00", TEN.replace(tzinfo=EAST)),
    ("20060101T10+02", TEN.replace(tzinfo=EAST)),
    ("20060101T10:00:00.999", TEN),
    ("20060101T24:00:00", NEXT_DAY),
    ("2006-01-01T24:00", NEXT_DAY),
    ("20060101T24:00:00.000Z", NEXT_DAY.replace(tzinfo=UTC)),
    ("20051231T24:00:00", datetime(2006, 1, 1)),
]

NO_DATES = [
    "",
    "10:00",
    "2006-01",
    "20060101T",
    "20060101T1",
    "20060101T10:0",
    "20060101T10:00.5",
    "20060101X10:00",
    "20060101T24:01",
    "20060101T24:00:00.5",
    "20060101T25:00",
    "20060101T10:60",
    "20061399T24:00",
    "99991231T24:00:00",
    "20060101T10:00+99:00",
]


@pytest.mark.parametrize(("text", "date"), DATES)
def test_a_date_is_read_in_every_form(text, date):
    read = read_date(text)
    assert (read, read and read.tzinfo) == (date, date.tzinfo)
    assert read_date(f" {text}\n") == date


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_none(text):
    assert read_date(text) is None


@pytest.mark.parametrize(("text", "date"), DATES)
def test_a_reply_tells_its_date_in_every_form(text, date):
    xml = f"<value><dateTime.iso8601>{text}</dateTime.iso8601></value>"
    body = f"<methodResponse><params><param>{xml}</param></params></methodResponse>"
    assert codec.decode_response(body.encode()) == date


@pytest.mark.parametrize("text", ["20060101T10:00", b"2006-01-01T10:00", "2006-01-01t10:00:00"])
def test_a_date_that_came_as_text_is_a_date(text):
    assert VM.from_wire({"date_created": text}, id=5).date_created == TEN


def test_base64_that_is_no_text_is_no_date():
    assert VM.from_wire({"date_created": b"\xff"}, id=5).date_created is None


def test_a_hostile_text_is_read_at_once():
    began = perf_counter()
    assert read_date(f"20060101T10:00:00.{'0' * 100_000}x") is None
    assert read_date(f"20060101T10{' ' * 100_000}x") is None
    assert perf_counter() - began < 1
