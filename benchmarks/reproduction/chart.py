"""A chart of some curves over one axis."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure


def draw_curves(
    path: Path, across: Sequence[float], curves: Mapping[str, Sequence[float]], *, x: str, y: str, title: str
) -> None:
    """Draw each curve with its name; the two labels say what and in which unit."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    for name, values in curves.items():
        axes.plot(across, values, marker="o", label=name)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
