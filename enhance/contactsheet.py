"""A contact sheet of the pairs of a training set: what was laid on what, how well, and why some are rejected."""

import math
import textwrap
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.affine import Matrix, apply, compose, shifting
from calibration.bandwidth import BLUR_PER_FACTOR
from calibration.register import Registration
from enhance.picturefile import write_picture

Picture = NDArray[np.uint8]

SHEET_FILE = "pairs.png"

SIDE_PX = 128
"""Of each picture: the middle of the pair at LOW's own pixels, so that nothing is smoothed away."""
GAP_PX = 6
COLUMNS = 3
LINE_PX, LINES = 15, 6
TEXT_SIZE, CHARACTERS = 0.38, 74
DIFFERENCE_GAIN = 4
GREY = 128
GREEN, RED, BLACK = (20, 120, 40), (190, 30, 30), (0, 0, 0)
PLAIN = {"µ": "u", "°": " deg", "×": "x", "²": "2", "·": "*", "–": "-", "…": "..."}
"""What OpenCV's letters lack."""


class Shown(Protocol):
    """What the sheet needs to know of a pair; `enhance.candidates.Candidate` is one."""

    @property
    def id(self) -> str:
        """Slide and site."""
        ...

    @property
    def reason(self) -> str:
        """Why it is rejected; empty when it is not."""
        ...

    @property
    def registration(self) -> Registration | None:
        """Where it came so far."""
        ...

    @property
    def preview(self) -> Picture | None:
        """As from `preview`."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether its pixels were rendered."""
        ...


def preview(low: Picture, high: Picture, matrix: Matrix, ratio: Fraction) -> Picture:
    """Show the middle of a pair: LOW, HIGH laid on it at LOW's sharpness, and four times their difference about grey.

    Parameters
    ----------
    low, high : ndarray of uint8, shape (rows, columns, 3)
        Corrected pictures.
    matrix : ndarray, shape (2, 3)
        From pixel points of HIGH to those of LOW, right or wrong.
    ratio : Fraction
        Pixel size of LOW over that of HIGH.

    Returns
    -------
    ndarray of uint8, shape (`SIDE_PX`, 3 · `SIDE_PX` + 2 gaps, 3)
        White where there is nothing to show.
    """
    middle = apply(matrix, [(high.shape[1] - 1) / 2, (high.shape[0] - 1) / 2])
    x, y = np.rint(middle - (SIDE_PX - 1) / 2)
    soft = np.asarray(cv2.GaussianBlur(high, (0, 0), BLUR_PER_FACTOR * float(ratio)), dtype=np.uint8)
    seen = _drawn(low, shifting(-x, -y))
    laid = _drawn(soft, compose(shifting(-x, -y), matrix))
    apart = DIFFERENCE_GAIN * (laid.astype(np.int16) - seen) + GREY
    gap = np.full((SIDE_PX, GAP_PX, 3), 255, np.uint8)
    return np.hstack([seen, gap, laid, gap, np.clip(apart, 0, 255).astype(np.uint8)])


def draw_sheet(pairs: Sequence[Shown]) -> Picture:
    """Draw all pairs, the rejected ones first, each with its figures and its reason.

    Parameters
    ----------
    pairs : sequence of Shown
        At least one.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    ordered = sorted(pairs, key=lambda pair: not pair.reason)
    captions = [_caption(pair) for pair in ordered]
    room = max(len(caption) for caption in captions)
    tiles = [_tile(pair, caption, room) for pair, caption in zip(ordered, captions, strict=True)]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[first : first + COLUMNS]) for first in range(0, len(tiles), COLUMNS)]
    return np.vstack([_title(ordered, rows[0].shape[1]), *rows])


def write_sheet(folder: Path, pairs: Sequence[Shown]) -> None:
    """Write the contact sheet into the folder of a training set.

    Raises
    ------
    ImageError
        When the disk refuses.
    """
    write_picture(folder / SHEET_FILE, draw_sheet(pairs))


def _drawn(picture: Picture, matrix: Matrix) -> Picture:
    drawn = cv2.warpAffine(picture, matrix, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_CONSTANT, borderValue=(255,) * 3)
    return np.asarray(drawn, dtype=np.uint8)


def _title(pairs: Sequence[Shown], width: int) -> Picture:
    rejected = sum(bool(pair.reason) for pair in pairs)
    simulated = "simulated: " if any(pair.simulated for pair in pairs) else ""
    strip = np.full((2 * LINE_PX, width, 3), 255, np.uint8)
    says = (
        f"{simulated}{len(pairs)} pairs, {rejected} rejected (red) and {len(pairs) - rejected} accepted (green); each: "
        f"LOW, HIGH laid on it, {DIFFERENCE_GAIN}x their difference"
    )
    return _written(strip, says, LINE_PX + 4, BLACK)


def _tile(pair: Shown, caption: Sequence[str], room: int) -> Picture:
    """Draw one pair, with room for so many lines below it."""
    wide = 3 * SIDE_PX + 4 * GAP_PX
    tile = np.full((SIDE_PX + room * LINE_PX + 3 * GAP_PX, wide, 3), 255, np.uint8)
    if pair.preview is not None:
        tile[GAP_PX : GAP_PX + SIDE_PX, GAP_PX:-GAP_PX] = pair.preview
    colour = RED if pair.reason else GREEN
    cv2.rectangle(tile, (2, 2), (wide - 3, tile.shape[0] - 3), colour, 1)
    for number, line in enumerate(caption):
        _written(tile, line, GAP_PX + SIDE_PX + (number + 1) * LINE_PX, colour)
    return tile


def _caption(pair: Shown) -> list[str]:
    return [_headline(pair), *textwrap.wrap(pair.reason, CHARACTERS)][:LINES]


def _headline(pair: Shown) -> str:
    verdict = "rejected" if pair.reason else "accepted"
    found = pair.registration
    figures = (
        ""
        if found is None or math.isnan(found.residual_px)
        else f", {found.residual_px:.3f} px, fine structure {found.high_pass_ncc:.3f}"
    )
    return f"{pair.id}: {verdict}{figures}"


def _written(picture: Picture, text: str, baseline_px: int, colour: tuple[int, int, int]) -> Picture:
    for letter, plain in PLAIN.items():
        text = text.replace(letter, plain)
    place = (2 * GAP_PX, baseline_px)
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, TEXT_SIZE, colour, 1, cv2.LINE_AA)
    return picture
