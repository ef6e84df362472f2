"""Unsharp mask on the bicubic enlargement: how wide, and how much of it."""

from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.baselines import Image, enlarged, rounded
from enhance.classical.method import Method
from enhance.classical.trial import Trial
from enhance.validation import Example, trimmed

SIGMAS_PX = tuple(np.geomspace(0.5, 5.0, 13).round(2))
"""Widths that are tried, in output pixels: from below a pixel to two low-resolution ones."""

Values = NDArray[np.float32]


def tune_unsharp(trial: Trial, ratio: tuple[int, int]) -> Method:
    """Find the width and amount with the least error on the validation pieces.

    For each width the best amount is the least-squares one, and never negative, which would blur.

    Parameters
    ----------
    trial : Trial
        The pieces.
    ratio : (int, int)
        p and q.
    """
    large = [enlarged(low, ratio, cv2.INTER_CUBIC) for low in trial.lows]
    amounts = {sigma: _best_amount(trial.examples, large, sigma) for sigma in SIGMAS_PX}

    def psnr_db(sigma: float) -> float:
        return trial.psnr_db(picture + amounts[sigma] * _detail(picture, sigma) for picture in large)

    sigma = max(SIGMAS_PX, key=psnr_db)
    return unsharp(ratio, sigma_px=float(sigma), amount=amounts[sigma])


def unsharp(ratio: tuple[int, int], *, sigma_px: float, amount: float) -> Method:
    """Bicubic enlargement plus `amount` of its difference to itself blurred by `sigma_px` output pixels."""
    return Method(
        name="unsharp",
        enlarge=partial(_sharpened, ratio=ratio, sigma_px=sigma_px, amount=amount),
        says=f"bicubic, sigma {sigma_px:.2f} output px, amount {amount:.2f}",
        parameters={"sigma_px": sigma_px, "amount": amount},
    )


def _sharpened(image: Image, *, ratio: tuple[int, int], sigma_px: float, amount: float) -> Image:
    large = enlarged(image, ratio, cv2.INTER_CUBIC)
    return rounded(large + np.float32(amount) * _detail(large, sigma_px), image.dtype)


def _detail(large: Values, sigma_px: float) -> Values:
    return large - cv2.GaussianBlur(large, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)


def _best_amount(examples: tuple[Example, ...], large: list[Values], sigma_px: float) -> float:
    wanted = weight = 0.0
    for example, picture in zip(examples, large, strict=True):
        lacking = trimmed(example.label, example.border_px) - _inner(picture, example)
        detail = _inner(_detail(picture, sigma_px), example)[example.tissue]
        wanted += float(np.sum(detail * lacking[example.tissue], dtype=np.float64))
        weight += float(np.sum(detail * detail, dtype=np.float64))
    return max(0.0, wanted / weight) if weight else 0.0


def _inner(values: Values, example: Example) -> Values:
    border = example.border_px
    return values[border : values.shape[0] - border, border : values.shape[1] - border]
