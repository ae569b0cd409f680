"""Where a killed process was with each of its items: read from the journal's rows and the service's books."""

import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

BEFORE_INTENT = "before the intent"
BEFORE_SEND = "between intent and send"
BEFORE_ANSWER = "between send and answer"
BEFORE_OUTCOME = "between answer and outcome"
RECONCILING = "in reconciliation"
WAITING = "in a wait"

PLACES = (BEFORE_INTENT, BEFORE_SEND, BEFORE_ANSWER, BEFORE_OUTCOME, RECONCILING, WAITING)

CHANGING = ("vm_create", "disk_create", "disk_attach")


def rows_of(path):
    """The calls, claims and open keys in a journal, whose file stays as it is: a copy of it is read."""
    path = Path(path)
    if not path.exists():
        return [], set(), []
    with tempfile.TemporaryDirectory() as folder:
        for name in (path.name, f"{path.name}-wal"):
            if (path.parent / name).exists():
                shutil.copy(path.parent / name, folder)
        with closing(sqlite3.connect(Path(folder, path.name))) as connection:
            connection.row_factory = sqlite3.Row
            calls = connection.execute("SELECT * FROM calls ORDER BY key, step").fetchall()
            claims = connection.execute("SELECT kind, number FROM claims").fetchall()
            keys = connection.execute("SELECT id FROM keys WHERE state != 'concluded'").fetchall()
    return calls, set(map(tuple, claims)), [row["id"] for row in keys]


def places(path, operations, unexecuted):
    """How many items were at each place. *operations* are the service's at the moment of the kill, and
    *unexecuted* counts the requests that had left and were not executed, by method.
    """
    calls, claims, keys = rows_of(path)
    last = {call["key"]: call for call in calls}
    unclaimed = Counter(
        _group(operation["type"], operation["params"])
        for operation in operations
        if not any((name, number) in claims for name, number in _names(operation))
    )
    found = Counter()
    left = Counter(unexecuted)
    # A call whose reply was lost has run nearly always, so its operation is the first of its group.
    for call in sorted(last.values(), key=lambda call: call["state"] != "lost"):
        found[_place(call, unclaimed, left)] += 1
    found[BEFORE_INTENT] += len([key for key in keys if key not in last])
    return +found


def _place(call, unclaimed, left):
    group = _group(call["method"], json.loads(call["arguments"]))
    match call["state"]:
        case "lost":
            unclaimed[group] -= 1
            return RECONCILING
        case "sent" if unclaimed[group] > 0:
            unclaimed[group] -= 1
            return BEFORE_OUTCOME
        case "sent" if left[call["method"]] > 0:
            left[call["method"]] -= 1
            return BEFORE_ANSWER
        case "sent":
            return BEFORE_SEND
        case "answered" | "adopted" if call["ended"] is None:
            return WAITING
    return BEFORE_INTENT  # that of the next call, or, after the last one, the end of its key


def _group(method, arguments):
    """What of a call both the journal and the service tell: equal ones cannot be told apart."""
    match method:
        case "vm_create":
            return method, arguments["hostname"]
        case "disk_create":
            return method, arguments["specs"]["name"]
    return method, arguments["vm_id"], arguments["disk_id"]


def _names(operation):
    yield "id", operation["id"]
    created = {"vm_create": "vm_id", "disk_create": "disk_id"}.get(operation["type"])
    if created is not None:
        yield created, operation["params"][created]
