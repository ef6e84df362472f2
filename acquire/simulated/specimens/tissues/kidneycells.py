"""Cells of the kidney: nuclei of tubules with their nucleoli, red cells, and nuclei of interstitium and glomeruli."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import key_of, uniform
from acquire.simulated.specimens.tissues.blocks import GROUND_UM
from acquire.simulated.specimens.tissues.cells import REACH_UM, Cell
from acquire.simulated.specimens.tissues.cortex import Field, Ground
from acquire.simulated.specimens.tissues.lining import Ring
from acquire.simulated.specimens.tissues.packing import staggered
from acquire.simulated.specimens.tissues.tubules import ARTERIOLE
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Numbers = NDArray[np.float64]

_SQUARE_UM, _JITTER = 5.2, 0.3  # lattice of the cells that line no tubule
_SEEN_BELOW, _IN_TUFT_BELOW, _FLAT_BELOW = 0.66, 0.2, -0.1  # draws, uniform in -1 … 1, that give a nucleus
_DRAWS, _SECOND_FROM = 10, 0.3  # draws for each cell; those that give it a second nucleolus
_RED_CELLS_FROM = 0.1  # blood, noise of variance 1, that gives a red cell
_IN_LUMEN_UM = 0.3  # centres of red cells lie deeper in a lumen, those of a tuft's nuclei less deep
_STROMA_UM = -0.4  # centres of flat nuclei lie so far outside the tubules
_CAPSULE_UM = (1.6, 3.0)  # or so near to the surface of a glomerulus; those of the tuft lie deeper

_Shape = tuple[tuple[float, float, float], float, bool]
"""Half axes in µm, angle, and whether it is a red cell."""


def lining_cells(cells: Ring) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Nuclei of the walls of tubules, round or, in the muscle of an arteriole, along the wall; and their nucleoli.

    Parameters
    ----------
    cells : Ring
        Where they are.
    """
    draws = np.stack([uniform(cells.words, 10 + n) for n in range(_DRAWS)], axis=1).astype(np.float64)
    nuclei, nucleoli = list[Cell](), list[Cell]()
    for n in np.flatnonzero(draws[:, 0] < _SEEN_BELOW):
        draw, outward, radius = draws[n], cells.outward[n], 2.85 + 0.3 * draws[n, 1]
        shape = (radius * (1.06 + 0.1 * draw[2]), radius * (0.97 - 0.06 * draw[2]), 2.6), np.pi * draw[3], False
        muscle = (5.0 + draw[1], 1.4 + 0.25 * draw[2], 1.4), outward + 0.5 * np.pi + 0.15 * draw[3], False
        x = cells.x_um[n] + 0.8 * draw[4] * np.cos(outward)
        y = cells.y_um[n] + 0.8 * draw[4] * np.sin(outward)
        is_muscle = cells.kind[n] == ARTERIOLE
        nuclei.append(_cell((x, y, 3.4 * draw[5]), muscle if is_muscle else shape, 0.0, 0.9 + 0.2 * draw[6]))
        if not is_muscle:
            nucleoli += _nucleoli(nuclei[-1], draw)
    return tuple(nuclei), tuple(nucleoli)


def _nucleoli(nucleus: Cell, draw: Numbers) -> Iterator[Cell]:
    """One or two, not far from the middle."""
    for turn in (0.0, 0.8 * np.pi)[: 1 + (draw[7] > _SECOND_FROM)]:
        away, angle = (0.15 + 0.4 * abs(draw[9])) * nucleus.axes_um[1], np.pi * draw[8] + turn
        x, y = nucleus.x_um + away * np.cos(angle), nucleus.y_um + away * np.sin(angle)
        radius = 0.6 + 0.12 * draw[9]
        yield _cell((x, y, 0.6 * nucleus.z_um), ((radius, radius, 0.9), 0.0, False), 0.0, 1.0)


def scattered_cells(window: Window, coarse: Ground, seed: int) -> Iterator[Cell]:
    """Yield red cells, and the nuclei of interstitium and glomeruli.

    Parameters
    ----------
    window : Window
        Cells that may reach into it are wanted.
    coarse : Ground
        Covers the window and `cells.REACH_UM` + 2 µm around it.
    seed : int
        Of the slide.
    """
    window = window.grown(REACH_UM)
    box = window.x_um[0], window.x_um[-1], window.y_um[0], window.y_um[-1]
    _, _, words, centres = staggered(box, _SQUARE_UM, 1, _JITTER, key_of(seed, 703))
    draws = np.stack([uniform(words, n).ravel() for n in range(3, 3 + _DRAWS)], axis=1).astype(np.float64)
    places = np.rint(centres / GROUND_UM).astype(np.int64) - (coarse.window.column, coarse.window.row)
    inside = (places > 0) & (places < (coarse.window.columns - 1, coarse.window.rows - 1))
    for n in np.flatnonzero(inside.all(axis=1)):
        (x, y), (column, row), draw = centres[n], places[n], draws[n]
        shape = _shape(coarse.fields[:, row - 1 : row + 2, column - 1 : column + 2], draw)
        if shape is not None:
            yield _cell((x, y, 2.8 * draw[4]), shape, 0.03 * draw[5], 1 + 0.2 * draw[6])


def _cell(place_um: tuple[float, float, float], shape: _Shape, bend: float, strength: float) -> Cell:
    (x, y, z), (axes, angle, red_cell) = place_um, shape
    return Cell(x_um=x, y_um=y, z_um=z, axes_um=axes, angle=angle, bend=bend, red_cell=red_cell, strength=strength)


def _shape(near: Image, draw: Numbers) -> _Shape | None:
    """Shape of the cell that lies in the middle of 3 × 3 points of the coarse fields, if any does."""
    here = near[:, 1, 1]
    wall, lumen, in_tuft = here[Field.WALL], here[Field.LUMEN], here[Field.TUFT] > 0
    if here[Field.VESSEL] and lumen > _IN_LUMEN_UM:
        if here[Field.BLOOD] + 0.5 * draw[0] < _RED_CELLS_FROM:
            return None
        return (3.1 + 0.25 * draw[1], 2.8 + 0.25 * draw[2], 1.1), np.pi * draw[3], True
    if in_tuft and wall > _CAPSULE_UM[1] and lumen < _IN_LUMEN_UM and draw[0] < _IN_TUFT_BELOW:
        return (3.0 + 0.45 * draw[1], 2.25 + 0.3 * draw[2], 2.1), np.pi * draw[3], False
    flat = wall < _CAPSULE_UM[0] if in_tuft else wall < _STROMA_UM and lumen < 0
    if flat and draw[0] < _FLAT_BELOW:
        across = near[Field.WALL]
        along = float(np.arctan2(across[2, 1] - across[0, 1], across[1, 2] - across[1, 0])) + 0.5 * np.pi
        return (3.9 + 0.9 * draw[1], 1.15 + 0.3 * draw[2], 1.5), along + 0.15 * draw[3], False
    return None
