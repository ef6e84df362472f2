"""Richardson–Lucy deconvolution with the rig's own transfer function, its kernel signed as it is."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.baselines import Image, enlarged, rounded
from enhance.classical.method import Method
from enhance.classical.response import Response, Target, framed, picture_of, spectrum, unframed
from enhance.classical.trial import Trial
from enhance.classical.wiener import TARGET_SAYS, TARGETS
from enhance.trainingset import Card

MOST_ITERATIONS = 60
"""Noise-free pictures still gain beyond; those of a camera have turned long before."""
LEAST_LIGHT = 1e-3
"""Of the picture's mean: what the estimate would show is at least this, so that nothing is divided by zero."""

Values = NDArray[np.float32]


def tune_richardson_lucy(trial: Trial, card: Card) -> Method:
    """Find the number of iterations with the least error on the validation pieces; the search ends when it rises.

    Parameters
    ----------
    trial : Trial
        The pieces.
    card : Card
        Optics and pixel sizes.
    """
    found = {target: _best_iterations(trial, Response(card=card, target=target)) for target in TARGETS}
    target = max(TARGETS, key=lambda target: found[target][1])
    return richardson_lucy(card, target=target, iterations=found[target][0])


def richardson_lucy(card: Card, *, target: Target, iterations: int) -> Method:
    """Lanczos enlargement, deconvolved from an even start, the colour's mean."""
    response = Response(card=card, target=target)
    return Method(
        name="richardson_lucy",
        enlarge=partial(_restored, response=response, iterations=iterations),
        says=f"Lanczos, signed kernel of the optics, {iterations} iterations from an even start, {TARGET_SAYS[target]}",
        parameters={"iterations": iterations, "target": target},
    )


def _best_iterations(trial: Trial, response: Response) -> tuple[int, float]:
    """Return the number of iterations, and its PSNR."""
    large = [enlarged(low, response.card.ratio, cv2.INTER_LANCZOS4) for low in trial.lows]
    best, best_db = 1, -np.inf
    for number, pictures in enumerate(zip(*(_estimates(picture, response) for picture in large), strict=True), start=1):
        psnr_db = trial.psnr_db(pictures)
        if psnr_db < best_db or number > MOST_ITERATIONS:
            break
        best, best_db = number, psnr_db
    return best, best_db


def _restored(image: Image, *, response: Response, iterations: int) -> Image:
    large = enlarged(image, response.card.ratio, cv2.INTER_LANCZOS4)
    return rounded(next(islice(_estimates(large, response), iterations - 1, None)), image.dtype)


def _estimates(large: Values, response: Response) -> Iterator[Values]:
    """Give the estimate after each iteration. The transfer function is real, so the kernel is its own mirror image."""
    seen = framed(large)
    shape = (seen.shape[0], seen.shape[1])
    passed, least = response.of(shape), np.float32(LEAST_LIGHT * max(float(seen.mean()), 1.0))
    estimate: NDArray[Any] = np.broadcast_to(seen.mean(axis=(0, 1)), seen.shape).astype(np.float32)
    while True:
        shown = np.maximum(picture_of(spectrum(estimate) * passed, shape), least)
        estimate = np.multiply(estimate, picture_of(spectrum(seen / shown) * passed, shape), dtype=np.float32)
        yield unframed(estimate, large)
