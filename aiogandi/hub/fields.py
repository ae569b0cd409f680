"""What the store answers with names and values, read as a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fields(told: Any) -> dict[str, str]:
    """Return what was *told*: a list in which each name is followed by its value; a mapping, which the store's
    client makes of some answers; the lines of INFO; or None, where nothing was.
    """
    if isinstance(told, Mapping):
        return {_text(name): _text(value) for name, value in told.items()}
    if isinstance(told, bytes):
        lines = told.decode("utf-8", "replace").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line and line[0] != "#")
    texts = [_text(each) for each in told or ()]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _text(told: Any) -> str:
    return told.decode() if isinstance(told, bytes) else str(told)
