"""The curves as one picture, both axes logarithmic: what grows as its work does is a diagonal.

Each line is drawn on those before it and is narrower than they are, so that where curves lie on one
another all of them are seen. The names stand below the panel, where they hide none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.report import Curve

OURS: Final = ("tab:red", "tab:pink")
OTHERS: Final = ("tab:blue", "tab:orange", "tab:green", "tab:gray")
NARROWEST: Final = 1.2
STEP: Final = 1.7
"""How much wider a line is than the next one, which is drawn on it, in points."""

mpl.use("Agg")  # there may be no display


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Write a picture with one panel for each curve to *path*; its suffix says which format."""
    columns = min(len(curves), 3)
    rows = -(-len(curves) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(5.2 * columns, 4.8 * rows), squeeze=False, layout="constrained"
    )
    for panel, curve in zip(axes.flat, curves, strict=False):
        ours = [name for name in curve.lines if name.startswith("aiogandi")]
        others = [name for name in curve.lines if name not in ours]
        for place, (name, points) in enumerate(curve.lines.items()):
            width = NARROWEST + STEP * (len(curve.lines) - 1 - place)
            panel.plot(
                [work for work, _ in points],
                [cost for _, cost in points],
                label=name,
                marker="o",
                markersize=width + 2.5,
                linewidth=width,
                linestyle="--" if name.startswith("limit") else "-",
                color=OURS[ours.index(name)] if name in ours else OTHERS[others.index(name)],
            )
        panel.set(title=curve.title, xlabel=curve.work, ylabel=curve.cost)
        panel.set(xscale="log", yscale="log")
        panel.grid(visible=True, which="major", alpha=0.3)
        panel.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.2))
    for unused in axes.flat[len(curves) :]:
        unused.remove()
    figure.savefig(path, dpi=120)
    plt.close(figure)
