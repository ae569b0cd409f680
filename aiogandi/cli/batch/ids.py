"""Ids as people write them: one by one, or as ranges like ``10001-10020``, in both directions."""

from collections.abc import Iterable
from typing import Final

from aiogandi.cli.exits import WrongUse

LARGEST: Final = 10_000
"""How many ids one range may have: more are a slip of the keyboard rather than a wish."""

SHORTEST: Final = 3
"""How many ids in a row are written as a range. Two are as quickly read one by one."""


def range_of(word: str) -> range:
    """Return the ids that *word* means: ``10001``, or ``10001-10020`` with both ends.

    Raises `WrongUse` for anything else, for a range from high to low, and for one of more than
    `LARGEST` ids.
    """
    first, dash, last = word.partition("-")
    if not (_is_id(first) and (_is_id(last) or not dash)):
        raise WrongUse(f"{word!r} is not an id, nor a range of ids like 10001-10020")
    ids = range(int(first), int(last or first) + 1)
    if not ids:
        raise WrongUse(f"{word!r} goes from high to low: write {last}-{first}")
    if ids.stop - ids.start > LARGEST:
        raise WrongUse(
            f"{word!r} means {ids.stop - ids.start} ids, and a range may have {LARGEST} at most"
        )
    return ids


def ids_of(ranges: Iterable[range]) -> list[int]:
    """Return the ids in *ranges*, each one once, in their order."""
    return list(dict.fromkeys(number for ids in ranges for number in ids))


def written(ids: Iterable[int], separator: str = " ") -> str:
    """Return *ids* in ascending order as `range_of` takes them: ``1 2 10001-10020``."""
    runs: list[range] = []
    for number in sorted(set(ids)):
        if runs and number == runs[-1].stop and len(runs[-1]) < LARGEST:
            runs[-1] = range(runs[-1].start, number + 1)
        else:
            runs.append(range(number, number + 1))
    return separator.join(
        f"{run[0]}-{run[-1]}" if len(run) >= SHORTEST else separator.join(map(str, run))
        for run in runs
    )


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdecimal() and 0 < int(word[:20]) < 2**63
