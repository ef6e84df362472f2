"""Charts of a measured resolution as files of their own: bars of a target, an edge, two exposures, a focus sweep."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from calibration.mtf import TargetContrast
from calibration.ringcorrelation import THRESHOLD, RingCorrelation
from calibration.sharpness import FocusPeak
from calibration.slantededge import EdgeResponse
from enhance.errors import ImageError
from parfocal.report_charts import ACCENT, GRID, INK, MUTED, PAPER, SECOND, STYLE

DRAWABLE = (".png", ".svg")
DPI = 150
COLOURS = {
    INK: "#1d1a24",
    MUTED: "#6d6777",
    GRID: "#e3dfe6",
    ACCENT: "#5b3fa0",
    SECOND: "#c2447b",
    PAPER: "#fbfaf8",
}
"""The report's colours in daylight (templates/report.css): a file has no page to take them from."""

WIDTH, HEIGHT = 7.0, 4.0  # inches
LATE = 0.7  # part of the axis from which on words stand on the left of their mark: a falling curve leaves room below


def draw_elements(measured: TargetContrast, path: Path) -> None:
    """Draw the contrast of every element of a target against its line pairs per mm.

    Parameters
    ----------
    measured : TargetContrast
    path : Path
        PNG or SVG; so with all functions here.

    Raises
    ------
    ImageError
        When the name asks for another format, or is that of a folder; so with all functions here.
    """
    with _chart(path) as axes:
        # The larger marker is hollow: the two curves often lie on each other.
        for name, colour, marker, size in (("horizontal", ACCENT, "o", 4.0), ("vertical", SECOND, "s", 8.0)):
            seen = [(e.cycles_per_mm, getattr(e, name)) for e in measured.elements if getattr(e, name) is not None]
            if seen:
                axes.plot(
                    *zip(*seen, strict=True),
                    color=COLOURS[colour],
                    lw=1.2,
                    label=name,
                    marker=marker,
                    ms=size,
                    mfc="none",
                )
        axes.set_xscale("log", base=2)
        shown = [element for element in measured.elements if element.element in (1, 4)]
        labels = [f"{element.cycles_per_mm:.0f}\n{element.group}.{element.element}" for element in shown]
        axes.set_xticks([element.cycles_per_mm for element in shown], labels)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set(xlabel="line pairs per mm; group.element", title="Contrast of USAF 1951 bars (0: lost)")
        axes.set_ylim(-0.03, 1.05)
        axes.legend(frameon=False, title="bars")


def draw_edge(response: EdgeResponse, pixel_um: float, path: Path) -> None:
    """Draw the MTF of an edge, two standard deviations about it, up to the camera's Nyquist frequency."""
    with _chart(path) as axes:
        frequency, aside = response.frequency_cycles_per_px / pixel_um, 2 * response.sigma
        axes.fill_between(frequency, response.mtf - aside, response.mtf + aside, color=COLOURS[ACCENT], alpha=0.2, lw=0)
        axes.plot(frequency, response.mtf, color=COLOURS[ACCENT], lw=1.8)
        axes.set(xlabel="cycles per µm", title=f"MTF from an edge slanted by {response.slant_deg:.1f}°")
        axes.set_xlim(0, frequency[-1])
        axes.set_ylim(0, 1.1)
        half = response.frequency_at(0.5)
        if half is not None:
            _mark(axes, half / pixel_um, 0.5, f"0.5 at {half / pixel_um:.3g} cycles/µm")


def draw_rings(rings: RingCorrelation, pixel_um: float, path: Path) -> None:
    """Draw the Fourier ring correlation of two exposures with the threshold of one seventh."""
    with _chart(path) as axes:
        frequency = rings.frequency_cycles_per_px / pixel_um
        axes.plot(frequency, rings.frc, color=COLOURS[ACCENT], lw=1.8)
        axes.axhline(THRESHOLD, color=COLOURS[SECOND], lw=1.5, ls=(0, (4, 3)))
        axes.set(xlabel="cycles per µm", title="Fourier ring correlation of two exposures")
        axes.set_xlim(0, frequency[-1])
        axes.set_ylim(min(-0.1, float(rings.frc.min())), 1.1)
        if rings.cutoff_cycles_per_px is not None:
            cutoff = rings.cutoff_cycles_per_px / pixel_um
            _mark(axes, cutoff, THRESHOLD, f"1/7 at {cutoff:.3g} cycles/µm: {1 / cutoff:.3g} µm")


def draw_focus(z_um: Sequence[float], scores: Sequence[float], found: FocusPeak, path: Path) -> None:
    """Draw the sharpness of a focus sweep against Z, and where the focus was found.

    Parameters
    ----------
    z_um, scores : sequence of float, length n
        Of the planes; see `calibration.sharpness`.
    found : FocusPeak
        From `calibration.sharpness.peak`.
    path : Path
        PNG or SVG.
    """
    with _chart(path) as axes:
        order = np.argsort(z_um)
        z, score = np.asarray(z_um)[order], np.asarray(scores)[order]
        axes.plot(z, score, "o-", color=COLOURS[ACCENT], ms=5, lw=1.2)
        axes.axvline(found.z_um, color=COLOURS[SECOND], lw=1.5, ls=(0, (4, 3)))
        said = "no focus inside the sweep" if found.at_edge else f"focus at {found.z_um:.2f} µm"
        axes.set(xlabel="Z, µm", ylabel="sharpness", title=f"Sharpness against Z: {said}")
        axes.set_ylim(bottom=0)


def check_drawable(path: Path) -> None:
    """Refuse a name that no chart can be written under, before anything is measured.

    Raises
    ------
    ImageError
        When it is a folder, or its ending is none of `DRAWABLE`.
    """
    if path.suffix.lower() not in DRAWABLE or path.is_dir():
        raise ImageError(f"{path} cannot hold a chart: give a file name that ends in one of {list(DRAWABLE)}")


@contextmanager
def _chart(path: Path) -> Iterator[Axes]:
    """Give the axes of a new chart and write it when they are drawn."""
    check_drawable(path)
    style = {key: COLOURS.get(value, value) if isinstance(value, str) else value for key, value in STYLE.items()}
    with mpl.rc_context({**style, "svg.hashsalt": path.stem}):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        yield figure.add_subplot()
        try:
            metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
            figure.savefig(path, dpi=DPI, metadata=metadata)
        except OSError as error:
            raise ImageError(f"{path} cannot be written ({error}): choose another folder or make room") from error


def _mark(axes: Axes, x: float, y: float, said: str) -> None:
    axes.plot([x], [y], "o", color=COLOURS[SECOND], ms=7)
    late = x > LATE * axes.get_xlim()[1]
    axes.annotate(
        said,
        (x, y),
        xytext=(-8, -16) if late else (8, 8),
        textcoords="offset points",
        ha="right" if late else "left",
        color=COLOURS[SECOND],
    )
