"""What a report tells of plan, calibration and capture: maps, measurements, one pair, one stack."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""RGB, shape (rows, columns, 3), R first."""

Role = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMark:
    """One site of a slide: its name and the stage position of its centre in µm."""

    name: str
    x_um: float
    y_um: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlideMap:
    """One slide, what its sites are for, and where they lie.

    Parameters
    ----------
    name, specimen : str
        Name of the slide and one line on what lies on it.
    role : {'train', 'validation', 'test'}
        The split it belongs to.
    sites : tuple of SiteMark
        In the order of capture.
    overview : Picture, optional
        A picture of the slide with x to the right and y downwards.
    overview_um : (float, float, float, float), optional
        Left, top, right and bottom edge of `overview` in stage µm.
    """

    name: str
    specimen: str
    role: Role
    sites: tuple[SiteMark, ...]
    overview: Picture | None = None
    overview_um: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One row of the calibration.

    Parameters
    ----------
    name, unit : str
        What was measured.
    value : float
        The measured value.
    interval95 : (float, float)
        Its 95 % interval.
    truth : float, optional
        What the simulator knows it to be.
    digits : int
        Digits after the point that the interval warrants.
    """

    name: str
    unit: str
    value: float
    interval95: tuple[float, float]
    truth: float | None = None
    digits: int = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairView:
    """One pair before and after registration, all three pictures on one grid.

    Parameters
    ----------
    site : str
        Where it was taken.
    low : Picture
        The low-power crop, interpolated to the grid if the grid is finer.
    nominal : Picture
        The high-power picture where stage and turret say it lies.
    registered : Picture
        The same, where registration lays it.
    pixel_um : float
        Of the grid.
    nominal_offset_px, residual_px : float
        Distance from the right place before and after, in low-power pixels.
    truth_rms_px : float, optional
        The registered transform against the true one.
    """

    site: str
    low: Picture
    nominal: Picture
    registered: Picture
    pixel_um: float
    nominal_offset_px: float
    residual_px: float
    truth_rms_px: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One row of the registration table; lengths in low-power pixels."""

    site: str
    role: Role
    accepted: bool
    residual_px: float
    high_pass_ncc: float
    truth_rms_px: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StackView:
    """One focal stack, what it fuses to, and how deep each pixel lies.

    Parameters
    ----------
    site : str
        Where it was taken.
    planes : tuple of Picture
        From the first to the last plane.
    z_um : tuple of float
        Of each plane relative to the middle one.
    fused : Picture
        The extended depth of field.
    depth_um : ndarray, shape (rows, columns)
        Z of the plane each pixel was taken from, relative to the middle one.
    pixel_um : float
        Of all of them.
    """

    site: str
    planes: tuple[Picture, ...]
    z_um: tuple[float, ...]
    fused: Picture
    depth_um: NDArray[np.float64]
    pixel_um: float
