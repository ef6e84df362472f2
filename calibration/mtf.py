"""Contrast of every element of a USAF target in a picture, found by itself: the resolution table of a microscope."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.barcontrast import bar_contrast
from calibration.barmodel import FINEST_PX, learn_bars
from calibration.bars import Bars
from calibration.errors import MeasurementError
from calibration.light import clipped_share, lit_plane
from calibration.targetplace import TargetPlace, locate_target
from calibration.triplet import Triplet, find_triplets
from calibration.usaf import UM_PER_MM, Square, cycles_per_mm, named

COARSELY_SAMPLED_PX, LEAST_TURN_DEG = 4.5, 5.0
"""Finer bars than that period, on a target turned by less, meet the pixels in one phase: where there are too few
elements to learn the lens from, contrast then errs by up to 0.08 (simulated 40x/0.95 with 0.185 µm pixels)."""

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
    learnt : bool
        Whether there were enough fine elements in both directions to learn how the lens draws them.
    """

    elements: tuple[Element, ...]
    place: TargetPlace
    dark: bool
    clipped: float
    learnt: bool

    @property
    def uncertain(self) -> tuple[Element, ...]:
        """Elements too fine for the pixels to be read without turning the target."""
        if self.learnt or self.place.turn_deg >= LEAST_TURN_DEG:
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
    which tells where the finer elements lie. Contrast is that of the light between the pixels' centres too, after lens
    and pixel: bars of less than six pixels are read with the help of what all of them say of the lens.

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
    bars = {
        horizontal: _bars_inside(place, triplets, plane.shape, horizontal=horizontal, dark=dark)
        for horizontal in (True, False)
    }
    models = {horizontal: learn_bars(plane, tuple(of.values())) for horizontal, of in bars.items()}
    contrasts = {
        horizontal: {rank: bar_contrast(plane, three, models[horizontal]) for rank, three in of.items()}
        for horizontal, of in bars.items()
    }
    return TargetContrast(
        elements=_elements(contrasts),
        place=place,
        dark=dark,
        clipped=clipped_share(pixels),
        learnt=None not in models.values(),
    )


def _elements(contrasts: dict[bool, dict[int, float]]) -> tuple[Element, ...]:
    """Elements of the contrasts of horizontal and of vertical bars, up to the last group that shows anything."""
    elements = [
        Element(
            group=named(rank)[0],
            element=named(rank)[1],
            cycles_per_mm=cycles_per_mm(*named(rank)),
            horizontal=contrasts[True].get(rank),
            vertical=contrasts[False].get(rank),
        )
        for rank in sorted(contrasts[True].keys() | contrasts[False].keys())
    ]
    last = max((element.group for element in elements if element.contrast > NOTHING), default=elements[-1].group)
    return tuple(element for element in elements if element.group <= last | 1)


def _bars_inside(
    place: TargetPlace, triplets: tuple[Triplet, ...], shape: tuple[int, ...], *, horizontal: bool, dark: bool
) -> dict[int, Bars]:
    """Bars of one direction, by rank, that the pixels can part and the picture holds."""
    squares = [square for square in place.squares if square.horizontal is horizontal]
    bars = {square.rank: _bars(place, square, triplets, dark) for square in squares}
    return {rank: three for rank, three in bars.items() if three.period_px > FINEST_PX and three.inside(shape)}


def _bars(place: TargetPlace, square: Square, triplets: tuple[Triplet, ...], dark: bool) -> Bars:
    """Bars of a square: where the triplet found there lies, else where the layout puts them."""
    centre, across = place.point_px(square.centre_um), place.step_px(square.across_um)
    near = min(triplets, key=lambda triplet: abs(triplet.centre_px - centre))
    own = abs(near.centre_px - centre) < NEAR * abs(across)
    return Bars(centre_px=near.centre_px if own else centre, across_px=across, dark=dark)
