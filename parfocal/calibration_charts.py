"""The plots of a calibration's page, each one SVG: light over the field, camera, stage, turret, pixel sizes."""

import base64
import io
from collections.abc import Mapping
from contextlib import AbstractContextManager

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from calibration.flatfield import Correction
from calibration.optics import Rig
from calibration.record import Calibration, Curve, Measured
from calibration.settling import AGREES_PX

BLUE, RED, GREY = "#2f5d8a", "#b5432a", "#8a8a8a"
SMALL_INCH = (3.3, 2.5)
PICTURE_PX = 240
LEVELS = 5
"""Of the light over the field, drawn as lines where it differs by more than the share below, in per cent."""
EVEN_PERCENT = 0.1
CHANNELS = ((0, "#b5432a", "red"), (1, "#3a7d44", "green"), (2, "#2f5d8a", "blue"))


def drawing_style() -> AbstractContextManager[None]:
    """Give the context in which all charts of one page are drawn, so that they look alike."""
    return mpl.rc_context(
        {
            "font.size": 9,
            "font.family": "DejaVu Sans",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.7,
            "xtick.major.width": 0.7,
            "ytick.major.width": 0.7,
            "svg.hashsalt": "parfocal",
        }
    )


def photon_transfer_chart(calibration: Calibration) -> str:
    """Draw variance over mean of pairs of frames, and the line whose slope is the gain."""
    figure, axes = _drawing()
    mean, variance = _columns(calibration.curves["photon transfer"])
    gain, read_e = (calibration.camera[name].value for name in ("gain_e_per_level", "read_noise_e"))
    reach = np.array([0, 1.05 * mean.max()])
    axes.plot(reach, reach / gain + (read_e / gain) ** 2, color=RED, lw=1, label=f"1 level per {gain:.1f} e⁻")
    axes.plot(mean, variance, "o", ms=3.5, color=BLUE)
    axes.set(xlabel="mean above dark, grey levels", ylabel="variance, grey levels²", xlim=(0, None), ylim=(0, None))
    axes.legend(frameon=False, loc="upper left")
    return _uri(figure)


def linearity_chart(curve: Curve) -> str:
    """Draw how far brightness departs from a straight line over exposure, in per cent of the brightest."""
    figure, axes = _drawing()
    exposure_ms, level = _columns(curve)
    line = np.polyval(np.polyfit(exposure_ms, level, 1), exposure_ms)
    axes.axhline(0, color=GREY, lw=0.7)
    axes.plot(exposure_ms, 100 * (level - line) / level.max(), "o-", ms=3.5, lw=0.8, color=BLUE)
    reach = max(0.5, 130 * float(np.abs(level - line).max() / level.max()))
    axes.set(xlabel="exposure, ms", ylabel="departure, % of brightest", ylim=(-reach, reach))
    return _uri(figure)


def settle_chart(curves: Mapping[str, Curve]) -> str:
    """Draw how far the picture lies from where it comes to rest, over the time since each move."""
    figure, axes = _drawing()
    for (name, curve), colour in zip(sorted(curves.items()), (BLUE, RED), strict=False):
        times_ms, away_px = _columns(curve)
        axes.plot(times_ms, away_px, "o-", ms=3, lw=0.8, color=colour, label=f"move along {name.split()[-1]}")
    axes.axhline(AGREES_PX, color=GREY, lw=0.8, ls="--")
    top = max(2 * AGREES_PX, 1.1 * max(px for curve in curves.values() for _, px in curve))
    axes.set(xlabel="after the move, ms", ylabel="from rest, px", ylim=(0, top))
    axes.legend(frameon=False, loc="upper right")
    return _uri(figure)


def turret_chart(curves: Mapping[str, Curve]) -> str:
    """Draw where objectives came to stand on each return of the turret."""
    figure, axes = _drawing()
    for (name, curve), colour in zip(curves.items(), (BLUE, RED, GREY), strict=False):
        places = np.array(curve) - np.mean(curve, axis=0)
        axes.plot(*places.T, "o", ms=4, color=colour, label=name.split()[-1])
    reach = 1.3 * max(0.02, *(float(np.abs(np.array(c) - np.mean(c, axis=0)).max()) for c in curves.values()))
    axes.axhline(0, color=GREY, lw=0.5)
    axes.axvline(0, color=GREY, lw=0.5)
    axes.set(xlabel="right, µm", ylabel="down, µm", xlim=(-reach, reach), ylim=(reach, -reach))
    axes.set_box_aspect(1)
    axes.legend(frameon=False, loc="upper right")
    return _uri(figure)


