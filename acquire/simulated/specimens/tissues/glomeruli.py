"""Glomeruli: where they lie in the cortex, and the loops of capillaries inside."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import hashed, key_of, uniform
from acquire.simulated.specimens.tissues.build import Build
from acquire.simulated.specimens.tissues.packing import NOWHERE, Box, Circle, Pieces, staggered

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]

_SQUARE_UM = 400.0  # a place for one glomerulus: three quarters of them are taken, 5 in each mm²
_GLOMERULUS_JITTER = 0.24  # in squares, so that two never touch
_PRESENT_BELOW = 0.5  # draws, uniform in -1 … 1, that give a glomerulus
_GLOMERULUS_UM, _GLOMERULUS_SPREAD_UM = 75.0, 13.0
_CAPSULE_UM = 1.6
_LOOP_UM, _LOOP_JITTER, _LOOP_RADIUS_UM, _LOOP_WALL_UM = 10.5, 0.33, 6.6, 1.15
_LOOP_CORNER_UM, _PODOCYTE_UM = 5.0, 1.0
_LOBES = 5


def glomeruli_near(box: Box, seed: int) -> tuple[Circle, ...]:
    """List the glomeruli whose centres lie in a box."""
    columns, rows = (
        np.arange(int(np.floor(low / _SQUARE_UM)) - 1, int(np.floor(high / _SQUARE_UM)) + 2)
        for low, high in (box[:2], box[2:])
    )
    words = hashed(np.array([key_of(seed, 701)]), rows[:, None], columns)
    x = (columns + 0.5 + _GLOMERULUS_JITTER * uniform(words, 1)) * _SQUARE_UM
    y = (rows[:, None] + 0.5 + _GLOMERULUS_JITTER * uniform(words, 2)) * _SQUARE_UM
    radius = _GLOMERULUS_UM + _GLOMERULUS_SPREAD_UM * uniform(words, 3)
    there = (uniform(words, 4) < _PRESENT_BELOW) & (x > box[0]) & (x < box[1]) & (y > box[2]) & (y < box[3])
    return tuple((float(x[n]), float(y[n]), float(radius[n])) for n in zip(*np.nonzero(there), strict=True))


def tuft(circle: Circle, x: Numbers, y: Numbers, build: Build, seed: int) -> tuple[Image, NDArray[np.bool_], Image]:
    """Tell what lies at points inside the capsule of a glomerulus.

    Parameters
    ----------
    circle : Circle
        The capsule.
    x, y : ndarray
        The points, in µm; of one shape.
    build : Build
        Of the cortex.
    seed : int
        Of the slide.

    Returns
    -------
    depth : ndarray of float32
        In µm inside a capillary or Bowman's space.
    capillary : ndarray of bool
        Which of the two it is.
    blood : ndarray of float32
        How likely a capillary holds red cells, -1 to 1.
    """
    loops, words = _loops((x.min(), x.max(), y.min(), y.max()), circle, build, seed)
    depth, axis, number = loops.depth(x, y)
    depth = np.minimum(depth, np.float32(_LOOP_RADIUS_UM) - axis)
    capsule = (circle[2] - np.hypot(x - circle[0], y - circle[1]) - _CAPSULE_UM).astype(np.float32)
    space = np.minimum(axis - np.float32(_LOOP_RADIUS_UM + _PODOCYTE_UM), capsule)
    in_loop = axis < _LOOP_RADIUS_UM
    capillary = (uniform(words, 5) < 2 * build.open_loops - 1)[number] & in_loop
    wall = np.float32(_LOOP_WALL_UM)
    lumen = np.where(capillary, depth - wall, -wall - np.float32(0.4) * depth)
    return np.where(in_loop, lumen, space), capillary, uniform(words, 6)[number]


def _loops(box: Box, circle: Circle, build: Build, seed: int) -> tuple[Pieces, NDArray[np.uint32]]:
    """Capillary loops near a box: the tuft lies off centre in its capsule and is lobed."""
    _, _, words, centres = staggered(box, _LOOP_UM, 2, _LOOP_JITTER, key_of(seed, 702))
    away = centres - circle[:2]
    distance, angle = np.hypot(away[:, 0], away[:, 1]), np.arctan2(away[:, 1], away[:, 0])
    pole = circle[2] * _LOBES
    space = build.urinary_um * (1 - 0.8 * np.cos(angle - pole)) + 0.3 * _LOOP_UM + _CAPSULE_UM
    lobed = 2.5 * np.cos(_LOBES * angle + pole) * distance / circle[2]
    kept = np.flatnonzero(distance < circle[2] - space + lobed + uniform(words, 7).ravel())
    centres, words = np.concatenate([NOWHERE, centres[kept]]), np.append(np.uint32(0), words.ravel()[kept])
    offset_um = 0.8 * uniform(words, 3).astype(np.float64)
    return Pieces.of_spots(centres, offset_um, corner_um=_LOOP_CORNER_UM), words
