"""The benchmark of novelty as a picture: shares flagged, pixel sizes read, and defocus."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import matplotlib as mpl

INCHES, DPI = (11.0, 5.2), 100
SOUND, WRONG, TOLD = "#3a7d44", "#4f81bd", "#999999"
COLOURS = {"sound": SOUND, "wrong": WRONG, "told": TOLD}
LIMITS = (0.05, 0.95)


class Shown(Protocol):
    """What is drawn of a row."""

    @property
    def name(self) -> str:
        """Of the case."""

    @property
    def expected(self) -> str:
        """Decides the colour."""

    @property
    def flagged(self) -> float:
        """Share."""

    @property
    def factors(self) -> tuple[float, ...]:
        """How large pixels seem."""


def draw(path: Path, rows: Sequence[Shown]) -> None:
    """Write the picture as a PNG."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (shares, right) = plt.subplots(1, 2, figsize=INCHES, dpi=DPI, width_ratios=(1.5, 1))
    _shares(shares, rows)
    _factors(right, [row for row in rows if row.name.startswith(("sound", "pixel"))])
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)


def _shares(axes: Any, rows: Sequence[Shown]) -> None:
    places = range(len(rows), 0, -1)
    axes.barh(places, [100 * row.flagged for row in rows], color=[COLOURS[row.expected] for row in rows])
    axes.set_yticks(places, [row.name for row in rows], fontsize=7)
    for limit in LIMITS:
        axes.axvline(100 * limit, color="k", linestyle=":", linewidth=1)
    axes.set(xlabel="pictures flagged, %", title="green: should not be flagged; blue: should; grey: only told")
    axes.title.set_fontsize(9)


def _factors(axes: Any, rows: Sequence[Shown]) -> None:
    true = [float(row.name.split()[1]) if row.name.startswith("pixel") else 1.0 for row in rows]
    axes.plot((0.4, 2.5), (0.4, 2.5), color="k", linewidth=0.5)
    for factor, row in zip(true, rows, strict=True):
        axes.plot([factor] * len(row.factors), row.factors, "o", color=COLOURS[row.expected], alpha=0.3, markersize=4)
    axes.set(
        xscale="log", yscale="log", xlabel="true pixel size / that of the training", ylabel="as read off the picture"
    )
    ticks = [0.25, 0.5, 0.7, 1, 1.4, 2]
    axes.set_xticks(ticks[1:], [f"{tick:g}" for tick in ticks[1:]])
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_title("one point a picture", fontsize=9)
