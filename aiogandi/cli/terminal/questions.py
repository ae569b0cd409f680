"""Questions to the user. They are asked on stderr, so that stdout holds nothing but the result."""

import errno
import sys

import typer


def can_ask() -> bool:
    """Return whether a person sees a question and can answer it: stdin and stderr are terminals."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def read_stdin() -> bytes:
    """Return all of stdin, whatever it is encoded in; OSError where the process was given none."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read()


def ask(question: str) -> str:
    """Ask until the user answers with some text, and return it."""
    answer: str = typer.prompt(question, err=True)
    return answer


def ask_secret(question: str, *, twice: bool = False) -> str:
    """Ask for a secret without showing it. *twice*: it must be typed a second time, the same."""
    answer: str = typer.prompt(question, hide_input=True, confirmation_prompt=twice, err=True)
    return answer


def agrees(question: str) -> bool:
    """Ask a question that is answered with y or n. Just Enter means no."""
    return typer.confirm(question, err=True)
