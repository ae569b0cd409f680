"""One bar for the whole lot: done, failed, under way, time left. Plain lines without a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Show = Callable[[int, int, int], None]
"""Tells how many are done, failed and under way by now."""

LINES = 10
"""Lines that a lot leaves in a log at most, beside the first and the last."""

TIME_LEFT = "--:-- left"

PAUSE = 1.0
"""Seconds between two of them at least."""


@contextmanager
def progress(console: Console, title: str, total: int, *, keep: bool = True) -> Iterator[Show]:
    """Show how far *total* things are; *keep* leaves the bar on the screen when it has ended."""
    if console.is_interactive:
        with _bar(console, title, total, keep=keep) as bar:
            task = bar.add_task(title, total=total, counts=_counts(0, 0, 0))

            def show(done: int, failed: int, under_way: int) -> None:
                counts = _counts(done, failed, under_way)
                bar.update(task, completed=done + failed, counts=counts)

            yield show
            bar.refresh()
    elif keep:
        yield _lines(console, title, total)
    else:
        yield lambda *_: None


def _bar(console: Console, title: str, total: int, *, keep: bool) -> Progress:
    text = f"{title}  {_counts(total, 0, total)} {TIME_LEFT}"
    # Two columns stay free: a terminal shows ^C there, and what is longer than a line cannot be
    # drawn over.
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
    """The time left, and in the end the time that it took; which of the two must be seen."""

    def render(self, task: Task) -> Text:
        return super().render(task) + Text("" if task.finished else " left")


def _lines(console: Console, title: str, total: int) -> Show:
    told, told_at = 0, time.monotonic()

    def show(done: int, failed: int, under_way: int) -> None:
        nonlocal told, told_at
        ended = done + failed
        part = ended * LINES // max(total, 1)
        over = ended == total
        if part > told and (over or time.monotonic() - told_at >= PAUSE):
            told, told_at = part, time.monotonic()
            console.print(
                Text(f"{title.rstrip()}: {_counts(done, failed, under_way)}"), soft_wrap=True
            )

    console.print(Text(title.rstrip()), soft_wrap=True)
    return show


def _counts(done: int, failed: int, under_way: int) -> str:
    return f"{done} done, {failed} failed, {under_way} under way"
