"""Wiener filter with the rig's own transfer function, unit gain at frequency 0."""

from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.baselines import Image, enlarged, rounded
from enhance.classical.method import Method
from enhance.classical.response import Response, Target, framed, framed_shape, picture_of, spectrum, unframed
from enhance.classical.trial import Trial
from enhance.trainingset import Card

NOISE_TO_SIGNAL = tuple(np.geomspace(1e-4, 10.0, 16).round(6))
TARGETS: tuple[Target, ...] = ("object", "high")
TARGET_SAYS = {"object": "towards the object", "high": "towards the stronger objective's picture"}

Values = NDArray[np.float32]


def tune_wiener(trial: Trial, card: Card) -> Method:
    """Find the regularisation with the least error on the validation pieces.

    Parameters
    ----------
    trial : Trial
        The pieces.
    card : Card
        Optics and pixel sizes.
    """
    large = [enlarged(low, card.ratio, cv2.INTER_LANCZOS4) for low in trial.lows]
    spectra = [spectrum(framed(picture)) for picture in large]

    def psnr_db(candidate: tuple[Target, float]) -> float:
        return trial.psnr_db(
            _filtered(seen, picture, Response(card=card, target=candidate[0]), candidate[1])
            for seen, picture in zip(spectra, large, strict=True)
        )

    target, noise = max(((target, noise) for target in TARGETS for noise in NOISE_TO_SIGNAL), key=psnr_db)
    return wiener(card, target=target, noise_to_signal=float(noise))


def wiener(card: Card, *, target: Target, noise_to_signal: float) -> Method:
    """Lanczos enlargement, filtered by ``(1 + k) H / (H² + k)``, which is 1 at frequency 0."""
    response = Response(card=card, target=target)
    return Method(
        name="wiener",
        enlarge=partial(_restored, response=response, noise_to_signal=noise_to_signal),
        says=f"Lanczos, transfer of the optics, noise to signal {noise_to_signal:.3g}, {TARGET_SAYS[target]}",
        parameters={"noise_to_signal": noise_to_signal, "target": target},
    )


def _restored(image: Image, *, response: Response, noise_to_signal: float) -> Image:
    large = enlarged(image, response.card.ratio, cv2.INTER_LANCZOS4)
    return rounded(_filtered(spectrum(framed(large)), large, response, noise_to_signal), image.dtype)


def _filtered(seen: NDArray[np.complex64], large: Values, response: Response, noise_to_signal: float) -> Values:
    shape = framed_shape(large)
    passed, noise = response.of(shape), np.float32(noise_to_signal)
    return unframed(picture_of(seen * ((1 + noise) * passed / (passed * passed + noise)), shape), large)
