"""What the stored pictures of a run show of its slide, and which of them a new picture shows a part of."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.fieldview import Points
from acquire.pairview import UNMOVED, PairView
from calibration.bandwidth import Plane
from calibration.recognise import COARSER, Likeness, pattern, recognise
from calibration.rigid import Rigid

CELL_UM = 4.0
"""Of the map of known places; a look is known or not over some 60 µm."""

OUTSIDE = 0.15
"""How much of a look may lie beyond a stored picture and still count as known: less than can be recognised."""

TEXTURED_LEVELS = 1.0
"""Least root mean square of a pattern where it counts as tissue, in grey levels of 255: the noise of empty glass leaves
0.2 to 0.3, tissue 3 to 15."""

LEVELS = 255.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recognised:
    """A stored picture that a look shows a part of.

    Parameters
    ----------
    site : str
        Whose picture.
    slide_um : ndarray, shape (2,)
        Point of the slide in the middle of the look.
    likeness : Likeness
        How well it fits.
    """

    site: str
    slide_um: Points
    likeness: Likeness


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownTissue:
    """The stored pictures within reach of one place.

    Parameters
    ----------
    view : PairView
        How they compare with the pictures of the objective in place.
    sites : tuple of str
        Those that show tissue.
    stages_um : ndarray, shape (n, 2)
        Stage position of each picture.
    patterns : tuple of ndarray
        Of each picture.
    corner_um : ndarray, shape (2,)
        Of the map.
    cells : ndarray of bool, shape (rows, columns)
        Whether a look at the place shows mostly tissue that one picture shows too.
    """

    view: PairView
    sites: tuple[str, ...]
    stages_um: Points
    patterns: tuple[Plane, ...]
    corner_um: Points
    cells: NDArray[np.bool_]

    @classmethod
    def read(cls, view: PairView, sites: Sequence[str]) -> Self:
        """Read the stored pictures of some sites; those without tissue are left out."""
        found = [(site, stage, plane) for site, stage, plane in _patterns(view, sites) if _textured(view, plane).any()]
        stages = np.array([stage for _, stage, _ in found]).reshape(-1, 2)
        patterns = tuple(plane for _, _, plane in found)
        corner_um, cells = _map(view, stages, patterns)
        return cls(
            view=view,
            sites=tuple(site for site, _, _ in found),
            stages_um=stages,
            patterns=patterns,
            corner_um=corner_um,
            cells=cells,
        )

    @property
    def places_um(self) -> Points:
        """Points of the slide in the middles of the pictures, shape (n, 2)."""
        return np.asarray(self.stages_um - np.array(self.view.low.parcentric_um))

    def shows(self, points_um: Points) -> NDArray[np.bool_]:
        """Whether looks at points of the slide, shape (n, 2), would show known tissue."""
        column, row = np.floor((points_um - self.corner_um) / CELL_UM).astype(int).T
        rows, columns = self.cells.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        return np.asarray(inside & self.cells[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)])

    def recognise(self, high: Plane, moved: Rigid = UNMOVED) -> Recognised:
        """Return the picture that a look fits best, however badly.

        Parameters
        ----------
        high : ndarray of float32, shape (rows, columns)
            Pattern of the look, from `PairView.pattern`.
        moved : Rigid
            How the slide is believed to be turned.
        """
        to_low = np.linalg.inv(np.array(self.view.low.stage_um_per_px)) @ moved.rotation.T
        linear = to_low @ np.array(self.view.high.stage_um_per_px) * float(self.view.factor)
        found = [recognise(high, plane, linear) for plane in self.patterns]
        best = max(range(len(found)), key=lambda index: found[index].ncc)
        slide_um = self.view.low_slide_um(found[best].offset_px, self.stages_um[best])
        return Recognised(site=self.sites[best], slide_um=slide_um, likeness=found[best])


def _patterns(view: PairView, sites: Sequence[str]) -> Iterator[tuple[str, Points, Plane]]:
    for site in sites:
        picture = view.picture(site)
        yield site, picture.stage_um, pattern(picture.pixels) * np.float32(LEVELS / picture.white_level)


def _textured(view: PairView, plane: Plane) -> NDArray[np.bool_]:
    """Where a look with its middle there would show tissue; same shape."""
    wide, tall = (max(int(side / (COARSER * float(view.factor))), 1) for side in view.high.size_px)
    energy = cv2.blur(plane**2, (wide, tall), borderType=cv2.BORDER_REFLECT)
    return np.asarray(energy > TEXTURED_LEVELS**2)


def _map(view: PairView, stages_um: Points, patterns: Sequence[Plane]) -> tuple[Points, NDArray[np.bool_]]:
    """Corner and cells of the map of all pictures."""
    half_um = view.low.pixel_um * math.hypot(*view.low.size_px) / 2
    places = stages_um - np.array(view.low.parcentric_um)
    corner_um = places.min(axis=0, initial=np.inf) - half_um if len(places) else np.zeros(2)
    sides = np.ceil((places.max(axis=0) + half_um - corner_um) / CELL_UM).astype(int) if len(places) else (1, 1)
    cells = np.zeros((sides[1], sides[0]), dtype=np.bool_)
    for stage_um, place_um, plane in zip(stages_um, places, patterns, strict=True):
        first = np.floor((place_um - half_um - corner_um) / CELL_UM).astype(int)
        last = np.ceil((place_um + half_um - corner_um) / CELL_UM).astype(int)
        column, row = np.meshgrid(np.arange(first[0], last[0]), np.arange(first[1], last[1]))
        points = corner_um + CELL_UM * (np.column_stack([column.ravel(), row.ravel()]) + 0.5)
        shown = _shown(view, stage_um, plane, points)
        cells[first[1] : last[1], first[0] : last[0]] |= shown.reshape(row.shape)
    return corner_um, cells


def _shown(view: PairView, stage_um: Points, plane: Plane, points_um: Points) -> NDArray[np.bool_]:
    """Whether one picture shows the tissue of looks at points of the slide."""
    offsets = view.low.offsets_px(points_um, (float(stage_um[0]), float(stage_um[1])))
    look_px = np.array(view.high.size_px) / float(view.factor)
    within = np.all(np.abs(offsets) <= (np.array(view.low.size_px) - look_px) / 2 + OUTSIDE * look_px, axis=1)
    sides = np.array(plane.shape[::-1])
    index = np.clip(np.floor(offsets / COARSER + sides / 2), 0, sides - 1).astype(int)
    return np.asarray(within & _textured(view, plane)[index[:, 1], index[:, 0]])
