"""Why one picture is not found in another: it lies turned or mirrored, or the two were given the wrong way round."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from calibration.bandwidth import Plane, decimate
from calibration.locate import centred, locate

SURE_NCC = 0.5
"""Correlation from which a place is believed; unrelated tissue reached 0.3."""

SMALLEST_PX = 32
"""Side below which a picture is found anywhere."""

ASK = "check that both show the same place, the factor, and the prior"


def explain(small: Plane, large: Plane, ratio: Fraction, ncc: float) -> str:
    """Say what to do about a picture that was not found upright.

    Parameters
    ----------
    small, large : ndarray of float32, shape (rows, columns)
        HIGH brought down, and LOW.
    ratio : Fraction
        By which HIGH was brought down.
    ncc : float
        Best correlation found upright.

    Returns
    -------
    str
        The end of a sentence.
    """
    tried = [(says, _found(*pictures)) for says, *pictures in _mistakes(small, large, ratio)]
    says, best = max(tried, key=lambda one: one[1])
    return f"{says} (correlation {best:.2f})" if best >= max(SURE_NCC, ncc) else ASK


def _mistakes(small: Plane, large: Plane, ratio: Fraction) -> Iterator[tuple[str, Plane, Plane]]:
    for quarters in (1, 2, 3):
        turned = np.ascontiguousarray(np.rot90(small, quarters))
        yield f"it is found when HIGH is turned by {90 * quarters}° to the left, turn it so", turned, large
    yield "it is found when HIGH is mirrored left to right, mirror it", np.ascontiguousarray(small[:, ::-1]), large
    if min(large.shape) / ratio**2 >= SMALLEST_PX:
        yield "LOW is found in HIGH, the two were given the wrong way round", decimate(large, ratio**2), small


def _found(small: Plane, large: Plane) -> float:
    return locate(small, large, prior=centred(small.shape, large.shape), search_px=None).ncc
