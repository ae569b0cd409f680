"""How far a run of many things is: one bar in a terminal, a few plain lines in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Show(Protocol):
    """Called with the numbers of things that are done, failed and under way at the moment; and with how many
    there are in *total*, where that has changed.
    """

    def __call__(
        self, done: int, failed: int, under_way: int, /, *, total: int | None = None
    ) -> None: ...


LINES: Final = 10
"""How many lines of progress a log gets at most, one for each tenth of the things."""

PAUSE: Final = 1.0
"""Seconds that lie between two lines of a log, at least."""

Words = tuple[str, str, str]

WORDS: Final[Words] = ("done", "failed", "under way")
"""What the three numbers of `Show` are called."""

NO_WAIT: Final[Words] = ("begun", "failed", "unanswered")
"""What they are called where nobody waits: things are begun then, and not done."""

TIME_LEFT: Final = "--:-- left"
"""What the bar says at first, when the time left cannot be told yet."""


@contextmanager
def progress(
    console: Console,
    title: str,
    total: int,
    *,
    keep: bool = True,
    pause: float = PAUSE,
    words: Words = WORDS,
) -> Iterator[Show]:
    """Show how far *total* things are.

    *keep*: the bar stays on the screen when all is over, and a log gets lines. *pause*: seconds
    between two lines of a log, at least. *words*: what the numbers are called.
    """

    def counts(done: int, failed: int, under_way: int) -> str:
        numbers = (done, failed, under_way)
        return ", ".join(f"{number} {word}" for number, word in zip(numbers, words, strict=True))

    if console.is_interactive:
        with _bar(console, f"{title}  {counts(total, 0, total)}", keep=keep) as bar:
            task = bar.add_task(title, total=total, counts=counts(0, 0, 0))

            def show(
                done: int, failed: int, under_way: int, /, *, total: int | None = None
            ) -> None:
                shown = counts(done, failed, under_way)
                bar.update(task, total=total, completed=done + failed, counts=shown)

            yield show
            bar.refresh()
    elif keep:
        yield _lines(console, title, total, pause, counts)
    else:
        yield lambda *_, **__: None


def _bar(console: Console, widest: str, *, keep: bool) -> Progress:
    """The bar, beside which there is room for the *widest* text and the time left."""
    text = f"{widest} {TIME_LEFT}"
    # Two columns stay free for the ^C that a terminal shows. A line longer than the terminal is
    # wide would take two rows, and the bar could not be drawn over it.
    width = min(max(console.width - len(text) - 2, 5), 40)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=width),
        TextColumn("{task.fields[counts]}", style="progress.percentage"),
        _TimeLeft(compact=True, elapsed_when_finished=True),
        console=console,
        transient=not keep,
    )


class _TimeLeft(TimeRemainingColumn):
    """The time left, marked as such; in the end the time that all of it took."""

    def render(self, task: Task) -> Text:
        return super().render(task) + Text("" if task.finished else " left")


def _lines(
    console: Console, title: str, total: int, pause: float, counts: Callable[[int, int, int], str]
) -> Show:
    told, told_at, known = 0, time.monotonic(), total

    def show(done: int, failed: int, under_way: int, /, *, total: int | None = None) -> None:
        nonlocal told, told_at, known
        if total is not None and total != known:
            told, known = told * known // max(total, 1), total
        ended = done + failed
        part = ended * LINES // max(known, 1)
        over = ended == known
        if part > told and (over or time.monotonic() - told_at >= pause):
            told, told_at = part, time.monotonic()
            console.print(
                Text(f"{title.rstrip()}: {counts(done, failed, under_way)}"), soft_wrap=True
            )

    console.print(Text(title.rstrip()), soft_wrap=True)
    return show
