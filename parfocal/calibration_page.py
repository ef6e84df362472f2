"""The page of a calibration: one HTML file with what was measured, how well, until when it holds, and pictures."""

from collections.abc import Iterator
from datetime import timedelta

import cv2
import numpy as np
from markupsafe import Markup
from matplotlib import colormaps
from numpy.typing import NDArray

from calibration.flatfield import Correction
from calibration.optics import Rig
from calibration.record import VALID_DAYS, Calibration, ObjectiveCalibration
from parfocal.calibration_answer import spread
from parfocal.report_pictures import data_uri

PICTURE_PX = 320
RANGE = (0.8, 1.0)
"""Of the brightest part of a flat field, from the first colour of its picture to the last."""

ARROW_PX, BOX_PX = 52.0, 150.0
STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .8rem;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}figure{display:inline-block;margin:0 1rem 1rem 0}
figcaption{font-size:13px;color:#555;max-width:20rem}.band{background:#ffe2b8;padding:.4rem .8rem;font-weight:600}
"""


def calibration_page(calibration: Calibration, rig: Rig) -> str:
    """Write a calibration as one HTML page without references to any other file.

    Parameters
    ----------
    calibration : Calibration
        As measured.
    rig : Rig
        The rig it was measured on.

    Returns
    -------
    str
    """
    band = Markup('<p class="band">SIMULATED microscope: no stand was measured.</p>')
    heads = ("objective", "pixel µm", "rotation °", "parcentric x µm", "y µm", "parfocal µm")
    parts = [
        Markup('<!doctype html><html lang="en"><meta charset="utf-8"><title>Calibration of {}</title><style>{}</style>')
        .format(rig.name, Markup(STYLE)),
        Markup("<h1>Calibration of {}</h1>").format(rig.name),
        band if calibration.simulated else Markup(),
        _identity(calibration),
        Markup("<h2>Objectives</h2>"),
        _table(heads, _objectives(calibration)),
        Markup("<h2>Stage, focus drive and camera</h2>"),
        _table(("what", "measured"), _devices(calibration)),
        Markup("<h2>Residuals</h2>"),
        _table(("of", "value"), ((name, f"{value:.4g}") for name, value in calibration.residuals.items())),
        Markup("<h2>Pictures</h2>"),
        *(_axes(name, measured) for name, measured in calibration.objectives.items()),
        *(_flat(name, correction) for name, correction in calibration.corrections.items()),
        Markup("</html>"),
    ]  # fmt: skip
    return "\n".join(parts)


def _identity(calibration: Calibration) -> Markup:
    until = calibration.created + timedelta(days=VALID_DAYS)
    return Markup(
        "<p>Measured on {:%d %B %Y, %H:%M} UTC on the rig {}. It holds until {:%d %B %Y}, for this rig file only; runs "
        "keep a copy of it. Every number stands with its 95 % interval.</p>"
    ).format(calibration.created, calibration.rig_hash, until)


def _objectives(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    for name, o in calibration.objectives.items():
        measured = (o.pixel_um, o.rotation_deg, *o.parcentric_um, o.parfocal_um)
        yield name, *(spread(m, digits) for m, digits in zip(measured, (5, 3, 2, 2, 2), strict=True))


def _devices(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    for axis, measured in sorted(calibration.backlash_um.items()):
        yield f"play of {axis}, µm", spread(measured, 3)
    for name, measured in calibration.camera.items():
        yield name, spread(measured, 1)


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Markup:
    head = Markup("").join(Markup("<th>{}</th>").format(text) for text in heads)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in rows
    )
    return Markup("<table><tr>{}</tr>{}</table>").format(head, body)


def _axes(name: str, measured: ObjectiveCalibration) -> Markup:
    """Draw where stage x and y point in the picture: the inverse of S, y of pictures downwards as in SVG."""
    to_px = np.linalg.inv(np.array(measured.stage_um_per_px))
    ends = to_px / np.abs(to_px).max() * ARROW_PX
    middle = BOX_PX / 2
    arrows = [
        f'<line x1="{middle}" y1="{middle}" x2="{middle + x:.1f}" y2="{middle + y:.1f}" stroke="{colour}" '
        f'stroke-width="3"/><text x="{middle + 1.25 * x:.1f}" y="{middle + 1.25 * y:.1f}" fill="{colour}">{axis}</text>'
        for axis, colour, (x, y) in (("x", "#c8502f", ends[:, 0]), ("y", "#3567a6", ends[:, 1]))
    ]
    frame = f'<rect width="{BOX_PX}" height="{BOX_PX}" fill="none" stroke="#999"/>'
    svg = Markup(
        f'<svg width="{BOX_PX}" height="{BOX_PX}">{frame}{"".join(arrows)}</svg>'
    )  # numbers and own words only
    return Markup(
        "<figure>{}<figcaption>{}: where the stage's x and y lie in the picture</figcaption></figure>"
    ).format(svg, name)


def _flat(name: str, correction: Correction) -> Markup:
    light = np.asarray(correction.flat - correction.dark, np.float32).mean(axis=-1)
    light = light / float(np.percentile(light, 99.9))
    low, high = float(np.percentile(light, 0.1)), float(np.percentile(light, 99.9))
    scale = PICTURE_PX / max(light.shape)
    small = (
        np.asarray(cv2.resize(light, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)) if scale < 1 else light
    )
    return Markup(
        '<figure><img src="{}" alt="flat field"><figcaption>{}: light over the field, {:.0%} to {:.0%} of the '
        "brightest part; colours from {:.0%} to {:.0%}</figcaption></figure>"
    ).format(data_uri(_coloured(small), lossless=True), name, low, high, *RANGE)


def _coloured(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    shares = np.clip((light - RANGE[0]) / (RANGE[1] - RANGE[0]), 0, 1)
    return np.asarray(np.rint(255 * colormaps["viridis"](shares)[..., :3]), np.uint8)
