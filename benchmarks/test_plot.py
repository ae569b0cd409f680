"""What the picture shows: `nox -s benchmarks` runs this, where matplotlib is."""

import numpy as np
from matplotlib import colors, image

from benchmarks.plot import OTHERS, OURS, draw
from benchmarks.report import Curve

LINE = [(10, 1.0), (100, 1.5), (1000, 2.0)]
SAMPLE_OF_THE_LEGEND = 300
"""More pixels than the legend gives to a line; across the panel it has several times as many."""


def pixels(path, colour):
    """How many pixels of the picture have the colour."""
    picture = image.imread(path)[:, :, :3]
    return int((np.abs(picture - colors.to_rgb(colour)).max(axis=2) < 0.05).sum())


def test_curves_that_lie_on_one_another_are_all_seen(tmp_path):
    names = ["aiogandi, first", "aiogandi, later", "one", "another", "limit: a third", "a fourth"]
    draw([Curve("t", "work", "cost", dict.fromkeys(names, LINE))], tmp_path / "all.png")
    seen = {colour: pixels(tmp_path / "all.png", colour) for colour in (*OURS, *OTHERS)}
    assert min(seen.values()) > SAMPLE_OF_THE_LEGEND, seen
