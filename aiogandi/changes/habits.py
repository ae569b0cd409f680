"""What a service was seen to do, which cannot be known beforehand."""

from __future__ import annotations

from aiogandi.changes.change import Change
from aiogandi.changes.recognition import Likeness, compare, foldable, names_in
from aiogandi.models import OperationDetails


class Habits:
    """What this service has shown of itself, by its answers to calls whose operation is known."""

    def __init__(self) -> None:
        self.grows = True
        """Whether ids of operations grow with time (assumed). Once they were seen not to, age proves
        nothing."""
        self.folds: set[str] = set()
        """The calls whose names it stores in another form than they were sent in: lower case, say. It may
        do so with a server's name and not with a disk's."""
        self.keeps: set[str] = set()
        """The calls of which it was seen to store a name as it was sent, where folding would have changed
        it."""
        self.longest: dict[str, int] = {}
        """The longest value that was seen of each parameter, in characters."""
        self._witnesses: dict[str, tuple[Change, int]] = {}

    def answered(self, call: Change, number: int) -> None:
        """Note that *number* is the id in the call's reply."""
        if call.yields == "id" and number <= (call.newest or 0):
            self.grows = False
        known = call.method in self.folds | self.keeps
        if not known and call.yields is not None and foldable(call.arguments):
            self._witnesses[call.method] = (call, number)

    def saw_disorder(self) -> None:
        """Note that an operation is younger than one with a higher id, by the service's own dates."""
        self.grows = False

    def saw(self, details: OperationDetails, owner: Change | None) -> None:
        """Note how the service tells of an operation, and of one that is known to be *owner*'s."""
        for name, length in names_in(details):
            self.longest[name] = max(self.longest.get(name, 0), length)
        if owner is None or not (names := foldable(owner.arguments)):
            return
        found = compare(owner.method, names, details, self.longest)
        if found is Likeness.FOLDED:
            self.folds.add(owner.method)
        elif found is Likeness.EXACT:
            self.keeps.add(owner.method)
        else:
            return
        self._witnesses.pop(owner.method, None)

    def witness(self, method: str) -> tuple[Change, int] | None:
        """An answered call of *method* whose operation would show whether this service folds names,
        and the id in its reply; None where there was none.
        """
        return self._witnesses.get(method)
