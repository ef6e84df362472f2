"""The benchmark of registration as a picture: errors of sound pairs, and how far bad ones stand from the gates."""

from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.registration_cases import BAD_CLASSES, sound_verdict

BAD = 50
COLOURS = ("#c0504d", "#e08a3c", "#8064a2", "#4f81bd", "#7f7f7f")
INCHES, DPI = (9.0, 3.6), 110


def draw(path: Path, pairs: int) -> None:
    """Register all pairs and write the picture.

    Parameters
    ----------
    path : Path
        A PNG.
    pairs : int
        Sound ones.
    """
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=INCHES, dpi=DPI)
    sound = [sound_verdict(number) for number in range(pairs)]
    paper = [sound_verdict(number, method="paper") for number in range(pairs)]
    for verdicts, colour, name in ((sound, "#3a7d44", "parfocal register"), (paper, "#999999", "--method paper")):
        errors = np.sort([one.error_px for one in verdicts])
        left.plot(errors, np.arange(1, pairs + 1) / pairs, color=colour, label=name)
    left.axvline(0.08, color="k", linestyle=":", linewidth=1, label="limit of the worst")
    left.set(xscale="log", xlabel="error against the truth, rms, LOW px", ylabel="share of sound pairs", title="Sound")
    left.legend(fontsize=7)
    shown = {"sound": ("#3a7d44", sound)}
    for (name, judge), colour in zip(BAD_CLASSES.items(), COLOURS, strict=True):
        shown[name] = colour, [judge(number) for number in range(min(BAD, pairs))]
    for name, (colour, verdicts) in shown.items():
        found = [one.found for one in verdicts]
        x, y = [one.residual_p95_px for one in found], [1 - one.high_pass_ncc for one in found]
        right.scatter(x, y, s=9, color=colour, label=name, alpha=0.7)
    right.axvline(0.2, color="k", linestyle=":", linewidth=1)
    right.axhline(0.07, color="k", linestyle=":", linewidth=1)
    right.set(xscale="log", yscale="log", xlabel="95 % of block residuals, LOW px", ylabel="1 − high-pass correlation")
    right.set_title("Two of the gates (dotted)")
    right.legend(fontsize=6)
    figure.suptitle("Registration of simulated 40×/100× pairs", fontsize=10)
    figure.tight_layout()
    figure.savefig(path)
