"""The benchmark of focus as a picture: expected and true focus along a run, and how far they lie apart."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.focus_case import Result

INCHES, DPI = (9.0, 3.6), 110
LIMIT_UM, REACH_UM, BINS = 0.2, 0.5, 41
TRUE, CENTRE, ERROR = "#3a7d44", "#c0504d", "#4f81bd"


def draw(path: Path, results: Sequence[Result]) -> None:
    """Write the picture.

    Parameters
    ----------
    path : Path
        A PNG.
    results : sequence of Result
        The first is shown along its run, the errors of all in a histogram.
    """
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (along, apart) = plt.subplots(1, 2, figsize=INCHES, dpi=DPI, width_ratios=(1.7, 1))
    minutes = [site.time_s / 60 for site in results[0].sites]
    along.plot(minutes, [site.true_um for site in results[0].sites], ".", color=TRUE, label="true focus")
    along.plot(
        minutes, [site.centre_um for site in results[0].sites], color=CENTRE, linewidth=1, label="stack's centre"
    )
    along.set(xlabel="time, min", ylabel="Z, µm", title=results[0].case.says)
    along.title.set_fontsize(8)
    along.legend(fontsize=7)
    errors = np.concatenate([result.errors_um for result in results])
    apart.hist(np.clip(errors, -REACH_UM, REACH_UM), np.linspace(-REACH_UM, REACH_UM, BINS), color=ERROR)
    for limit in (-LIMIT_UM, LIMIT_UM):
        apart.axvline(limit, color="k", linestyle=":", linewidth=1)
    share = 100 * float(np.mean(np.abs(errors) <= LIMIT_UM))
    apart.set(xlabel="error of the stack's centre, µm", title=f"{share:.0f} % of {errors.size} within ±{LIMIT_UM} µm")
    apart.title.set_fontsize(8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
