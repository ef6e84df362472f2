"""Crops for the page of an evaluation: one small area through every method, all with one contrast."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.bitdepth import Levels, as_bytes, levels
from enhance.classical.method import Method
from enhance.lamp import reference_of
from enhance.metrics import psnr
from enhance.trainingset import Site, TrainingSet
from parfocal.learning_story import liveliest
from parfocal.method_names import method_name
from parfocal.report_capture import Picture

CROP_PX = 40
"""Side of a crop in low-resolution pixels: 7 µm at 40×, a nucleus."""
CONTEXT_PX = 32
"""Low-resolution pixels around a crop that methods see beside it: more than any of them looks at."""
DETAIL_PX = 2.0
"""Gaussian, in low-resolution pixels, below which structure counts as detail when a crop is chosen."""
PERCENTILES = (0.5, 99.5)
"""Of the truth's pixels in the crop: what becomes black and white in all pictures of it."""

Level = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """One picture of a crop: its name, what is said of it, and whether it is shown with its own coarse pixels."""

    name: str
    note: str
    picture: Picture
    coarse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One area of a site through every method.

    Parameters
    ----------
    title, site : str
        Why it is shown, and where it is.
    panels : tuple of Panel
        The low-resolution pixels first, the truth last.
    width_um : float
        What all of them show from edge to edge.
    """

    title: str
    site: str
    panels: tuple[Panel, ...]
    width_um: float


def look(title: str, data: TrainingSet, site: Site, methods: Sequence[Method], *, low: str, high: str) -> Look:
    """Cut the liveliest area of a site through every method.

    Parameters
    ----------
    title : str
        Why it is shown.
    data : TrainingSet
        With the site.
    site : Site
        Which.
    methods : sequence of Method
        In the order to be shown.
    low, high : str
        The objectives as the reader knows them.
    """
    whole = np.array(data.picture(site, "low"))
    corner, side = _corner(levels(whole), data.card.ratio)
    fine = _enlarged(corner, side, data.card.ratio)
    truth = reference_of(data, site)[fine]
    level = tuple(float(value) for value in np.percentile(truth, PERCENTILES))
    coarse = as_bytes(whole[corner[0] : corner[0] + side, corner[1] : corner[1] + side])
    panels = [Panel(name=f"{low}, its own pixels", note="", picture=_stretched(coarse, level), coarse=True)]
    for name, picture in _pictures(data, site, methods, whole, corner, side, high):
        panels.append(Panel(name=name, note=_note(picture, truth, data), picture=_stretched(picture, level)))
    panels.append(Panel(name=_truth_name(data, site, high), note="", picture=_stretched(truth, level)))
    return Look(title=title, site=site.id, panels=tuple(panels), width_um=side * data.card.pixel_um.low)


def _pictures(
    data: TrainingSet,
    site: Site,
    methods: Sequence[Method],
    whole: NDArray[Any],
    corner: tuple[int, int],
    side: int,
    high: str,
) -> Iterator[tuple[str, Picture]]:
    """Give each method's picture of the crop, made from the crop and its surroundings only."""
    q = data.card.ratio[1]
    first = tuple(max(0, at - CONTEXT_PX) // (2 * q) * (2 * q) for at in corner)
    around = np.ascontiguousarray(
        whole[first[0] : corner[0] + side + CONTEXT_PX, first[1] : corner[1] + side + CONTEXT_PX]
    )
    inner = _enlarged((corner[0] - first[0], corner[1] - first[1]), side, data.card.ratio)
    for method in methods:
        yield method_name(method.name, high), as_bytes(method.enlarge(around))[inner]
    if data.has(site, "truth") and data.has(site, "exposure"):
        fine = _enlarged(corner, side, data.card.ratio)
        yield method_name("one_100x_exposure", high), np.array(data.picture(site, "exposure")[fine])


def _corner(low: Levels, ratio: tuple[int, int]) -> tuple[tuple[int, int], int]:
    """Corner of the liveliest square, at whole periods of the ratio, and its side."""
    q = ratio[1]
    side = min(CROP_PX, *low.shape[:2]) // q * q
    row, column = (at // q * q for at in liveliest(_detail(low), side))
    return (row, column), side


def _detail(low: Levels) -> Levels:
    """Return what is finer than `DETAIL_PX`: where methods differ, not where a nucleus meets glass."""
    return low - cv2.GaussianBlur(low, (0, 0), DETAIL_PX, borderType=cv2.BORDER_REFLECT)


def _enlarged(corner: tuple[int, int], side: int, ratio: tuple[int, int]) -> tuple[slice, slice]:
    p, q = ratio
    rows, columns = (slice(at * p // q, (at + side) * p // q) for at in corner)
    return rows, columns


def _stretched(picture: NDArray[Any], level: Sequence[float]) -> Picture:
    black, white = level
    scaled = (picture.astype(np.float32) - black) * (255 / max(white - black, 1.0))
    stretched: Picture = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return stretched


def _note(picture: Picture, truth: NDArray[Any], data: TrainingSet) -> str:
    return f"{psnr(picture, truth, data_range=data.card.white_level):.1f} dB here"


def _truth_name(data: TrainingSet, site: Site, high: str) -> str:
    return f"truth, {high} without noise" if data.has(site, "truth") else f"registered {high} frame"
