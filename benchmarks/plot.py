"""The curves as one picture, both axes logarithmic: what grows as its work does is a diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.report import Curve

OURS: Final = ("tab:red", "tab:pink")
OTHERS: Final = ("tab:blue", "tab:orange", "tab:green", "tab:gray")

mpl.use("Agg")  # there may be no display


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Write a picture with one panel for each curve to *path*; its suffix says which format."""
    columns = min(len(curves), 3)
    rows = -(-len(curves) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(5.2 * columns, 4 * rows), squeeze=False, layout="constrained"
    )
    for panel, curve in zip(axes.flat, curves, strict=False):
        ours = [name for name in curve.lines if name.startswith("aiogandi")]
        others = [name for name in curve.lines if name not in ours]
        for name, points in curve.lines.items():
            is_ours = name in ours
            panel.plot(
                [work for work, _ in points],
                [cost for _, cost in points],
                label=name,
                marker="o",
                markersize=4,
                linewidth=2.2 if is_ours else 1.2,
                linestyle="--" if name.startswith("limit") else "-",
                color=OURS[ours.index(name)] if is_ours else OTHERS[others.index(name)],
                zorder=3 if is_ours else 2,
            )
        panel.set(title=curve.title, xlabel=curve.work, ylabel=curve.cost)
        panel.set(xscale="log", yscale="log")
        panel.grid(visible=True, which="major", alpha=0.3)
        panel.legend(fontsize="small")
    for unused in axes.flat[len(curves) :]:
        unused.remove()
    figure.savefig(path, dpi=120)
    plt.close(figure)
