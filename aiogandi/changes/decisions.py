"""What follows from a look at the service for a call whose reply was lost: decisions without I/O.

A look is *believed* when it began after the call's patience had ended, and showed every operation of
the call's type. Only such a look can say that the call did not run.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from aiogandi.changes.change import Change
from aiogandi.changes.ledger import Ledger
from aiogandi.changes.recognition import Likeness
from aiogandi.changes.state import State
from aiogandi.models import OperationDetails


@dataclass(frozen=True, slots=True)
class Adopt:
    """These operations are the calls' own. The call that was looked for need not be among them: an
    equal one goes before it.
    """

    pairs: tuple[tuple[Change, OperationDetails], ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """The call may own one of *candidates* (ids), or none. *may_clear* says whether time may tell: a
    reply that names one of them is still due, or the service may yet say what one of them is.
    *proof* says that it would help to know whether this service folds names.
    """

    candidates: tuple[int, ...]
    may_clear: bool = False
    proof: bool = False


def decide(
    ledger: Ledger,
    call: Change,
    found: Collection[OperationDetails],
    *,
    believed: bool,
    unread: Collection[int] = (),
    final: bool = False,
) -> Adopt | Undecided | None:
    """What the operations *found* at the service say of *call*; None: none of them is its own.
    *unread* are the ids of those that were listed and could not be read. *final*: it is no use to wait
    any longer until they can be.
    """
    pairs = _shares(ledger, call, found, believed=believed, unread=() if final else unread)
    if any(served is call for served, _ in pairs):
        return Adopt(pairs)
    if not believed:
        return Adopt(pairs) if pairs else None
    left = [details for details in found if all(details is not given for _, given in pairs)]
    suspicion = _suspicion(ledger, call, left, unread)
    if isinstance(suspicion, Undecided):
        if any(_is_its_own(ledger, call, details) for details in left):
            # It waits for an older one that cannot be read yet, or an equal call does.
            suspicion = replace(suspicion, may_clear=True)
        # Nobody is served by this look, so that what was meant for the others may be its own.
        more = {details.id for _, details in pairs}
        return replace(suspicion, candidates=tuple(sorted(more.union(suspicion.candidates))))
    return suspicion or (Adopt(pairs) if pairs else None)


def _shares(
    ledger: Ledger,
    call: Change,
    found: Collection[OperationDetails],
    *,
    believed: bool,
    unread: Collection[int],
) -> tuple[tuple[Change, OperationDetails], ...]:
    """Which operations go to *call* and to its twins that come before it.

    Calls with equal parameters are interchangeable, but not their patience: where the one that must
    decide first goes without an operation that a later one could have left to it, it is sent again, and
    there is one too many. So an operation goes to the call whose patience ends first. It is given the
    oldest that fits, because that is the one which a younger call could not be given; so it waits for
    an older one that cannot be read yet.
    """
    twins = ledger.twins(call)
    lost = [call, *(twin for twin in twins if twin.state is State.LOST)]
    lost.sort(key=lambda each: each.patience_ends)
    exact = sorted(
        (details for details in found if call.likeness(details, {}) is Likeness.EXACT),
        key=lambda details: details.id,
    )
    pairs: list[tuple[Change, OperationDetails]] = []
    waiting = [call, *twins]
    for each in lost:
        own = next((details for details in exact if _is_its_own(ledger, each, details)), None)
        if own is not None and (believed or _serves_all(ledger, each, own, waiting)):
            age = each.newest or 0
            if len(waiting) > 1 and any(age < number < own.id for number in unread):
                break  # those after it may be given what it leaves when that can be read
            pairs.append((each, own))
            exact.remove(own)
            waiting.remove(each)
        elif not believed:
            break  # those after it wait for it
        if each is call:
            break
    return tuple(pairs)


def _is_its_own(ledger: Ledger, call: Change, details: OperationDetails) -> bool:
    return ledger.likeness(call, details) is Likeness.EXACT and not ledger.disputed(call, details)


def _serves_all(
    ledger: Ledger, call: Change, details: OperationDetails, waiting: Sequence[Change]
) -> bool:
    """Whether nobody goes without because *call* is given an operation before its patience ends: its own,
    if that appears later, would do for each of the others as well.
    """
    rivals = ledger.rivals(call, details)
    return all(other.is_twin_of(call) for other in rivals) and all(
        (other.newest or 0) <= (call.newest or 0) for other in waiting
    )


def _suspicion(
    ledger: Ledger, call: Change, found: Collection[OperationDetails], unread: Collection[int]
) -> Adopt | Undecided | None:
    """What keeps a call from being absent, after a believed look that did not show its own operation:
    one that may be its own in another form, or that cannot be told from another call's.
    """
    like = {details.id: ledger.likeness(call, details) for details in found}
    suspects = [details for details in found if like[details.id] is not Likeness.DIFFERENT]
    reserved = _reserved(ledger, call, found)
    # All that a rival began is visible when its patience ends: until then, it may not be the one. Nor is it
    # where it cannot be given the operation, because the two differ in a password, say.
    waits = any(
        like[details.id] is not Likeness.EXACT
        and (rival.patience_ends > call.patience_ends or not _is_its_own(ledger, rival, details))
        for details in found
        if (rival := reserved.get(details.id)) is not None
    )
    suspects = [
        details
        for details in suspects
        if waits or like[details.id] is Likeness.EXACT or details.id not in reserved
    ]
    age = call.newest or 0
    hidden = {n for n in unread if n > age or n in ledger.sightings.mistrusted} | call.doubts
    if not suspects and not hidden and ledger.habits.grows:
        return None
    candidates = tuple(sorted({details.id for details in suspects} | hidden))
    if len(candidates) == 1 and suspects and like[candidates[0]] is Likeness.FOLDED:
        others = any(ledger.other_clients.have_begun(d) for d in found if d.id > (call.newest or 0))
        rivals = ledger.rivals(call, suspects[0]) or ledger.disputed(call, suspects[0])
        if not others and not rivals:
            if call.method in ledger.habits.folds:
                return Adopt(((call, suspects[0]),))
            return Undecided(candidates, proof=True)
    due = waits or any(
        rival.state is State.SENT for details in suspects for rival in ledger.rivals(call, details)
    )
    return Undecided(candidates, may_clear=due or not hidden <= call.doubts)


def _reserved(
    ledger: Ledger, call: Change, found: Collection[OperationDetails]
) -> dict[int, Change]:
    """Those of the operations that other open calls fit exactly, and which call: one for each. Not a call
    that asked for less than the operation tells, for a disk without a name, say.
    """
    reserved: dict[int, Change] = {}
    served: set[Change] = set()
    for details in sorted(found, key=lambda details: details.id):
        for rival in exact_rivals(ledger, call, details):
            if rival in served or rival.is_twin_of(call):
                continue
            if not call.fits_rather_than(rival, details):
                served.add(rival)
                reserved[details.id] = rival
                break
    return reserved


def exact_rivals(ledger: Ledger, call: Change, details: OperationDetails) -> list[Change]:
    """Those among the rivals that the operation fits exactly and whose outcome may yet be found."""
    return [
        other
        for other in ledger.rivals(call, details)
        if ledger.is_active(other)
        and other.state is not State.UNKNOWN
        and ledger.likeness(other, details) is Likeness.EXACT
    ]


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What *call* left behind beyond its own operation.

    *surplus* are operations that no other call is likely to own. *waits* says whether there are others
    that may still be another call's, which is for that call to find first.
    """

    surplus: list[OperationDetails]
    waits: bool


