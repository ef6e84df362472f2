"""The camera: from even light to what a sensor delivers, with shading, white balance, noise and saturation."""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.faults import Sensor

Image = NDArray[np.float32]

WHITE_LEVEL = 255
"""Grey level of a full well."""

_FILL = 0.85  # of the full well by empty glass, at the exposure and magnification below
_FILL_EXPOSURE_MS = 8.0
_FILL_MAGNIFICATION = 40.0
_DECENTRING = 0.25  # largest distance of the light's centre from the frame's, as a share of the half diagonal
_COLOUR_SPREAD = 0.15  # by which the shading of the colours differs


def brightness(*, exposure_ms: float, magnification: float) -> float:
    """Return how full empty glass makes the wells of a neutral camera.

    With one condenser the light on a pixel goes with the exposure and with 1 / magnification².
    """
    return _FILL * exposure_ms / _FILL_EXPOSURE_MS * (_FILL_MAGNIFICATION / magnification) ** 2


@lru_cache(maxsize=8)
def light_field(
    key: str, loss: float, *, frame: tuple[int, int], roi: tuple[int, int, int, int], binning: int
) -> Image:
    """Even light as an objective lets it through, shape (rows, columns, 3), at most 1.

    Parameters
    ----------
    key : str
        Decides where the light's centre lies in each colour.
    loss : float
        Light lost at the frame's corners, as a fraction.
    frame : (int, int)
        Columns and rows of the whole sensor.
    roi : (int, int, int, int)
        Region read out, x, y, width, height in binned pixels.
    binning : int
        Sensor pixels for each pixel along one axis.
    """
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(digest, "little"))
    centre = rng.uniform(-_DECENTRING, _DECENTRING, size=2)
    radius = 0.5 * np.hypot(*frame)
    x = ((roi[0] + np.arange(roi[2]) + 0.5) * binning - frame[0] / 2) / radius
    y = (((roi[1] + np.arange(roi[3]) + 0.5) * binning - frame[1] / 2) / radius)[:, None]
    light = np.empty((roi[3], roi[2], 3), np.float32)
    for colour in range(3):
        apart = centre + 0.3 * rng.uniform(-_DECENTRING, _DECENTRING, size=2)
        strength = loss * (1 + rng.uniform(-_COLOUR_SPREAD, _COLOUR_SPREAD))
        light[..., colour] = 1 - strength * ((x - apart[0]) ** 2 + (y - apart[1]) ** 2)
    return light


def develop(transmission: Image, light: Image, sensor: Sensor, *, filled: float, noise_key: str) -> NDArray[np.uint8]:
    """Expose a picture.

    Parameters
    ----------
    transmission : ndarray of float32, shape (rows, columns, 3)
        1 is empty glass.
    light : ndarray of float32, same shape
        From `light_field`.
    sensor : Sensor
        The camera.
    filled : float
        From `brightness`.
    noise_key : str
        The same key gives the same noise.

    Returns
    -------
    ndarray of uint8, same shape
        Photon noise is a Gaussian of the same variance, which is as good from 20 electrons up and takes a third of the
        time.
    """
    gains = np.array(sensor.gains, np.float32)
    electrons = transmission * light * (gains * np.float32(filled * sensor.full_well_e))
    if sensor.noise:
        digest = hashlib.blake2b(noise_key.encode(), digest_size=16).digest()
        rng = np.random.Generator(np.random.SFC64(int.from_bytes(digest, "little")))
        spread = np.sqrt(np.maximum(electrons, 0) + np.float32(sensor.read_noise_e**2))
        electrons += spread * rng.standard_normal(electrons.shape, np.float32)
    levels = electrons * np.float32(WHITE_LEVEL / sensor.full_well_e) + np.float32(sensor.offset * WHITE_LEVEL)
    pixels: NDArray[np.uint8] = np.clip(np.rint(levels), 0, WHITE_LEVEL).astype(np.uint8)
    return pixels
