"""Pixel size: a picture resampled to the pixels that a model was trained at, or refused where the two lie far apart."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from enhance.engine import Image
from enhance.errors import ImageError
from enhance.picture import Picture

SAME_SIZE = 0.02
"""Relative difference below which a picture is left as it is: stands differ by as much from their nominal scale."""
FARTHEST = 0.3
"""Relative difference beyond which a picture is refused: detail would be missing from it, or be there for nothing."""
_ROUNDING = 1e-6  # so that exactly 30 % passes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A picture at the pixel size of a model, as far as that is known.

    Parameters
    ----------
    picture : Picture
        Its `pixel_um` is the true one, nearly the model's.
    resampled : bool
        Whether it is other pixels than those of the file.
    noise_kept : float
        Share of the variance of white noise that resampling left.
    """

    picture: Picture
    resampled: bool = False
    noise_kept: float = 1.0


def fitted(picture: Picture, model_um: float | None, *, name: str, told_um: float | None = None) -> Fitted:
    """Bring a picture to the pixel size of a model.

    Parameters
    ----------
    picture : Picture
        As it was read.
    model_um : float or None
        Pixel size that the model takes, in µm; with None nothing is known and nothing done.
    name : str
        Of the picture, for what is said.
    told_um : float, optional
        Its pixel size in µm, in place of what its file says.

    Returns
    -------
    Fitted
        With a note of what was done, or of what is not known.

    Raises
    ------
    ImageError
        When the sizes differ by more than 30 %, or the size told is not positive.
    """
    if told_um is not None:
        if not 0 < told_um < float("inf"):
            raise ImageError(f"a pixel size of {told_um} µm was given: give a positive number of µm")
        picture = replace(picture, pixel_um=told_um)
    if model_um is None:
        return Fitted(picture=picture)
    if picture.pixel_um is None:
        return Fitted(picture=_noted(picture, _unknown(model_um)))
    times = picture.pixel_um / model_um
    if abs(times - 1) <= SAME_SIZE:
        return Fitted(picture=picture)
    if abs(times - 1) > FARTHEST + _ROUNDING:
        raise ImageError(_refusal(name, picture.pixel_um, model_um))
    return _resampled(picture, model_um, times)


def _noted(picture: Picture, note: str) -> Picture:
    return replace(picture, notes=(*picture.notes, note))


def _unknown(model_um: float) -> str:
    return f"its pixel size is not known and was taken for the model's {model_um:.3f} µm: give --pixel-um if it is not"


def _refusal(name: str, pixel_um: float, model_um: float) -> str:
    return (
        f"{name} has {pixel_um:.3f} µm to the pixel and the model was trained at {model_um:.3f}; a picture is "
        f"resampled only if the two differ by at most {FARTHEST:.0%}: take a model trained near {pixel_um:.3f} µm, or "
        "correct the pixel size if it is wrong"
    )


def _resampled(picture: Picture, model_um: float, times: float) -> Fitted:
    rows, columns = picture.pixels.shape[:2]
    size = [max(1, round(side * times)) for side in (columns, rows)]
    shrinks = times < 1
    pixels: Image = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)  # type: ignore[assignment]
    pixels = np.minimum(pixels, np.array(min(picture.white_level, np.iinfo(pixels.dtype).max), dtype=pixels.dtype))
    note = f"resampled from {picture.pixel_um:.3f} µm to the pixel to the {model_um:.3f} that the model was trained at"
    exact_um = (picture.pixel_um or model_um) * float(np.sqrt(rows * columns / (size[0] * size[1])))
    other = replace(picture, pixels=pixels, pixel_um=exact_um)
    return Fitted(picture=_noted(other, note), resampled=True, noise_kept=times**2 if shrinks else 1.0)
