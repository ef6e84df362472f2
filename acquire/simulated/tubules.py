"""Tubules packed side by side: bent pieces on a jittered lattice, and the ring of cells in the wall of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.lattice import hashed, uniform

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Words = NDArray[np.uint32]

Box = tuple[float, float, float, float]
"""Lowest x, highest x, lowest y, highest y in µm."""

Circle = tuple[float, float, float]
"""x, y of the centre and radius in µm."""


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

SPACING_UM = (9.6, 7.4, 9.0)
"""Distance of neighbouring cells along the wall."""

NUCLEUS_UM = (4.8, 4.3, 4.0)
"""Depth of the nuclei's centres in the wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How closely a cortex is packed.

    Parameters
    ----------
    pitch_um : float
        Mean distance of neighbouring tubules' axes.
    gap_um : float
        Half the thickness of what lies between two tubules.
    corner_um : float
        How much of the corner between three tubules is rounded off.
    wider_um : float
        By which lumina are wider, and walls and tubules thinner, than is said above.
    open_loops : float
        Share of the capillary loops of a glomerulus that are not collapsed.
    urinary_um : float
        Width of Bowman's space.
    capillaries : float
        How common capillaries are in the interstitium, against noise of variance 1.
    stroma : (float, float)
        Eosin per µm between the fibres of the interstitium and, added to it, in them; oedema washes it out.
    fluid : float
        Eosin per µm of plasma, and of what stands in proximal tubules.
    """

    pitch_um: float
    gap_um: float
    corner_um: float
    wider_um: float
    open_loops: float
    urinary_um: float
    capillaries: float
    stroma: tuple[float, float]
    fluid: float


_DISTAL_FROM, _ARTERIOLE_FROM = 0.25, 0.96  # draws, uniform in -1 … 1, that give a kind
_JITTER = 0.3  # of the lattice, in cells
_SQUASH = 0.87  # height of a lattice row: every second row is shifted by half a cell, so neighbours stand at 60°
_JOINED_BELOW = -0.1  # draws that let a piece reach over to its neighbour
_RADIUS_SPREAD_UM, _WALL_SPREAD_UM = 3.0, 2.0  # by which tubules differ, more or less
_AROUND = 4  # lattice cells beyond a box: three for `_MATTERS_UM`, one for the neighbour a piece reaches to
_MATTERS_UM = 125.0  # farther pieces decide nothing: tubules are 30 µm thick, the second neighbour counts up to 95 µm
_FAR_UM = np.float32(1e9)
_CLEARANCE_UM = 8.0  # no axis begins nearer to a glomerulus
_RAY_STEP_UM = 3.0  # distance of the rays from a piece's side that look for its wall
_RAYS_ROUND = 20
_STEPS = 7
_MISSED_UM = 0.7  # a ray that ends farther from the depth of the nuclei found no wall


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """Straight pieces of axis, those of one tubule next to each other.

    Parameters
    ----------
    start, end : ndarray, shape (pieces, 2)
        Where each runs, in µm.
    first : ndarray of int, shape (tubules,)
        First piece of each tubule.
    offset_um : ndarray, shape (tubules,)
        By which a tubule's radius exceeds its neighbours'.
    corner_um : float
        How much of the corner between three tubules is rounded off.
    """

    start: Numbers
    end: Numbers
    first: Places
    offset_um: Numbers
    corner_um: float

    @classmethod
    def of_spots(cls, centres: Numbers, offset_um: Numbers, corner_um: float) -> "Pieces":
        """Return spots without length, each on its own."""
        first = np.arange(len(centres))
        return cls(start=centres, end=centres, first=first, offset_um=offset_um, corner_um=corner_um)

    def depth(self, x: Numbers, y: Numbers) -> tuple[Image, Image, Places]:
        """Depth of points in the tubule they lie in, their distance from its axis, and its number.

        The depth is half the difference between the nearest axis and a smooth minimum of all others. What lies
        more than `corner_um` beyond the second adds exactly nothing, so that a point never depends on the box.
        """
        shape = (-1,) + (1,) * x.ndim
        offset = self.offset_um.astype(np.float32)
        near = np.minimum.reduceat(np.sqrt(self._squared(x, y)), self.first, axis=0) - offset.reshape(shape)
        number = near.argmin(axis=0)
        nearest = np.take_along_axis(near, number[None], axis=0)[0]
        np.put_along_axis(near, number[None], _FAR_UM, axis=0)
        second = near.min(axis=0)
        near -= second
        near *= np.float32(-1 / self.corner_um)
        near += np.float32(1)
        np.maximum(near, 0, out=near)
        near *= near
        rounded = np.float32(self.corner_um / 4) * (near.sum(axis=0) - 1)
        depth: Image = np.float32(0.5) * (second - rounded - nearest)
        return depth, nearest + offset[number], number

    def _squared(self, x: Numbers, y: Numbers) -> Image:
        """Squared distance of each piece, (pieces, …), in single precision from the first of the points."""
        shape = (-1,) + (1,) * x.ndim
        corner = np.array([x.flat[0], y.flat[0]])
        start_x, start_y = (self.start - corner).astype(np.float32).T
        along_x, along_y = (self.end - self.start).astype(np.float32).T
        from_x = (x - corner[0]).astype(np.float32) - start_x.reshape(shape)
        from_y = (y - corner[1]).astype(np.float32) - start_y.reshape(shape)
        long = np.flatnonzero(along_x * along_x + along_y * along_y)
        if long.size:
            along_x, along_y = along_x[long].reshape(shape), along_y[long].reshape(shape)
            share = (from_x[long] * along_x + from_y[long] * along_y) / (along_x * along_x + along_y * along_y)
            np.clip(share, 0, 1, out=share)
            from_x[long] -= share * along_x
            from_y[long] -= share * along_y
        from_x *= from_x
        from_y *= from_y
        squared: Image = from_x + from_y
        return squared


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


def grown(box: Box, margin_um: float) -> Box:
    """Return a box that reaches farther by a margin on every side."""
    return box[0] - margin_um, box[1] + margin_um, box[2] - margin_um, box[3] + margin_um


def staggered(box: Box, pitch_um: float, around: int, jitter: float, key: int) -> tuple[Places, Places, Words, Numbers]:
    """Columns, rows, words and jittered positions of a staggered lattice over a box and `around` points beyond."""
    columns = np.arange(int(np.floor(box[0] / pitch_um)) - around, int(np.floor(box[1] / pitch_um)) + around + 2)
    down_um = pitch_um * _SQUASH
    rows = np.arange(int(np.floor(box[2] / down_um)) - around, int(np.floor(box[3] / down_um)) + around + 2)
    words = hashed(np.array([key]), rows[:, None], columns)
    x = (columns + 0.5 * (rows % 2)[:, None] + jitter * uniform(words, 1)) * pitch_um
    y = (rows[:, None] + jitter * uniform(words, 2)) * down_um
    return columns, rows, words, np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)


def tubules_near(box: Box, seed: int, build: Build, glomeruli: tuple[Circle, ...]) -> Tubules:
    """List the tubules that may matter in a box."""
    columns, rows, words, centres = staggered(box, build.pitch_um, _AROUND, _JITTER, seed * 1009 + 700)
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


def ring(tubules: Tubules, number: int) -> Ring:
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
