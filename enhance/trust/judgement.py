"""Judgement: which tiles of a picture are like nothing in the training, whether the picture as a whole is, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.trust.familiar import Familiar
from enhance.trust.ruler import Range, Ruler
from enhance.trust.tilemeasures import COLOUR, MEASURES, NOISE, tile_measures

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

NOVEL_SHARE = 0.25
"""A picture is novel when more than this share of its tiles is."""
ENOUGH_TILES = 9
"""Fewer than these, a picture of 192 pixels, and its median is held against the range of single tiles."""
_COLOURS = slice(0, len(COLOUR))
_NOISE = MEASURES.index(NOISE[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """What there is to say against a picture.

    Parameters
    ----------
    tiles : ndarray of bool, shape (rows, columns)
        Tiles like nothing in the training; a tile of glass never is.
    glass : ndarray of bool, shape (rows, columns)
        Tiles with nothing but glass.
    novel : bool
        Whether the picture as a whole is; no picture of glass is.
    reasons : tuple of str
        In words, where it is.
    pixel_factor : float or None
        How large its pixels seem, in pixels of the training; None for glass.
    """

    tiles: Mask
    glass: Mask
    novel: bool
    reasons: tuple[str, ...] = ()
    pixel_factor: float | None = None

    @property
    def fraction(self) -> float:
        """Share of the tiles that are novel."""
        return float(self.tiles.mean())


def judge(image: NDArray[Any], familiar: Familiar, *, white_level: float) -> Judgement:
    """Hold a picture against what a model keeps of its training.

    Parameters
    ----------
    image : ndarray, shape (rows, columns, 3)
        As the network takes it, of any size.
    familiar : Familiar
        Of the model.
    white_level : float
        Pixel value of saturation.

    Returns
    -------
    Judgement
        Tiles are 64 × 64 pixels; contrast and texture are taken from a tile with its neighbours.
    """
    measured = tile_measures(image, white_level=white_level)
    shown = ~measured.glass
    values = measured.values[shown]
    tiles = np.zeros(measured.glass.shape, dtype=bool)
    if not len(values):
        return Judgement(tiles=tiles, glass=measured.glass, novel=False)
    standard = familiar.standard(values)
    pixel, focus = familiar.pixel.read(standard), familiar.focus.read(standard)
    far = familiar.distance(values) > familiar.farthest
    tiles[shown] = far | _outside(pixel, familiar.pixel.tiles) | _outside(focus, familiar.focus.tiles)
    strayed = _strayed(familiar.pixel, pixel), _strayed(familiar.focus, focus)
    novel = bool(tiles.mean() > NOVEL_SHARE or max(abs(value) for value in strayed) > 1)
    reasons = tuple(_reasons(familiar, values, *strayed)) if novel else ()
    factor = float(2 ** np.median(pixel))
    return Judgement(tiles=tiles, glass=measured.glass, novel=novel, reasons=reasons, pixel_factor=factor)


def _outside(readings: Array, allowed: Range) -> Mask:
    return (readings < allowed[0]) | (readings > allowed[1])


def _strayed(ruler: Ruler, readings: Array) -> float:
    """How far the median lies from the middle of the training's range, in half widths; beyond ± 1 it lies outside."""
    low, high = ruler.sites if len(readings) >= ENOUGH_TILES else ruler.tiles
    return float((np.median(readings) - (low + high) / 2) / ((high - low) / 2))


def _reasons(familiar: Familiar, values: Array, pixel: float, focus: float) -> Iterator[str]:
    median = np.median(values, axis=0)
    colours = list(_colour_reasons(familiar, median))
    yield from colours
    if median[_NOISE] > familiar.high[_NOISE]:
        yield "noisier than the training"
    if not colours or max(abs(pixel), abs(focus)) > 1:
        yield _texture_reason(familiar, values, pixel, focus, known=not colours)


def _colour_reasons(familiar: Familiar, median: Array) -> Iterator[str]:
    low = median[_COLOURS] < familiar.low[_COLOURS]
    high = median[_COLOURS] > familiar.high[_COLOURS]
    if high.all():
        yield "darker than the training: exposure, or a dark background"
    elif low.all():
        yield "brighter than the training: exposure"
    elif (low | high).any():
        yield "other colours than in training: stain or white balance"


def _texture_reason(familiar: Familiar, values: Array, pixel: float, focus: float, *, known: bool) -> str:
    """Blur and small pixels both soften a picture; only which of them explains it better can be told."""
    factor = float(2 ** np.median(familiar.pixel.read(familiar.standard(values))))
    if pixel > 1:
        return f"finer than the training: its pixels seem {factor:.1f} times as large"
    if pixel < -1 and abs(pixel) >= abs(focus):
        return f"coarser than the training: its pixels seem {factor:.1f} times as large, or it is out of focus"
    if focus > 1:
        return "softer than the training: out of focus"
    return "texture or contrast unlike the training" if known else "and its texture is unlike the training"
