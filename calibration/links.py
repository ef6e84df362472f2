"""What the overlaps of a mosaic say, measured while its tiles come by one at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.bandwidth import NOISE_BLUR_PX, Plane, blur, green, high_pass
from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.neighbours import Neighbours
from calibration.overlap import measure_overlap

EDGE_PX = 8
"""Left out along the edges of every tile, where blur and high-pass see reflections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One measured overlap.

    Parameters
    ----------
    one, other : int
        Numbers of the tiles.
    shift_px : (float, float)
        Measured position (x, y) of `other` less that of `one`.
    sigma_px : float
        Its standard deviation.
    ncc : float
        Correlation of the common part.
    """

    one: int
    other: int
    shift_px: tuple[float, float]
    sigma_px: float
    ncc: float


def measure_links(
    tiles: Iterable[tuple[int, Pixels]], pairs: Sequence[Neighbours], *, search_px: float
) -> Iterator[Link]:
    """Measure overlaps as soon as both of their tiles have come by.

    Of a tile only the strips are kept that wait for their other half, so the memory goes with one row of tiles when
    they come row by row.

    Parameters
    ----------
    tiles : iterable of (int, ndarray)
        Number and picture of each tile, uint8 or uint16 of shape (rows, columns, 3), corrected; in any order.
    pairs : sequence of Neighbours
        From `neighbours.neighbours` for these tiles.
    search_px : float
        How far from where the stage put them tiles may lie against each other, along each axis.

    Yields
    ------
    Link
        Overlaps without texture give none.

    Raises
    ------
    MeasurementError
        When tiles differ in size.
    """
    of_tile: defaultdict[int, list[Neighbours]] = defaultdict(list)
    for pair in pairs:
        of_tile[pair.one].append(pair)
        of_tile[pair.other].append(pair)
    waiting: dict[tuple[int, int], Plane] = {}
    shape: tuple[int, ...] | None = None
    for number, pixels in tiles:
        shape = _checked_shape(pixels, shape)
        plane = _filtered(pixels)
        for pair in of_tile[number]:
            strip = np.ascontiguousarray(plane[pair.window(number, plane.shape)])
            partner = waiting.pop((pair.one, pair.other), None)
            if partner is None:
                waiting[pair.one, pair.other] = strip
                continue
            first, second = (strip, partner) if number == pair.one else (partner, strip)
            yield from _link(pair, first, second, search_px)


def _link(pair: Neighbours, first: Plane, second: Plane, search_px: float) -> Iterator[Link]:
    found = measure_overlap(first, second, search_px=search_px)
    if found is not None:
        # Content that lies further right in the other tile means that the tile lies further left.
        shift_px = pair.offset_px[0] - found.dx, pair.offset_px[1] - found.dy
        yield Link(one=pair.one, other=pair.other, shift_px=shift_px, sigma_px=found.sigma_px, ncc=found.ncc)


def _filtered(pixels: Pixels) -> Plane:
    """Green without noise and without stain and shading, cut by the edge that the filters spoil."""
    plane = high_pass(blur(green(pixels), sigma_px=NOISE_BLUR_PX))
    return plane[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX]


def _checked_shape(pixels: Pixels, before: tuple[int, ...] | None) -> tuple[int, ...]:
    if before is not None and pixels.shape != before:
        raise MeasurementError(
            f"a tile is {pixels.shape[1]}×{pixels.shape[0]} and those before it {before[1]}×{before[0]}: give tiles of "
            "one size"
        )
    return pixels.shape
