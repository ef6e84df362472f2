"""Contrast of every element of a USAF target in a picture, found by itself: the resolution table of a microscope."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.bandwidth import Plane
from calibration.barcontrast import Bars, bar_contrast
from calibration.errors import MeasurementError
from calibration.light import clipped_share, lit_plane
from calibration.targetplace import TargetPlace, locate_target
from calibration.triplet import Triplet, find_triplets
from calibration.usaf import UM_PER_MM, Square, cycles_per_mm, named

FINEST_PERIOD_PX = 2.0
"""Elements beyond the camera's Nyquist frequency are left out: what shows of them is aliased."""

COARSELY_SAMPLED_PX, LEAST_TURN_DEG = 4.5, 5.0
"""Finer bars than that period, on a target turned by less, meet the pixels in one phase: contrast then errs by up to
0.08 (simulated 40x/0.95 with 0.185 µm pixels; within 0.02 from that turn on)."""

NOTHING = 0.05
"""Contrast up to which an element may not be there at all: pairs of groups without a better one are left out."""

NEAR = 0.5
"""Periods within which a triplet found by itself is that of a square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Contrast of one element.

    Parameters
    ----------
    group, element : int
        Its name.
    cycles_per_mm : float
        Its line pairs per mm.
    horizontal, vertical : float or None
        Contrast of its bars along the target's x and y; 0 when lost, None when outside the picture.
    """

    group: int
    element: int
    cycles_per_mm: float
    horizontal: float | None
    vertical: float | None

    @property
    def contrast(self) -> float:
        """Mean of those bars that are in the picture."""
        return float(np.mean([bars for bars in (self.horizontal, self.vertical) if bars is not None]))


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetContrast:
    """What a picture of a USAF target shows.

    Parameters
    ----------
    elements : tuple of Element
        In the picture, the coarsest first.
    place : TargetPlace
        Where the target lies.
    dark : bool
        Whether its bars are dark.
    clipped : float
        Part of the pixels at the largest value of their dtype: where glass is among them, contrast is overstated.
    """

    elements: tuple[Element, ...]
    place: TargetPlace
    dark: bool
    clipped: float

    @property
    def uncertain(self) -> tuple[Element, ...]:
        """Elements too fine for the pixels to be read without turning the target."""
        if self.place.turn_deg >= LEAST_TURN_DEG:
            return ()
        period_um = COARSELY_SAMPLED_PX * self.place.pixel_um
        return tuple(element for element in self.elements if UM_PER_MM / element.cycles_per_mm < period_um)

    @property
    def finest(self) -> Element | None:
        """The last element before the first whose horizontal or vertical bars are lost; None when all are."""
        seen = None
        for element in self.elements:
            if 0 in (element.horizontal, element.vertical):
                break
            seen = element
        return seen


def measure_target(
    pixels: NDArray[Any],
    pixel_um: float | None = None,
    *,
    template: tuple[Square, ...] | None = None,
    black_level: float = 0.0,
) -> TargetContrast:
    """Find a USAF target in a picture and read the contrast of each of its elements in green.

    Triplets of bars that a threshold parts are found, named by their period, and fitted by one of the known layouts,
    which tells where the finer elements lie.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Proportional to the light but for the black level. The target may be turned, mirrored, and of either polarity.
    pixel_um : float, optional
        Pixel size at the target, good to 5 %; without it the picture has to show so much of the target that only one
        place fits.
    template : tuple of Square, optional
        Squares of one's own layout; see `targetplace.squares_of_template`.
    black_level : float
        Pixel value without light.

    Returns
    -------
    TargetContrast

    Raises
    ------
    MeasurementError
        When the picture is blank or no colour picture, or shows no target that can be located.
    """
    if pixel_um is not None and not (np.isfinite(pixel_um) and pixel_um > 0):
        raise MeasurementError(f"the pixel size was given as {pixel_um} µm: give a number above 0, such as 0.185")
    plane = lit_plane(pixels, black_level)
    triplets, dark = find_triplets(plane)
    place = locate_target(triplets, pixel_um, template)
    elements = _elements(plane, place, triplets, dark)
    return TargetContrast(elements=elements, place=place, dark=dark, clipped=clipped_share(pixels))


def _elements(plane: Plane, place: TargetPlace, triplets: tuple[Triplet, ...], dark: bool) -> tuple[Element, ...]:
    read: dict[int, dict[bool, float]] = {}
    for square in place.squares:
        bars = _bars(place, square, triplets, dark)
        if abs(bars.across_px) > FINEST_PERIOD_PX and bars.inside(plane.shape):
            read.setdefault(square.rank, {})[square.horizontal] = bar_contrast(plane, bars)
    elements = [
        Element(
            group=named(rank)[0],
            element=named(rank)[1],
            cycles_per_mm=cycles_per_mm(*named(rank)),
            horizontal=contrasts.get(True),
            vertical=contrasts.get(False),
        )
        for rank, contrasts in sorted(read.items())
    ]
    last = max((element.group for element in elements if element.contrast > NOTHING), default=elements[-1].group)
    return tuple(element for element in elements if element.group <= last | 1)


def _bars(place: TargetPlace, square: Square, triplets: tuple[Triplet, ...], dark: bool) -> Bars:
    """Bars of a square: where the triplet found there lies, else where the layout puts them."""
    centre, across = place.point_px(square.centre_um), place.step_px(square.across_um)
    near = min(triplets, key=lambda triplet: abs(triplet.centre_px - centre))
    own = abs(near.centre_px - centre) < NEAR * abs(across)
    return Bars(centre_px=near.centre_px if own else centre, across_px=across, dark=dark)
