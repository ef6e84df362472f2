"""Pictures for a report: data URIs, overlays that show misregistration, depth and difference maps, scale bars."""

import base64
import math
from typing import Literal, NamedTuple

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from parfocal.report_capture import Picture

JPEG_QUALITY = 93
CHECKER_SQUARES = 8
"""Squares along the shorter side of a checkerboard."""

BAR_SHARE = 0.26
"""A scale bar is at most this part of the picture's width."""

DIFFERENCE_FULL_SCALE = 0.06
"""Mean absolute difference, as a fraction of white, that gets the last colour of a difference map."""

FLAT = 1e-6
"""A contrast or range below this is none."""

DIFFERENCE_COLOURS = "magma"
DEPTH_COLOURS = "viridis"


class ScaleBar(NamedTuple):
    """What to write beside a scale bar, and its length in per cent of the picture's width."""

    label: str
    percent: float


def data_uri(picture: Picture, *, lossless: bool) -> str:
    """Return the picture as a data URI: PNG where single pixels matter, else a JPEG without chroma subsampling."""
    settings = (
        [cv2.IMWRITE_PNG_COMPRESSION, 9]
        if lossless
        else [
            cv2.IMWRITE_JPEG_QUALITY,
            JPEG_QUALITY,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ]
    )
    suffix, kind = (".png", "png") if lossless else (".jpg", "jpeg")
    _, encoded = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return f"data:image/{kind};base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"


def scale_bar(width_um: float) -> ScaleBar:
    """Choose the longest bar of 1, 2 or 5 times a power of ten µm that fits a picture `width_um` wide.

    Examples
    --------
    >>> scale_bar(38.0).label
    '5 µm'
    """
    longest = width_um * BAR_SHARE
    decade = 10.0 ** math.floor(math.log10(longest))
    length = decade * max(step for step in (1, 2, 5) if step * decade <= longest)
    return ScaleBar(label=f"{length:g} µm", percent=100 * length / width_um)


def match_size(picture: Picture, other: Picture) -> Picture:
    """Return `picture` on the grid of `other`, bicubic where they differ."""
    rows, columns = other.shape[:2]
    if picture.shape[:2] == (rows, columns):
        return picture
    resized: Picture = np.asarray(cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    return resized


def red_cyan(low: Picture, high: Picture) -> Picture:
    """Lay two pictures over each other: `low` in red, `high` in cyan, grey where they agree.

    Each is reduced to grey and brought to the same mean and contrast first, so that only misplacement gives colour.
    """
    one, other = _grey(low), _grey(high)
    other = (other - other.mean()) * (one.std() / max(float(other.std()), FLAT)) + one.mean()
    overlay: Picture = np.clip(np.rint(np.stack([one, other, other], axis=-1)), 0, 255).astype(np.uint8)
    return overlay


def checkerboard(low: Picture, high: Picture) -> Picture:
    """Return squares of both pictures in turn: a misplaced one breaks every line that crosses an edge."""
    rows, columns = low.shape[:2]
    side = max(1, min(rows, columns) // CHECKER_SQUARES)
    row, column = np.indices((rows, columns)) // side
    return np.where(((row + column) % 2 == 0)[..., None], low, high).astype(np.uint8)


def difference_map(picture: Picture, truth: Picture) -> Picture:
    """Colour the mean absolute difference over the channels, from 0 to `DIFFERENCE_FULL_SCALE` of white."""
    difference = np.abs(picture.astype(np.float64) - truth).mean(axis=-1) / 255
    return _coloured(difference / DIFFERENCE_FULL_SCALE, DIFFERENCE_COLOURS)


def depth_map(depth_um: NDArray[np.float64], *, low_um: float, high_um: float) -> Picture:
    """Colour depth from `low_um` to `high_um`."""
    return _coloured((depth_um - low_um) / max(high_um - low_um, FLAT), DEPTH_COLOURS)


def gradient(colours: Literal["magma", "viridis"], stops: int = 12) -> str:
    """Return the stops of a CSS gradient that shows one of the colour maps used here."""
    colour_map = mpl.colormaps[colours]
    return ", ".join(mpl.colors.to_hex(colour_map(position)) for position in np.linspace(0, 1, stops))


def _coloured(fraction: NDArray[np.float64], colours: str) -> Picture:
    rgba = mpl.colormaps[colours](np.clip(fraction, 0, 1), bytes=True)
    return np.ascontiguousarray(np.asarray(rgba, dtype=np.uint8)[..., :3])


def _grey(picture: Picture) -> NDArray[np.float64]:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
