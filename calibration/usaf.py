"""The resolution target USAF 1951: the frequencies of its elements, and the places of its bars in two layouts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from calibration.errors import MeasurementError

ELEMENTS = 6
"""Of a group, each finer than the last by the sixth root of 2 (MIL-STD-150A)."""

LENGTH = 5
"""Of a bar in its widths, so that three bars with their gaps fill a square (MIL-STD-150A)."""

UM_PER_MM = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """Three bars of one direction, with their gaps.

    Parameters
    ----------
    group, element : int
        Whose bars they are.
    horizontal : bool
        Whether they run along the target's x.
    centre_um : complex
        Middle of the middle bar, x + y·i on the target with y down.
    """

    group: int
    element: int
    horizontal: bool
    centre_um: complex

    @property
    def rank(self) -> int:
        """Count of elements from element 1 of group 0: one number for group and element."""
        return rank(self.group, self.element)

    @property
    def period_um(self) -> float:
        """From bar to bar."""
        return UM_PER_MM / cycles_per_mm(self.group, self.element)

    @property
    def across_um(self) -> complex:
        """From the middle bar to a neighbour."""
        return self.period_um * (1j if self.horizontal else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """How pairs of an even and an odd group lie round each other; lengths in bar widths of the pair's first element.

    Parameters
    ----------
    groups : (int, int)
        First and last group, an even and an odd one.
    left, right, top, bottom : float
        Sides of a pair seen from the centre of all pairs; elements 2 to 6 of the even group lie at the left from the
        top down, the odd group at the right, element 1 of the even group in the lower right corner.
    step : float
        From the top of an element to the top of the next, in widths of the first of the two.
    beside : float
        From one square of an element to the other, centre to centre, in its own widths.
    upright_outside : bool
        Whether the vertical bars are the outer ones at the right; at the left they are the inner ones.
    """

    groups: tuple[int, int]
    left: float
    right: float
    top: float
    bottom: float
    step: float
    beside: float
    upright_outside: bool

    def squares(self) -> tuple[Square, ...]:
        """All squares of bars, from the coarsest to the finest."""
        first, last = self.groups
        named = ((group, element) for group in range(first, last + 1) for element in range(1, ELEMENTS + 1))
        return tuple(square for group, element in named for square in self._element(group, element))

    def _element(self, group: int, element: int) -> Iterator[Square]:
        width, y = bar_um(group, element), self._centre_y_um(group, element)
        at_left = not group % 2 and element > 1
        outer = bar_um(group - group % 2, 1)
        edge = self.left * outer if at_left else self.right * outer
        inwards = width if at_left else -width
        outside, inside = edge + LENGTH / 2 * inwards, edge + (LENGTH / 2 + self.beside) * inwards
        swapped = self.upright_outside and not at_left
        for horizontal, x in ((True, inside if swapped else outside), (False, outside if swapped else inside)):
            yield Square(group=group, element=element, horizontal=horizontal, centre_um=complex(x, y))

    def _centre_y_um(self, group: int, element: int) -> float:
        width, outer = bar_um(group, element), bar_um(group - group % 2, 1)
        if element == 1 and not group % 2:
            return self.bottom * outer - LENGTH / 2 * width
        first = 1 if group % 2 else 2
        above = sum(self.step * bar_um(group, coarser) for coarser in range(first, element))
        return self.top * outer + above + LENGTH / 2 * width


def rank(group: int, element: int) -> int:
    """Count of elements from element 1 of group 0."""
    return ELEMENTS * group + element - 1


def named(number: int) -> tuple[int, int]:
    """Group and element of a rank."""
    return number // ELEMENTS, number % ELEMENTS + 1


def cycles_per_mm(group: int, element: int) -> float:
    """Line pairs per mm of an element: 2 to the power of (group + (element - 1) / 6).

    Raises
    ------
    MeasurementError
        When the element is not one of 1 to 6.
    """
    if not 1 <= element <= ELEMENTS:
        raise MeasurementError(
            f"element {element} of group {group} was asked for: a group has elements 1 to {ELEMENTS}"
        )
    return float(2 ** (group + (element - 1) / ELEMENTS))


def bar_um(group: int, element: int) -> float:
    """Width of the bars of an element."""
    return UM_PER_MM / (2 * cycles_per_mm(group, element))


def nearest_rank(period_um: float) -> int:
    """Rank of the element whose period is nearest, in the ratio."""
    return round(ELEMENTS * math.log2(UM_PER_MM / period_um))


STANDARD = Pairs(
    groups=(-2, 11),
    left=-17.75,
    right=10.41,
    top=-14.28,
    bottom=15.03,
    step=8.726,
    beside=7.01,
    upright_outside=False,
)
"""As on targets that are sold, with figures between the squares.

The numbers are a least-squares fit to the template of LAB-UMK/usaf1951 (commit 892a580c), groups 4 to 7: its 48 squares
lie within 0.08 periods of them along either axis, 0.03 rms. Each pair of groups is a copy of the coarser one, four
times finer round the same centre.
"""

COMPACT = Pairs(
    groups=(8, 11), left=-18.0, right=11.5, top=-13.5, bottom=13.5, step=8.0, beside=8.0, upright_outside=True
)
"""The target on the simulated slide, so small that a 40x shows it whole."""

LAYOUTS = {"standard": STANDARD.squares(), "compact": COMPACT.squares()}
"""Squares of the layouts that are known without a template."""
