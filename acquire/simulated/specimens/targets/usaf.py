"""The resolution target USAF 1951, groups 8 to 11: threefold bars from 256 to 3649 line pairs per mm."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.specimen import Coordinates, Fidelity
from acquire.simulated.specimens.targets.chrome import OPTICAL_DENSITY, check_density, grey, room, sheet
from acquire.simulated.specimens.targets.passband import Bounds
from acquire.simulated.specimens.targets.plate import Patch, Plate, Point, covered, make_plate, on_slide, once
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError

Image = NDArray[np.float32]
Values = NDArray[np.float64]

GROUPS = range(8, 12)
"""Groups on the target; group g holds 2**g to 2**(g + 5/6) line pairs per mm."""

ELEMENTS = range(1, 7)
"""Elements of a group, each finer than the last by the sixth root of 2."""

_LENGTH = 5  # of a bar in its widths, as in MIL-STD-150A, so that three bars with their gaps make a square
_GAP = 3  # in bar widths, between the two squares of an element and from element to element
_STEP = _LENGTH + _GAP
_LEFT, _RIGHT, _TOP, _BOTTOM = -18.0, 11.5, -13.5, 13.5
"""Sides of a pair of groups, in bar widths of its first element, from the middle: there is room for the next pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, as it lies on the slide.

    Parameters
    ----------
    centre_um : (float, float)
        Its middle.
    along : (float, float)
        Unit vector along it.
    width_um, length_um : float
        Its sides.
    """

    centre_um: Point
    along: Point
    width_um: float
    length_um: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usaf:
    """USAF 1951 in chrome: even groups at the left, odd ones at the right, each pair round the next finer one.

    Parameters
    ----------
    centre_um : (float, float)
        Middle of the finest pair of groups; the target reaches 44 µm from it.
    rotation_deg : float
        From the slide's x to the target's, turning towards y.
    optical_density : float
        Of the chrome.
    positive : bool
        Dark bars on endless clear glass; else clear bars in endless chrome.
    """

    centre_um: tuple[float, float] = (500.0, 500.0)
    rotation_deg: float = 0.0
    optical_density: float = OPTICAL_DENSITY
    positive: bool = True

    def __post_init__(self) -> None:
        check_density(self.optical_density)

    @property
    def absorbance(self) -> Image:
        """Of chrome."""
        return grey()

    @property
    def depths_um(self) -> tuple[float, ...]:
        """One sheet at mid-section."""
        return (0.0,)

    @property
    def fidelity(self) -> Fidelity:
        """As something opaque."""
        return "product"

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of the chrome: level."""
        return 0.0 * x_um * y_um

    def bars(self, group: int, element: int) -> tuple[Bar, ...]:
        """Return the three horizontal bars of an element, from the top, then the three vertical ones, from the left.

        Top and left are those of a target that is not rotated, seen with x to the right and y down.
        """
        width = bar_um(group, element)
        return tuple(
            Bar(
                centre_um=on_slide((0.0, step), centre, turn),
                along=on_slide((1.0, 0.0), (0.0, 0.0), turn),
                width_um=width,
                length_um=_LENGTH * width,
            )
            for centre, turn in _squares(self, group, element)
            for step in (-2 * width, 0.0, 2 * width)
        )

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        coverage = covered(_patches(self), window)
        return sheet(coverage if self.positive else 1 - coverage, self.optical_density)


def frequency(group: int, element: int) -> float:
    """Line pairs per µm of an element.

    Raises
    ------
    RigError
        When the target has no such element.
    """
    if group not in GROUPS or element not in ELEMENTS:
        raise RigError(f"element {element} of group {group} is not on the target: groups 8 to 11 have elements 1 to 6")
    return float(2 ** (group + (element - 1) / len(ELEMENTS)) / 1000)  # from line pairs per mm


def bar_um(group: int, element: int) -> float:
    """Width of the bars of an element."""
    return 1 / (2 * frequency(group, element))


@once
def _patches(target: Usaf) -> tuple[Patch, ...]:
    least, greatest = room(target.optical_density)
    bounds = (-np.inf, greatest) if target.positive else (least, np.inf)
    return tuple(
        Patch(plate=_three_bars(bar_um(group, element), bounds), centre_um=centre, turn_rad=turn)
        for group in GROUPS
        for element in ELEMENTS
        for centre, turn in _squares(target, group, element)
    )


@lru_cache(maxsize=4 * len(GROUPS) * len(ELEMENTS))
def _three_bars(width_um: float, bounds: Bounds) -> Plate:
    """Return three bars along x, one above the other."""

    def spectrum(x: Values, y: Values) -> Values:
        one = _LENGTH * width_um**2 * np.sinc(_LENGTH * width_um * x) * np.sinc(width_um * y)
        three: Values = one * (1 + 2 * np.cos(2 * np.pi * 2 * width_um * y))
        return three

    half = 0.5 * _LENGTH * width_um
    return make_plate(spectrum, (half, half), bounds)


def _squares(target: Usaf, group: int, element: int) -> Iterator[tuple[Point, float]]:
    """Yield where the horizontal bars of an element lie and how they are turned, then the same of the vertical ones."""
    rotation, width = float(np.deg2rad(target.rotation_deg)), bar_um(group, element)
    x, y = _corner_um(group, element)
    half = 0.5 * _LENGTH * width
    yield on_slide((x + half, y + half), target.centre_um, rotation), rotation
    yield on_slide((x + _STEP * width + half, y + half), target.centre_um, rotation), rotation - 0.5 * np.pi


def _corner_um(group: int, element: int) -> Point:
    """Upper left corner of an element: odd groups and elements 1 keep to the right, elements 2 to 6 to the left."""
    outer, width = bar_um(group - group % 2, 1), bar_um(group, element)
    right = _RIGHT * outer - (_STEP + _LENGTH) * width
    if element == 1 and not group % 2:
        return right, _BOTTOM * outer - _LENGTH * width
    first = 1 if group % 2 else 2
    above = sum(bar_um(group, larger) for larger in range(first, element))
    return (right if group % 2 else _LEFT * outer), _TOP * outer + _STEP * above
