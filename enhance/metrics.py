"""How near a picture is to the truth: PSNR and SSIM, inside the tissue and over the whole frame.

The data range is part of every score and is given in every call: the white level of the pictures.
"""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from calibration.flatfield import GLASS_LEVEL

Picture = NDArray[Any]
Mask = NDArray[np.bool_]

TISSUE_DENSITY = 0.05
"""Mean optical density above which a pixel is tissue."""
CLOSING_UM = 1.0
"""Radius of the disc that closes the gaps between tissue pixels."""
GREY_AXES = 2
SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
"""Half the window of SSIM: a Gaussian of sigma 1.5 cut at 3.5 sigma; the map is not defined nearer to the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """PSNR in dB and mean SSIM, inside the mask and over the whole frame.

    Two equal pictures have an infinite PSNR.
    """

    psnr_db: float
    ssim: float
    whole_psnr_db: float
    whole_ssim: float

    def as_dict(self) -> dict[str, float]:
        """Return the four numbers by name."""
        return asdict(self)


def psnr(picture: Picture, truth: Picture, *, data_range: float, mask: Mask | None = None) -> float:
    """Peak signal-to-noise ratio in dB; the squared error is averaged over all colours, inside `mask` if given.

    Parameters
    ----------
    picture, truth : ndarray, shape (rows, columns, 3) or (rows, columns)
        In the same unit.
    data_range : float
        The largest value a pixel can have, in that unit.
    mask : ndarray of bool, shape (rows, columns), optional
        Where to average.

    Returns
    -------
    float
        Infinite when the two are equal.
    """
    difference = picture.astype(np.float64) - truth.astype(np.float64)
    squares = np.square(difference) if mask is None else np.square(difference[mask])
    error = float(np.mean(squares))
    return float("inf") if error == 0 else float(10 * np.log10(data_range**2 / error))


def ssim_map(picture: Picture, truth: Picture, *, data_range: float) -> NDArray[np.float64]:
    """Structural similarity at each pixel, averaged over the colours.

    Gaussian weights of sigma 1.5 and population covariance, as in the paper that defines it; other definitions move the
    mean by 0.02.

    Parameters
    ----------
    picture, truth : ndarray, shape (rows, columns, 3) or (rows, columns)
        At least 11 pixels a side, in the same unit.
    data_range : float
        The largest value a pixel can have, in that unit.

    Returns
    -------
    ndarray, shape (rows − 10, columns − 10)
        Without the border of `SSIM_RADIUS` pixels, where the window would leave the picture.

    References
    ----------
    .. [1] Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13, 600
       (2004), https://doi.org/10.1109/TIP.2003.819861
    """
    _, similarity = structural_similarity(
        picture.astype(np.float64),
        truth.astype(np.float64),
        gaussian_weights=True,
        sigma=SSIM_SIGMA,
        use_sample_covariance=False,
        data_range=data_range,
        channel_axis=None if picture.ndim == GREY_AXES else -1,
        full=True,
    )
    inner = similarity[SSIM_RADIUS:-SSIM_RADIUS, SSIM_RADIUS:-SSIM_RADIUS]
    return np.asarray(inner.reshape(*inner.shape[:2], -1).mean(axis=-1))


def ssim(picture: Picture, truth: Picture, *, data_range: float, mask: Mask | None = None) -> float:
    """Mean of `ssim_map`, inside `mask` (of the pictures' rows and columns) if given."""
    similarity = ssim_map(picture, truth, data_range=data_range)
    return float(np.mean(similarity if mask is None else similarity[_inner(mask)]))


def tissue_mask(truth: Picture, *, pixel_um: float, white_level: float, corrected: bool = True) -> Mask:
    """Where there is tissue: mean optical density over the colours above 0.05, closed by a disc of 1 µm.

    Parameters
    ----------
    truth : ndarray, shape (rows, columns, 3)
        The picture to compare with.
    pixel_um : float
        Its pixel size.
    white_level : float
        Pixel value of saturation.
    corrected : bool
        Whether empty glass lies at `GLASS_LEVEL`; at the white level otherwise.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
    """
    glass = white_level * (GLASS_LEVEL if corrected else 1.0)
    transmission = np.maximum(truth.astype(np.float32), 1.0) / np.float32(glass)
    dense = (-np.log10(transmission)).mean(axis=-1) > TISSUE_DENSITY
    radius = max(1, round(CLOSING_UM / pixel_um))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(dense.astype(np.uint8), cv2.MORPH_CLOSE, disc).astype(np.bool_)


def score(picture: Picture, truth: Picture, mask: Mask, *, data_range: float) -> Score:
    """Both scores, inside the mask and over the whole frame; an empty mask gives NaN inside.

    Parameters
    ----------
    picture, truth : ndarray, shape (rows, columns, 3)
        In the same unit.
    mask : ndarray of bool, shape (rows, columns)
        The tissue.
    data_range : float
        The largest value a pixel can have.
    """
    similarity = ssim_map(picture, truth, data_range=data_range)
    inside = _inner(mask)
    return Score(
        psnr_db=psnr(picture, truth, data_range=data_range, mask=mask) if mask.any() else float("nan"),
        ssim=float(similarity[inside].mean()) if inside.any() else float("nan"),
        whole_psnr_db=psnr(picture, truth, data_range=data_range),
        whole_ssim=float(similarity.mean()),
    )


def _inner(mask: Mask) -> Mask:
    return mask[SSIM_RADIUS:-SSIM_RADIUS, SSIM_RADIUS:-SSIM_RADIUS]
