"""Septa of lung: where they run, what they are made of and which way their fibres lie.

All of it is smooth over micrometres, so it is computed on a coarse lattice and joined by B-splines, which also takes
the straightness out of the Voronoi walls.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import step
from acquire.simulated.specimens.lattice import hashed, key_of, keys_of, noise, uniform
from acquire.simulated.specimens.tissues.fibres import KNOT_UM
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]

SECTION_END_UM = 18_000.0
"""The section ends at this x, in a wavy edge."""

_JITTER = 0.42  # of the feature points, in cells
_FAR_UM = np.float32(1e6)


class Field(IntEnum):
    """The coarse fields, in the order of their array."""

    INSIDE = 0  # µm from the surface of the septum into it, at mid-section
    SLOPE = 1  # µm by which that changes for each µm of depth
    COLLAGEN = 2  # share of collagen, 0 to 1
    MUSCLE = 3  # share of smooth muscle in what is not collagen
    BLOOD = 4  # share of capillaries filled with red cells
    PALE = 5  # how lightly the place took the stain
    MIX = 6  # which of the two families of fibres
    ACROSS_A = 7  # µm across the fibres of family A, from the knots of the ground
    ACROSS_B = 8
    SHIFT_A = 9  # µm by which it moves for each µm of depth
    SHIFT_B = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Septa:
    """Build of the septa.

    Parameters
    ----------
    pitch_um : float
        Mean distance of the alveoli's centres.
    half_width_um : float
        Half of the mean thickness of the walls between them.
    """

    pitch_um: float
    half_width_um: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """The coarse fields over a window.

    Parameters
    ----------
    window : Window
        On the lattice of `GROUND_UM`.
    fields : ndarray of float32, shape (len(Field), rows, columns)
        In the order of `Field`.
    knots : (int, int)
        Origins of the coordinates across the two families of fibres.
    """

    window: Window
    fields: Image
    knots: tuple[int, int]


def ground(window: Window, septa: Septa, seed: int) -> Ground:
    """Compute the coarse fields.

    Parameters
    ----------
    window : Window
        On the lattice of `GROUND_UM`.
    septa : Septa
        Build of the walls.
    seed : int
        Of the slide.

    Returns
    -------
    Ground
    """
    fields = np.empty((len(Field), window.rows, window.columns), np.float32)
    inside, share = _inside(window, septa, seed)
    region = noise(window, 14.0, *keys_of(seed, 10, 5))
    spot = noise(window, 9.0, *keys_of(seed, 20, 5))
    fields[Field.INSIDE] = inside
    fields[Field.SLOPE] = 0.6 * spot[0]
    fields[Field.COLLAGEN] = step(0.7 * spot[1] + 0.6 * region[0] + 1.1 * (share - 0.45), -0.35, 0.75)
    fields[Field.MUSCLE] = step(region[1] + 0.4 * spot[2], 0.55, 1.15)
    fields[Field.BLOOD] = step(region[2], 0.75, 1.2)
    fields[Field.PALE] = 0.6 * region[3] + 0.5 * spot[3]
    fields[Field.MIX] = step(noise(window, 8.0, *keys_of(seed, 30, 1))[0], -0.5, 0.5)
    knots = _fibre_coordinates(fields, window, seed)
    return Ground(window=window, fields=fields, knots=knots)


def edge_distance(x_um: NDArray[np.float64], y_um: NDArray[np.float64], pitch_um: float, key: int) -> Image:
    """Distance in µm to the nearest border of the Voronoi cells of a jittered lattice: half of second minus first."""
    columns = _cells(x_um, pitch_um)
    rows = _cells(y_um, pitch_um)[:, None]
    words = hashed(np.array([key]), rows, columns)
    centre_x = ((columns + 0.5 + _JITTER * uniform(words, 1)) * pitch_um).ravel()
    centre_y = ((rows + 0.5 + _JITTER * uniform(words, 2)) * pitch_um).ravel()
    first = np.full(x_um.shape, _FAR_UM**2)
    second = first.copy()
    x, y = (x_um - x_um[0, 0]).astype(np.float32), (y_um - y_um[0, 0]).astype(np.float32)
    for cx, cy in zip(centre_x - x_um[0, 0], centre_y - y_um[0, 0], strict=True):
        squared = np.square(x - np.float32(cx)) + np.square(y - np.float32(cy))
        np.minimum(second, np.maximum(first, squared), out=second)
        np.minimum(first, squared, out=first)
    nearness: Image = (np.sqrt(second) - np.sqrt(first)) * np.float32(0.5)
    return nearness


def _cells(position_um: NDArray[np.float64], pitch_um: float) -> NDArray[np.int64]:
    low, high = np.floor(position_um.min() / pitch_um), np.floor(position_um.max() / pitch_um)
    return np.arange(int(low) - 2, int(high) + 3)


def _inside(window: Window, septa: Septa, seed: int) -> tuple[Image, Image]:
    """Depth inside the septum in µm, and as a share of its half width; walls bend on three scales."""
    wide = noise(window, 18.0, *keys_of(seed, 40, 3))
    middle = noise(window, 5.0, *keys_of(seed, 50, 3))
    fine = noise(window, 2.5, *keys_of(seed, 60, 2))
    bend = 5.0 * wide[:2] + 1.3 * middle[:2] + 0.4 * fine
    x = window.x_um + bend[0]
    y = window.y_um[:, None] + bend[1]
    width = septa.half_width_um * np.maximum(1 + 0.32 * wide[2] + 0.12 * middle[2], 0.2)
    inside = width - edge_distance(x, y, septa.pitch_um, key_of(seed, 70))
    inside = np.minimum(inside, (SECTION_END_UM - x).astype(np.float32))
    return inside, inside / width


def _fibre_coordinates(fields: Image, window: Window, seed: int) -> tuple[int, int]:
    far = noise(window, 60.0, *keys_of(seed, 80, 2))
    wide = noise(window, 12.0, *keys_of(seed, 90, 2))
    middle = noise(window, 4.0, *keys_of(seed, 100, 2))
    shift = noise(window, 9.0, *keys_of(seed, 110, 2))
    angle = float(uniform(hashed(np.array([seed]), np.array([1]))).item()) * np.pi
    knots = []
    for family, turn in enumerate((0.0, 0.5 * np.pi + 0.5)):
        straight = window.x_um * np.cos(angle + turn) + window.y_um[:, None] * np.sin(angle + turn)
        across = straight + 20.0 * far[family] + 4.0 * wide[family] + 0.6 * middle[family]
        origin = int(np.floor(across.min() / KNOT_UM))
        fields[Field.ACROSS_A + family] = across - origin * KNOT_UM
        fields[Field.SHIFT_A + family] = 0.35 * shift[family]
        knots.append(origin)
    return knots[0], knots[1]
