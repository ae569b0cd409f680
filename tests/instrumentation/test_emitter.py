"""The one place where events are counted and told."""

import contextvars
import dataclasses
import logging

import pytest

from aiogandi import Stats
from aiogandi.instrumentation import events as all_events
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import (
    CallRepeated,
    Event,
    ExchangeBegan,
    Held,
    LoginBegan,
    LoginEnded,
    LossResolved,
    PollBegan,
    SurplusFound,
)

LOST = ConnectionResetError("gone")


def test_a_listener_is_told_each_event_in_order():
    told = []
    emitter = Emitter(told.append)
    happened = [LoginBegan(), LoginEnded(0.1, None), Held(2.0)]
    for event in happened:
        emitter.emit(event)
    assert told == happened


def test_what_a_listener_raises_is_logged_and_breaks_nothing(caplog):
    told = []

    def listener(event):
        told.append(event)
        raise RuntimeError("a fault of the listener's")

    emitter = Emitter(listener)
    with caplog.at_level(logging.ERROR, "aiogandi.events"):
        emitter.emit(Held(2.0))
        emitter.emit(Held(3.0))
    assert told == [Held(2.0), Held(3.0)]
    assert emitter.counts.snapshot() == Stats(throttled=2)
    assert "a fault of the listener's" in caplog.text
    assert "Held(seconds=2.0)" in caplog.text


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_is_to_end_the_program_is_let_through(error):
    def listener(event):
        raise error

    with pytest.raises(error):
        Emitter(listener).emit(Held(2.0))


def test_without_a_listener_events_are_only_counted():
    emitter = Emitter()
    assert not emitter.listening
    emitter.emit(Held(2.0))
    assert emitter.counts.snapshot() == Stats(throttled=1)


def test_without_a_listener_no_event_is_made_for_what_happens_often(monkeypatch):
    made = []
    for kind in (ExchangeBegan, PollBegan):
        monkeypatch.setattr(kind, "__init__", lambda *values: made.append(values))
    emitter = Emitter()
    assert [emitter.exchange_began("vm_list") for _ in range(3)] == [1, 2, 3]
    emitter.poll_began("operation_list")
    assert made == []
    assert emitter.counts.snapshot() == Stats(requests=3, polls=1)


def test_with_a_listener_what_happens_often_is_told_too():
    told = []
    emitter = Emitter(told.append)
    emitter.exchange_began("login")
    emitter.exchange_began("vm_list")
    emitter.poll_began("operation_list")
    assert told == [
        ExchangeBegan("login", 1),
        ExchangeBegan("vm_list", 2),
        PollBegan("operation_list", 1),
    ]
    assert emitter.counts.snapshot() == Stats(requests=2, polls=1)


def test_an_event_is_told_in_the_context_that_it_belongs_to():
    who, seen = contextvars.ContextVar("who", default="nobody"), []
    emitter = Emitter(lambda _: seen.append(who.get()))
    who.set("the caller")
    callers = contextvars.copy_context()
    who.set("another task")
    emitter.emit(Held(1.0), callers)
    emitter.emit(Held(1.0))
    assert seen == ["the caller", "another task"]


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        (LoginEnded(0.1, None), {"logins": 1}),
        (LoginEnded(0.1, LOST), {}),
        (LoginBegan(), {}),
        (CallRepeated("vm_list", 2, 0.5, LOST), {"retries": 1}),
        (Held(2.0), {"throttled": 1}),
        (LossResolved("vm_start", "adopted", 11), {"reconciled": 1}),
        (LossResolved("vm_start", "absent", None), {}),
        (LossResolved("vm_start", "unknown", None), {"unknown": 1}),
        (SurplusFound("vm_start", 12, "RUN"), {"surplus": 1}),
    ],
    ids=repr,
)
def test_what_an_event_counts_as(event, counted):
    emitter = Emitter()
    emitter.emit(event)
    assert emitter.counts.snapshot() == Stats(**counted)


def test_a_snapshot_stays_as_it_was():
    emitter = Emitter()
    before = emitter.counts.snapshot()
    emitter.emit(Held(2.0))
    assert before == Stats()
    assert emitter.counts.snapshot() == Stats(throttled=1)


KINDS = [kind for kind in vars(all_events).values() if isinstance(kind, type)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, Event)])
def test_every_event_is_a_frozen_value(kind):
    event = kind(*[None] * len(dataclasses.fields(kind)))
    assert not hasattr(event, "__dict__")
    assert hash(event) == hash(dataclasses.replace(event))
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        event.method = "other"
