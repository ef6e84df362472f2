"""The modulation transfer function from a slanted edge, by the super-sampled edge spread of ISO 12233."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.edgeline import SMALLEST_SIDE_PX, edge_line
from calibration.edgespread import edge_spread
from calibration.edgetransfer import edge_transfer
from calibration.errors import MeasurementError
from calibration.light import clipped_share, lit_plane

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeResponse:
    """What an edge says.

    Parameters
    ----------
    frequency_cycles_per_px : ndarray, shape (n,)
        From 0 to 0.5, the camera's Nyquist frequency, along the normal of the edge.
    mtf : ndarray, shape (n,)
        Contrast at these, 1 at 0; optics and pixel together.
    sigma : ndarray, shape (n,)
        Standard deviation of `mtf` from the noise of the pixels, on the safe side.
    position_px : ndarray, shape (m,)
        Distance from the edge, a quarter of a pixel apart.
    spread : ndarray, shape (m,)
        Brightness there, from 0 on the dark side to 1 on the bright.
    slant_deg : float
        Of the edge from the nearer axis of the camera.
    clipped : float
        Part of the pixels at the largest value of their dtype.
    """

    frequency_cycles_per_px: Values
    mtf: Values
    sigma: Values
    position_px: Values
    spread: Values
    slant_deg: float
    clipped: float

    def frequency_at(self, contrast: float) -> float | None:
        """Cycles per pixel where the MTF first falls to `contrast`; None when it does not below Nyquist."""
        below = np.flatnonzero(self.mtf <= contrast)
        if below.size == 0 or below[0] == 0:
            return None
        at = int(below[0])
        fall = (self.mtf[at - 1] - contrast) / (self.mtf[at - 1] - self.mtf[at])
        before, after = self.frequency_cycles_per_px[at - 1 : at + 1]
        return float(before + fall * (after - before))


def measure_edge(pixels: NDArray[Any], *, black_level: float = 0.0) -> EdgeResponse:
    """Measure the MTF from a picture of one straight edge, in green.

    Each row is searched for the edge, a line is fitted, every pixel is binned by its distance from the line to a
    quarter of a pixel, and the Fourier transform of the slope of that edge spread is the MTF, once what binning and
    differences have taken is given back. What noise alone explains is then taken out (`calibration.edgetransfer`).

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        Proportional to the light but for the black level; one edge of high contrast, 1° to 45° from a camera axis.
    black_level : float
        Pixel value without light.

    Returns
    -------
    EdgeResponse

    Raises
    ------
    MeasurementError
        When the picture is blank or small, or holds no single straight edge, or one too weak or too upright.

    References
    ----------
    ISO 12233:2017, annex D; P. D. Burns, Slanted-edge MTF for digital camera and scanner analysis, PICS (2000).
    """
    plane = lit_plane(pixels, black_level).astype(np.float64)
    if min(plane.shape) < SMALLEST_SIDE_PX:
        raise MeasurementError(
            f"the picture has {plane.shape[1]} × {plane.shape[0]} pixels and an edge needs {SMALLEST_SIDE_PX} along "
            "each side: give a larger part"
        )
    plane = _upright(plane)
    slope, start = edge_line(plane)
    edge, slant_rad = edge_spread(plane, slope, start), float(np.arctan(abs(slope)))
    transfer = edge_transfer(edge, slant_rad)
    return EdgeResponse(
        frequency_cycles_per_px=transfer.frequency_cycles_per_px,
        mtf=transfer.mtf,
        sigma=transfer.sigma,
        position_px=edge.position_px,
        spread=edge.spread,
        slant_deg=float(np.rad2deg(slant_rad)),
        clipped=clipped_share(pixels),
    )


def _upright(plane: Values) -> Values:
    """Turn the picture so that the edge crosses the rows, dark on the left."""
    down, across = (float(np.abs(change).sum()) for change in np.gradient(_soft(plane)))
    upright = plane.T if down > across else plane
    half = upright.shape[1] // 2
    return upright if upright[:, :half].mean() < upright[:, half:].mean() else upright[:, ::-1]


def _soft(plane: Values) -> Values:
    """Blur enough that the slopes of noise do not outweigh the edge's."""
    kernel = np.ones(5) / 5
    for axis in (0, 1):
        plane = np.apply_along_axis(np.convolve, axis, plane, kernel, mode="valid")
    return plane
