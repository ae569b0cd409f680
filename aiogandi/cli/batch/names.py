"""The names of things to create: given one by one, or as a pattern and a number."""

from collections.abc import Callable, Sequence

from aiogandi.cli.exits import WrongUse
from aiogandi.errors import InvalidArgument


def names_of(
    names: Sequence[str] | None,
    count: int | None,
    pattern: str | None,
    check: Callable[[str], object],
) -> list[str]:
    """Return the names of the things to create: ``--name 'web-{}' --count 2`` gives web-1 and web-2.

    A name that is given twice counts once. Raises `WrongUse` if none are given, if the pattern gives
    all the same name, or if *check* raises `InvalidArgument` for one of them.
    """
    if bool(names) == (pattern is not None) or (count is not None) != (pattern is not None):
        raise WrongUse("give either names, or --count N and --name PATTERN")
    found = list(dict.fromkeys(names or _numbered(pattern or "", count or 0)))
    if count is not None and len(found) < count:
        raise WrongUse(
            f"{found[0]!r} is there twice; a pattern needs a place for the number: {{:02d}}"
        )
    for name in found:
        try:
            check(name)
        except InvalidArgument as error:
            raise WrongUse(str(error)) from None
    return found


def _numbered(pattern: str, count: int) -> list[str]:
    try:
        return [pattern.format(number) for number in range(1, count + 1)]
    except (ValueError, LookupError, AttributeError):
        raise WrongUse(f"--name {pattern!r}: not a pattern like 'web-{{:02d}}'") from None