def left_over(ledger: Ledger, call: Change, found: Collection[OperationDetails]) -> LeftOver:
    """The operations among *found* that *call* has begun without need. Where its own is not known, the
    oldest may be that.

    What may be that of a call whose outcome stays unknown is left to that one's caller, unless it tells
    what *call* asked for and that one asked for more or less, a disk without a name, say. Where there are
    more of them than such calls, the latest are told; an operation of earlier that may be such a call's
    counts among them.
    """
    surplus: list[OperationDetails] = []
    doubtful: list[OperationDetails] = []
    unknown: set[Change] = set()
    waits = False
    for details in found:
        if ledger.likeness(call, details) >= Likeness.CUT:
            rivals = ledger.rivals(call, details)
            if any(map(ledger.is_active, rivals)):
                waits = True
            elif all(call.fits_rather_than(rival, details) for rival in rivals):
                surplus.append(details)
            else:
                doubtful.append(details)
                unknown.update(rivals)
    earlier = {
        number for rival in unknown for number in ledger.owners.without_owner(rival.candidates)
    }
    left = len(unknown) - len(earlier.difference(details.id for details in doubtful))
    surplus += sorted(doubtful, key=lambda details: details.id)[max(left, 0) :]
    if call.state is State.UNKNOWN:
        surplus = sorted(surplus, key=lambda details: details.id)[1:]
    return LeftOver(surplus, waits)
