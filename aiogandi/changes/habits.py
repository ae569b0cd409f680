"""What a service was seen to do, which cannot be known beforehand."""

from __future__ import annotations

from aiogandi.changes.change import Change
from aiogandi.changes.recognition import Likeness, can_fold, names_in
from aiogandi.models import OperationDetails


class Habits:
    """What this service has shown of itself, by its answers to calls whose operation is known."""

    def __init__(self) -> None:
        self.grows = True
        """Whether ids of operations grow with time (assumed). Once they were seen not to, age proves
        nothing."""
        self.folds = False
        """Whether it stores names in another form than they were sent in: lower case, say."""
        self.keeps = False
        """Whether it was seen to store a name as it was sent, where folding would have changed it."""
        self.longest: dict[str, int] = {}
        """The longest value that was seen of each parameter, in characters."""
        self._witnesses: dict[str, tuple[Change, int]] = {}

    def answered(self, call: Change, number: int) -> None:
        """Note that *number* is the id in the call's reply."""
        if call.yields == "id" and number <= (call.newest or 0):
            self.grows = False
        known = self.folds or self.keeps
        if not known and call.yields is not None and can_fold(call.arguments):
            self._witnesses[call.method] = (call, number)

    def saw(self, details: OperationDetails, owner: Change | None) -> None:
        """Note how the service tells of an operation, and of one that is known to be *owner*'s."""
        for name, length in names_in(details):
            self.longest[name] = max(self.longest.get(name, 0), length)
        if owner is None or not can_fold(owner.arguments):
            return
        found = owner.likeness(details, self.longest)
        self.folds = self.folds or found is Likeness.FOLDED
        self.keeps = self.keeps or found is Likeness.EXACT
        if self.folds or self.keeps:
            self._witnesses.clear()

    def witness(self, method: str) -> tuple[Change, int] | None:
        """An answered call of *method* whose operation would show whether this service folds names,
        and the id in its reply; None where there was none.
        """
        return self._witnesses.get(method)
