"""The camera: from even light to what a sensor delivers, with shading, white balance, noise, stuck pixels, its bits."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.chance import drawing, noise_drawing
from acquire.simulated.faults import Mount, Sensor
from acquire.simulated.specimens.specimen import THREADS

Image = NDArray[np.float32]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Region = tuple[int, int, int, int]

BAYER_COLOUR = {"R": 0, "G": 1, "B": 2}

_FILL = 0.85  # of the full well by empty glass, at the exposure and magnification below
_FILL_EXPOSURE_MS = 8.0
_FILL_MAGNIFICATION = 40.0
_DECENTRING = 0.25  # largest distance of the light's centre from the frame's, as a share of the half diagonal
_COLOUR_SPREAD = 0.15  # by which the shading of the colours differs
_VIGNETTE = 0.8  # from this share of the half diagonal on, light is cut off
_NOISE_PARTS = 4  # bands of rows with a generator of their own, whatever the number of threads


def brightness(*, exposure_ms: float, magnification: float) -> float:
    """Return how full empty glass makes the wells of a neutral camera.

    With one condenser the light on a pixel goes with the exposure and with 1 / magnification².
    """
    return _FILL * exposure_ms / _FILL_EXPOSURE_MS * (_FILL_MAGNIFICATION / magnification) ** 2


@lru_cache(maxsize=8)
def light_field(key: str, mount: Mount, *, frame: tuple[int, int], roi: Region, binning: int) -> Image:
    """Even light as an objective lets it through, shape (rows, columns, 3), at most 1.

    Parameters
    ----------
    key : str
        Decides where the light's centre lies in each colour.
    mount : Mount
        Its shading and vignetting.
    frame : (int, int)
        Columns and rows of the whole sensor.
    roi : (int, int, int, int)
        Region read out, x, y, width, height in binned pixels.
    binning : int
        Sensor pixels for each pixel along one axis.
    """
    rng = drawing(key)
    centre = rng.uniform(-_DECENTRING, _DECENTRING, size=2)
    radius = 0.5 * np.hypot(*frame)
    x = ((roi[0] + np.arange(roi[2]) + 0.5) * binning - frame[0] / 2) / radius
    y = (((roi[1] + np.arange(roi[3]) + 0.5) * binning - frame[1] / 2) / radius)[:, None]
    light = np.empty((roi[3], roi[2], 3), np.float32)
    cut = 1 - mount.vignetting * np.clip((np.hypot(x, y) - _VIGNETTE) / (1 - _VIGNETTE), 0, 1) ** 2
    for colour in range(3):
        apart = centre + 0.3 * rng.uniform(-_DECENTRING, _DECENTRING, size=2)
        strength = mount.shading * (1 + rng.uniform(-_COLOUR_SPREAD, _COLOUR_SPREAD))
        light[..., colour] = cut * (1 - strength * ((x - apart[0]) ** 2 + (y - apart[1]) ** 2))
    return light


@lru_cache(maxsize=8)
def stuck_pixels(seed: int, share: float, *, frame: tuple[int, int], roi: Region) -> tuple[NDArray[np.intp], ...]:
    """Return rows, columns and whether they are white, of the stuck pixels in a region of an unbinned sensor."""
    columns, rows = frame
    rng = drawing(f"{seed} stuck")
    count = int(rng.poisson(share * columns * rows))
    row, column, white = rng.integers(rows, size=count), rng.integers(columns, size=count), rng.integers(2, size=count)
    row, column = row - roi[1], column - roi[0]
    inside = (row >= 0) & (row < roi[3]) & (column >= 0) & (column < roi[2])
    return row[inside], column[inside], white[inside]


def mosaic(colours: Image, pattern: str, roi: Region) -> Image:
    """Keep of each pixel the colour of its filter, shape (rows, columns, 1).

    Parameters
    ----------
    colours : ndarray of float32, shape (rows, columns, 3)
        R first.
    pattern : str
        Filters of the first two rows of the sensor, for instance ``RGGB``.
    roi : (int, int, int, int)
        Region read out: an odd corner shifts the pattern.
    """
    kept = np.empty((*colours.shape[:2], 1), np.float32)
    for number, letter in enumerate(pattern):
        rows, columns = slice((number // 2 - roi[1]) % 2, None, 2), slice((number % 2 - roi[0]) % 2, None, 2)
        kept[rows, columns, 0] = colours[rows, columns, BAYER_COLOUR[letter]]
    return kept


def develop(electrons: Image, sensor: Sensor, *, noise_key: str) -> Pixels:
    """Read a picture out.

    Parameters
    ----------
    electrons : ndarray of float32, shape (rows, columns, channels)
        Mean number in each well.
    sensor : Sensor
        The camera.
    noise_key : str
        The same key gives the same noise.

    Returns
    -------
    ndarray of uint8 or uint16, same shape
        Photon noise is a Gaussian of the same variance, which is as good from 20 electrons up and takes a third of the
        time.
    """
    pixels = np.empty(electrons.shape, np.uint8 if sensor.white_level < 2**8 else np.uint16)
    edges = np.linspace(0, len(electrons), _NOISE_PARTS + 1).astype(int)
    gain = np.float32(sensor.white_level / sensor.full_well_e)
    base = np.float32(sensor.offset * sensor.white_level + 0.5)

    def read_out(part: int) -> None:
        rows = slice(edges[part], edges[part + 1])
        levels = electrons[rows] * gain + base
        if sensor.noise:
            rng = noise_drawing(f"{noise_key} {part}")
            noise = rng.standard_normal(levels.shape, np.float32)
            noise *= np.sqrt(np.maximum(electrons[rows], 0) + np.float32(sensor.read_noise_e**2)) * gain
            levels += noise
        pixels[rows] = np.clip(levels, 0, sensor.white_level, out=levels)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(read_out, range(_NOISE_PARTS)))
    return pixels