def lamp_chart(curve: Curve) -> str:
    """Draw the light on empty glass before flat fields were taken, against its mean."""
    figure, axes = _drawing()
    times_s, level = _columns(curve)
    axes.axhline(0, color=GREY, lw=0.7)
    axes.plot(times_s, 100 * (level / level.mean() - 1), ".", ms=4, color=BLUE)
    axes.set(xlabel="time, s", ylabel="light against its mean, %")
    return _uri(figure)


def pixel_chart(calibration: Calibration, rig: Rig) -> str:
    """Draw pixel sizes against the nominal ones with their 95 % intervals, by stage and by ruler."""
    figure, axes = _drawing((5.2, 0.7 + 0.5 * len(calibration.objectives)))
    for row, (name, one) in enumerate(calibration.objectives.items()):
        by_stage = calibration.stage_pixel_um.get(name)
        nominal_um = rig.pixel_um(name)
        if by_stage is not None:
            _interval(axes, by_stage, nominal_um, row - 0.14, RED)
        _interval(axes, one.pixel_um, nominal_um, row + (0.14 if by_stage else 0), BLUE)
    axes.plot([], [], "o-", ms=4, color=RED, label="moves of the stage")
    axes.plot([], [], "o-", ms=4, color=BLUE, label="ruler" if calibration.stage_pixel_um else "adopted")
    axes.axvline(0, color=GREY, lw=0.7)
    axes.set(yticks=range(len(calibration.objectives)), yticklabels=list(calibration.objectives))
    axes.set(xlabel="departure from the nominal pixel size, %", ylim=(len(calibration.objectives) - 0.5, -0.5))
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return _uri(figure)


def flat_chart(correction: Correction) -> str:
    """Draw the light over the field of one objective: a map with its levels, and the middle row of each colour."""
    light = np.asarray(correction.flat - correction.dark, np.float64)
    light = light / np.percentile(light.reshape(-1, 3), 99.9, axis=0)
    figure, (left, right) = _drawings(2, (6.2, 2.5))
    shares = 100 * _small(light.mean(axis=-1))
    seen = left.imshow(shares, cmap="viridis", aspect="equal")
    if float(np.ptp(shares)) > EVEN_PERCENT:
        drawn = left.contour(shares, levels=LEVELS, colors="white", linewidths=0.6)
        left.clabel(drawn, fmt="%.0f", fontsize=7)
    left.set(xticks=[], yticks=[])
    left.spines[:].set_visible(False)
    figure.colorbar(seen, ax=left, label="% of the brightest", shrink=0.85)
    middle = 100 * light[light.shape[0] // 2]
    for channel, colour, name in CHANNELS:
        right.plot(np.linspace(-0.5, 0.5, len(middle)), middle[:, channel], lw=0.9, color=colour, label=name)
    right.set(xlabel="middle row, in widths of the field", ylabel="% of the brightest")
    right.legend(frameon=False, fontsize=7)
    return _uri(figure)


def _interval(axes: Axes, measured: Measured, nominal_um: float, row: float, colour: str) -> None:
    low, value, high = (
        100 * (x / nominal_um - 1) for x in (measured.interval95[0], measured.value, measured.interval95[1])
    )
    axes.plot([low, high], [row, row], color=colour, lw=1.2)
    axes.plot([value], [row], "o", ms=4, color=colour)


def _small(light: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = PICTURE_PX / max(light.shape)
    if scale >= 1:
        return light
    return np.asarray(cv2.resize(light, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _columns(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.array(curve, float).T
    return x, y


def _drawing(size_inch: tuple[float, float] = SMALL_INCH) -> tuple[Figure, Axes]:
    figure, (axes,) = _drawings(1, size_inch)
    return figure, axes


def _drawings(count: int, size_inch: tuple[float, float]) -> tuple[Figure, tuple[Axes, ...]]:
    figure = Figure(figsize=size_inch, layout="constrained")
    return figure, tuple(np.atleast_1d(figure.subplots(1, count)))


def _uri(figure: Figure) -> str:
    """Return a figure as a data URI; drawn the same, it is the same."""
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(written.getvalue()).decode('ascii')}"
