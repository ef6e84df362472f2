"""The lining of tubules: the ring of cells in the wall of each."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import hashed
from acquire.simulated.specimens.tissues.build import Build
from acquire.simulated.specimens.tissues.packing import Box
from acquire.simulated.specimens.tissues.tubules import Tubules, tubules_near

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Words = NDArray[np.uint32]

SPACING_UM = (9.6, 7.4, 9.0)
"""Distance of neighbouring cells along the wall."""

NUCLEUS_UM = (4.8, 4.3, 4.0)
"""Depth of the nuclei's centres in the wall."""

_RAY_STEP_UM = 3.0  # distance of the rays from a piece's side that look for its wall
_RAYS_ROUND = 20
_STEPS = 7
_MISSED_UM = 0.7  # a ray that ends farther from the depth of the nuclei found no wall
_RING_REACH_UM = 33.0  # of a tubule's cells from its axis


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ring:
    """Cells that line tubules.

    Parameters
    ----------
    x_um, y_um : ndarray, shape (cells,)
        Centres at the depth of the nuclei.
    outward : ndarray, shape (cells,)
        Direction of the basement membrane from there, in radians.
    kind : ndarray of int, shape (cells,)
        Of their tubules.
    words : ndarray of uint32, shape (cells,)
        Random bits of each.
    """

    x_um: Numbers
    y_um: Numbers
    outward: Numbers
    kind: Places
    words: Words


def rings_near(box: Box, tubules: Tubules, seed: int) -> Ring:
    """Line up the cells of all tubules whose walls may reach into a box.

    Parameters
    ----------
    box : Box
        Where.
    tubules : Tubules
        All that may matter there.
    seed : int
        Of the slide.
    """
    rings: list[Ring] = []
    for number, (column, row) in enumerate(tubules.owner):
        ends = np.concatenate(tubules.pieces_of(number))
        low, high = ends.min(axis=0) - _RING_REACH_UM, ends.max(axis=0) + _RING_REACH_UM
        touches = low[0] < box[1] and high[0] > box[0] and low[1] < box[3] and high[1] > box[2]
        if touches or not rings:  # in the middle of a glomerulus no tubule does, and its cells are left out later
            extent = float(low[0]), float(high[0]), float(low[1]), float(high[1])
            rings.append(_ring(int(column), int(row), extent, tubules.build, seed))
    names = ("x_um", "y_um", "outward", "kind", "words")
    return Ring(**{name: np.concatenate([getattr(one, name) for one in rings]) for name in names})


@lru_cache(maxsize=512)
def _ring(column: int, row: int, extent: Box, build: Build, seed: int) -> Ring:
    """Cells of the tubule of one lattice point, from all that may matter to it and no more: the same for every box."""
    tubules = tubules_near(extent, build, seed)
    number = int(np.flatnonzero((tubules.owner == (column, row)).all(axis=1))[0])
    return _lined_up(tubules, number)


def _lined_up(tubules: Tubules, number: int) -> Ring:
    """Line up the cells along the wall of one tubule.

    Rays from the axis step towards the wall by as much as they are away from it; cells are then set along the wall
    wherever the last ones are far enough away.
    """
    kind = int(tubules.kind[number])
    depth_um = NUCLEUS_UM[kind] - 0.5 * tubules.build.wider_um
    rays = [_rays(*piece) for piece in zip(*tubules.pieces_of(number), strict=True)]
    origin, outward = (np.concatenate(parts) for parts in zip(*rays, strict=True))
    step_x, step_y = np.cos(outward), np.sin(outward)
    reach, missed = np.zeros(len(outward)), np.ones(len(outward))
    for _ in range(_STEPS):
        reach = np.maximum(reach + missed, 0)
        x, y = origin[:, 0] + reach * step_x, origin[:, 1] + reach * step_y
        wall, _, found = tubules.wall(x, y)
        missed = wall.astype(np.float64) - depth_um
    fits = np.flatnonzero((np.abs(missed) < _MISSED_UM) & (found == number))
    kept = fits[_spaced(x[fits], y[fits], SPACING_UM[kind])]
    return Ring(
        x_um=x[kept],
        y_um=y[kept],
        outward=outward[kept],
        kind=np.full(len(kept), kind),
        words=hashed(tubules.words[number : number + 1].astype(np.int64), np.arange(len(kept))),
    )


def _rays(start: Numbers, end: Numbers) -> tuple[Numbers, Numbers]:
    """Origins and directions of rays all round a piece of axis, in order."""
    along = end - start
    length = float(np.hypot(*along))
    heading = float(np.arctan2(along[1], along[0]))
    turn = np.linspace(0, np.pi, _RAYS_ROUND // 2, endpoint=False) - 0.5 * np.pi
    shares = np.linspace(0, 1, int(length / _RAY_STEP_UM) + 1, endpoint=False)[:, None]
    still = np.zeros(len(shares))
    origins = [end + 0 * turn[:, None], end - shares * along, start + 0 * turn[:, None], start + shares * along]
    angles = [heading + turn, heading + 0.5 * np.pi + still, heading + np.pi + turn, heading - 0.5 * np.pi + still]
    return np.concatenate(origins), np.concatenate(angles)


def _spaced(x: Numbers, y: Numbers, spacing_um: float) -> list[int]:
    """Take points in their order unless one that was taken is nearer than the spacing."""
    near = np.hypot(x[:, None] - x, y[:, None] - y) < spacing_um
    free = np.ones(len(x), np.bool_)
    taken = []
    for n in range(len(x)):
        if free[n]:
            taken.append(n)
            free &= ~near[n]
    return taken
