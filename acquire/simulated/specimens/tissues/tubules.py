"""Tubules of kidney cortex: bent pieces on a jittered lattice, and the wall of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import key_of, uniform
from acquire.simulated.specimens.tissues.build import Build
from acquire.simulated.specimens.tissues.glomeruli import glomeruli_near
from acquire.simulated.specimens.tissues.packing import Box, Circle, Pieces, grown, staggered

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Words = NDArray[np.uint32]

PROXIMAL, DISTAL, ARTERIOLE = range(3)
"""Kinds of tubule; an arteriole is packed among them like one. What follows is given for each."""

EPITHELIUM_UM = np.array([12.5, 8.0, 8.0], np.float32)
"""Thickness of the wall."""

LEAST_LUMEN_UM = np.array([2.0, 2.5, 4.0], np.float32)
MOST_LUMEN_UM = np.array([6.0, 4.8, 6.0], np.float32)
"""Radius of the lumen about the axis."""

OUTER_UM = np.array([30.0, 20.0, 15.0], np.float32)
"""Largest radius."""

THICKER_UM = np.array([1.5, -3.5, 0.0], np.float32)
"""By which a radius exceeds its neighbours'."""

_DISTAL_FROM, _ARTERIOLE_FROM = 0.25, 0.96  # draws, uniform in -1 … 1, that give a kind
_JITTER = 0.3  # of the lattice, in cells
_JOINED_BELOW = -0.1  # draws that let a piece reach over to its neighbour
_RADIUS_SPREAD_UM, _WALL_SPREAD_UM = 3.0, 2.0  # by which tubules differ, more or less
_AROUND = 4  # lattice cells beyond a box: three for `_MATTERS_UM`, one for the neighbour a piece reaches to
_MATTERS_UM = 125.0  # farther pieces decide nothing: tubules are 30 µm thick, the second neighbour counts up to 95 µm
_CLEARANCE_UM = 8.0  # no axis begins nearer to a glomerulus
_GLOMERULI_UM = 225.0  # nearer ones may take the place of a tubule that matters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tubules:
    """The tubules near a box.

    Parameters
    ----------
    pieces : Pieces
        Their axes.
    kind : ndarray of int, shape (tubules,)
        Of each.
    words : ndarray of uint32, shape (tubules,)
        Random bits of each.
    owner : ndarray of int, shape (tubules, 2)
        Column and row of the lattice point that each belongs to.
    glomeruli : tuple of Circle
        Where no tubule can be.
    build : Build
        How closely they are packed.
    """

    pieces: Pieces
    kind: Places
    words: Words
    owner: Places
    glomeruli: tuple[Circle, ...]
    build: Build

    def wall(self, x: Numbers, y: Numbers) -> tuple[Image, Image, Places]:
        """Depth inside the basement membrane, that inside the lumen, and the number of the tubule."""
        wider = np.float32(self.build.wider_um)
        depth, axis, number = self.pieces.depth(x, y)
        kind = self.kind[number]
        wall = np.minimum(depth - np.float32(self.build.gap_um), OUTER_UM[kind] - 2 * wider - axis)
        for centre_x, centre_y, radius in self.glomeruli:
            outside = np.hypot(x - centre_x, y - centre_y) - radius - self.build.gap_um
            np.minimum(wall, outside.astype(np.float32), out=wall)
        spread = np.float32(_WALL_SPREAD_UM) * uniform(self.words, 5)
        thick = (EPITHELIUM_UM[self.kind] + spread - wider)[number]
        lumen = np.minimum(wall - thick, MOST_LUMEN_UM[kind] + 2 * wider - axis)
        np.maximum(lumen, np.minimum(LEAST_LUMEN_UM[kind] - axis, wall - np.float32(0.5) * thick), out=lumen)
        return wall, lumen, number

    def pieces_of(self, number: int) -> tuple[Numbers, Numbers]:
        """Return where the pieces of one tubule start and end."""
        ends = np.append(self.pieces.first, len(self.pieces.start))
        own = slice(ends[number], ends[number + 1])
        return self.pieces.start[own], self.pieces.end[own]


def tubules_near(box: Box, build: Build, seed: int) -> Tubules:
    """List the tubules that may matter in a box.

    Parameters
    ----------
    box : Box
        Where.
    build : Build
        How closely they are packed.
    seed : int
        Of the slide.
    """
    glomeruli = glomeruli_near(grown(box, _GLOMERULI_UM), seed)
    columns, rows, words, centres = staggered(box, build.pitch_um, _AROUND, _JITTER, key_of(seed, 700))
    target = _targets(words, rows)
    alone = np.bincount(target, minlength=target.size) == 1
    kept = np.flatnonzero(_clear(centres, glomeruli) & _near(centres, centres[target], box))
    order = kept[np.argsort(target[kept], kind="stable")]
    owner, first = np.unique(target[order], return_index=True)
    words = words.ravel()[owner]
    draw = uniform(words, 7)
    kind = np.where(draw < _DISTAL_FROM, PROXIMAL, DISTAL)
    kind = np.where((draw > _ARTERIOLE_FROM) & alone[owner], ARTERIOLE, kind)
    pieces = Pieces(
        start=centres[order],
        end=centres[target[order]],
        first=first,
        offset_um=THICKER_UM[kind].astype(np.float64) + _RADIUS_SPREAD_UM * uniform(words, 6),
        corner_um=build.corner_um,
    )
    places = np.stack([columns[owner % columns.size], rows[owner // columns.size]], axis=1)
    return Tubules(pieces=pieces, kind=kind, words=words, owner=places, glomeruli=glomeruli, build=build)


def _targets(words: Words, rows: Places) -> Places:
    """Lattice point at which the piece of each ends: a neighbour's or, if it is a mere spot, its own.

    Only points that do not reach out themselves are reached, so that a tubule has few pieces and all end at one point.
    """
    height, width = words.shape
    own = np.arange(height * width).reshape(height, width)
    reaching = uniform(words, 3) < _JOINED_BELOW
    turn = uniform(words, 4)
    odd = (rows % 2)[:, None]
    below = np.where(turn < 1 / 3, own + width + odd - 1, own + width + odd)
    target = np.where(turn < -1 / 3, own + 1, below)
    inside = np.zeros(words.shape, np.bool_)
    inside[:-1, 1:-1] = True
    target = np.where(reaching & inside, target, own).ravel()
    joined: Places = np.where(reaching.ravel()[target], own.ravel(), target)
    return joined


def _clear(centres: Numbers, glomeruli: tuple[Circle, ...]) -> NDArray[np.bool_]:
    clear = np.ones(len(centres), np.bool_)
    for x, y, radius in glomeruli:
        clear &= np.hypot(centres[:, 0] - x, centres[:, 1] - y) > radius + _CLEARANCE_UM
    return clear


def _near(start: Numbers, end: Numbers, box: Box) -> NDArray[np.bool_]:
    low, high = np.minimum(start, end) - _MATTERS_UM, np.maximum(start, end) + _MATTERS_UM
    near: NDArray[np.bool_] = (
        (low[:, 0] < box[1]) & (high[:, 0] > box[0]) & (low[:, 1] < box[3]) & (high[:, 1] > box[2])
    )
    return near
