"""Lengths and magnifications for people: scale bars of 1, 2 or 5 times a power of ten, and their words; no Qt."""

import math

STEPS = (5.0, 2.0, 1.0)
MM_UM = 1000.0
"""One millimetre in µm."""
FIT_TOLERANCE = 1e-9
"""A bar that is too long by rounding only still fits."""


def bar_length(unit_per_px: float, longest_px: float) -> float:
    """Return the longest 1-2-5 length that is at most `longest_px` screen pixels.

    Parameters
    ----------
    unit_per_px : float
        Length of one screen pixel, in µm or another unit; positive.
    longest_px : float
        Room for the bar in screen pixels; positive.

    Returns
    -------
    float
        In the same unit.

    Examples
    --------
    >>> bar_length(0.3, 200)
    50.0
    """
    longest = unit_per_px * longest_px
    decade = 10.0 ** math.floor(math.log10(longest))
    fitting = (step * decade for step in STEPS if step * decade <= longest * (1 + FIT_TOLERANCE))
    return next(fitting, decade)


def length_text(length: float, unit: str) -> str:
    """Return ``50 µm``, ``0.5 µm`` or, from 1000 µm on, ``2 mm``.

    Parameters
    ----------
    length : float
        In `unit`.
    unit : {'µm', 'px'}
    """
    if unit == "µm" and length >= MM_UM:
        return f"{length / MM_UM:g} mm"
    return f"{length:g} {unit}"


def objective_text(name: str) -> str:
    """Return ``40×`` for ``40x``: the sign that stands on the lens; other names as they are.

    Parameters
    ----------
    name : str
        Of the objective in the rig file.
    """
    number = name.removesuffix("x")
    is_magnification = number != name and number.replace(".", "", 1).isdigit()
    return f"{number}×" if is_magnification else name
