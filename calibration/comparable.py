"""Two pictures of different sharpness made comparable: on pixels of one size, at one bandwidth, their noise known."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from calibration.bandwidth import NOISE_BLUR_PX, Plane, blur, high_pass
from calibration.blocks import noise_sigma
from calibration.errors import MeasurementError

LEAST_CONTRAST = 0.5
"""Standard deviation of the blurred, high-passed picture over that of the noise; noise alone has 0.35."""

CLIPPED_FRACTION = 0.5
"""A picture of which more than this lies at one extreme value is clipped or blank."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparable:
    """HIGH at LOW's bandwidth, and LOW.

    Parameters
    ----------
    small, large : ndarray of float32, shape (rows, columns)
        HIGH brought down, and LOW, both lightly blurred against noise.
    fine_small, fine_large : ndarray of float32, same shapes
        The same without their low frequencies.
    noise : float
        Standard deviation of the noise of the noisier one, before the blur, in grey levels.
    """

    small: Plane
    large: Plane
    fine_small: Plane
    fine_large: Plane
    noise: float

    @classmethod
    def of(cls, low: Plane, small: Plane) -> Self:
        """Make two pictures comparable.

        Parameters
        ----------
        low, small : ndarray of float32, shape (rows, columns)
            One colour of LOW, and of HIGH as `calibration.bandwidth.decimate` brings it down, white at the same value.

        Raises
        ------
        MeasurementError
            When one is without structure.
        """
        noise = max(noise_sigma(small), noise_sigma(low))
        small, large = blur(small, sigma_px=NOISE_BLUR_PX), blur(low, sigma_px=NOISE_BLUR_PX)
        fine_small, fine_large = high_pass(small), high_pass(large)
        for name, fine in (("LOW", fine_large), ("HIGH", fine_small)):
            _check_structure(name, float(fine.std()), noise)
        return cls(small=small, large=large, fine_small=fine_small, fine_large=fine_large, noise=noise)


def check_usable(name: str, plane: Plane) -> None:
    """Refuse a picture that is blank, black or overexposed.

    Parameters
    ----------
    name : str
        Of the picture, for the message.
    plane : ndarray of float32, shape (rows, columns)
        One colour.

    Raises
    ------
    MeasurementError
        When more than half of it has one value.
    """
    clipped = max(float(np.mean(plane == plane.max())), float(np.mean(plane == plane.min())))
    if clipped > CLIPPED_FRACTION:
        raise MeasurementError(
            f"{clipped:.0%} of {name} has one value, as a blank, black or overexposed picture: check the light and "
            "the exposure, and capture it again"
        )


def _check_structure(name: str, contrast: float, noise: float) -> None:
    if contrast < LEAST_CONTRAST * noise:
        raise MeasurementError(
            f"{name} shows no structure (contrast {contrast:.2g} in noise of {noise:.2g} grey levels): "
            "choose a place with tissue, or focus again"
        )
