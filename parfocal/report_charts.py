"""Charts for a report, as inline SVG that takes its colours and type from the page, so that dark mode works."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from parfocal.report_learning import BICUBIC, EXPOSURE, NETWORK, Score, Scores, TrainingCurve

# Colours no chart would use, each to be replaced by a variable of the page.
INK, MUTED, GRID, ACCENT, SECOND, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", SECOND: "second", PAPER: "paper"}

LOSS_SMOOTHING_SHARE = 0.03
"""The line through the loss averages this part of all steps."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
}


def training_chart(curve: TrainingCurve) -> str:
    """Draw loss and validation PSNR against steps, with the line bicubic interpolation has to be beaten at."""
    with chart_figure("training", width=10.6, height=3.3) as figure:
        loss, psnr = figure.subplots(1, 2)
        _draw_loss(loss, curve)
        _draw_psnr(psnr, curve)
        return inline_svg(figure)


def scores_chart(scores: Scores, names: dict[str, str]) -> str:
    """Draw one line a site from bicubic to network, for PSNR and SSIM; a tick where one exposure stands."""
    sites = list(scores.sites)
    with chart_figure(f"scores-{scores.against}", width=10.6, height=1.25 + 0.36 * len(sites)) as figure:
        psnr, ssim = figure.subplots(1, 2, sharey=True)
        _draw_dumbbells(psnr, [scores.sites[site] for site in sites], "psnr_db")
        _draw_dumbbells(ssim, [scores.sites[site] for site in sites], "ssim")
        psnr.set_title("PSNR inside tissue, dB")
        ssim.set_title("SSIM inside tissue")
        psnr.set_yticks(range(len(sites)), sites)
        psnr.set_ylim(len(sites) - 0.4, -0.6)
        handles, labels = psnr.get_legend_handles_labels()
        figure.legend(handles, [names[label] for label in labels], loc="outside lower left", ncols=3, frameon=False)
        return inline_svg(figure)


def _draw_loss(axes: Axes, curve: TrainingCurve) -> None:
    window = max(1, int(len(curve.loss) * LOSS_SMOOTHING_SHARE))
    smooth = np.convolve(curve.loss, np.full(window, 1 / window), mode="valid")
    axes.plot(curve.steps, curve.loss, color=MUTED, linewidth=0.7, alpha=0.35)
    axes.plot(curve.steps[window - 1 :], smooth, color=ACCENT, linewidth=1.8)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("Training loss")
    axes.set_xlabel("steps")


def _draw_psnr(axes: Axes, curve: TrainingCurve) -> None:
    axes.axhline(curve.bicubic_psnr_db, color=SECOND, linewidth=1.5, linestyle=(0, (4, 3)))
    axes.annotate(
        f"bicubic {curve.bicubic_psnr_db:.2f}",
        (1, curve.bicubic_psnr_db),
        xycoords=("axes fraction", "data"),
        xytext=(0, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        color=SECOND,
    )
    axes.plot(curve.validation_steps, curve.validation_psnr_db, color=ACCENT, linewidth=1.8, marker="o", markersize=3.5)
    axes.set_title("PSNR on validation patches, dB")
    axes.set_xlabel("steps")


def _draw_dumbbells(axes: Axes, sites: Sequence[Mapping[str, Score]], measure: str) -> None:
    rows = range(len(sites))
    values: dict[str, list[float]] = {
        method: [getattr(site[method], measure) for site in sites]
        for method in (BICUBIC, NETWORK, EXPOSURE)
        if all(method in site for site in sites)
    }
    axes.hlines(rows, values[BICUBIC], values[NETWORK], color=ACCENT, linewidth=2.4, alpha=0.45)
    axes.plot(values[BICUBIC], rows, "o", color=SECOND, markersize=6.5, label=BICUBIC)
    axes.plot(values[NETWORK], rows, "o", color=ACCENT, markersize=8, label=NETWORK)
    if EXPOSURE in values:
        axes.plot(values[EXPOSURE], rows, "|", color=MUTED, markersize=12, markeredgewidth=1.8, label=EXPOSURE)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


@contextmanager
def chart_figure(salt: str, *, width: float, height: float) -> Iterator[Figure]:
    """Give an empty figure in the style of the page, `width` and `height` in inches; `salt` is a name of its own."""
    # The salt names the clip paths inside the SVG: two charts on one page must not share them.
    with mpl.rc_context({**STYLE, "svg.hashsalt": salt}):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12)  # type: ignore[union-attr, call-arg]
        FigureCanvasSVG(figure)
        yield figure


def inline_svg(figure: Figure) -> str:
    """Return the figure as SVG that stands in HTML and takes colours and type from the page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text)
    text = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r"font: ([^;\"]*?)([\d.]+px) [^;\"]*", r"font: \1\2 var(--sans)", text)
    for colour, name in VARIABLES.items():
        text = text.replace(colour, f"var(--{name})")
    return text
