"""What happens inside a client, as frozen values, and the one place that counts and tells them. This
room uses no other.

``Gandi(…, on_event=listener)`` calls ``listener`` with an `Event` for whatever happens, in the task
in which it happens and with that task's context variables: those of whoever made the call. Logins,
polls and look-ups for lost replies are everybody's and have none. `OperationEnded` comes from the task
that polls, with the context variables of the first of those who wait for the operation.

>>> def listener(event):
...     if isinstance(event, OperationEnded):
...         print(f"{event.type} ended in {event.state} after {event.seconds:.0f} s")

What lasts has a pair of events: `CallBegan` and `CallEnded`, `ExchangeBegan` and `ExchangeEnded`,
`LoginBegan` and `LoginEnded`, `PollBegan` and `PollEnded`, `OperationBegan` and `OperationEnded`,
`ReplyLost` and `LossResolved`, `CallerGone` and `LeftBehind`. Calls, exchanges and polls have numbers that pair them. `OperationEnded`
is told only of operations that somebody waits for, also of those that were taken up by their id. The
others are single: `CallRepeated`, `Held`, `SurplusFound`. No event holds a secret. `Stats` are counted
from the same events.
"""

from aiogandi.instrumentation.events import (
    CallBegan,
    CallEnded,
    CallerGone,
    CallRepeated,
    Event,
    ExchangeBegan,
    ExchangeEnded,
    Held,
    LeftBehind,
    LoginBegan,
    LoginEnded,
    LossResolved,
    OperationBegan,
    OperationEnded,
    PollBegan,
    PollEnded,
    ReplyLost,
    SurplusFound,
)
from aiogandi.instrumentation.stats import Stats

__all__ = [
    "CallBegan",
    "CallEnded",
    "CallRepeated",
    "CallerGone",
    "Event",
    "ExchangeBegan",
    "ExchangeEnded",
    "Held",
    "LeftBehind",
    "LoginBegan",
    "LoginEnded",
    "LossResolved",
    "OperationBegan",
    "OperationEnded",
    "PollBegan",
    "PollEnded",
    "ReplyLost",
    "Stats",
    "SurplusFound",
]
