"""What `benchmarks.novelty` shows a model: sound fields, and all kinds of pictures that it should not take for such."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from benchmarks.novelty_fields import TEST_PX
from calibration.flatfield import GLASS_LEVEL

Picture = NDArray[np.uint8]
Expected = Literal["sound", "wrong", "told"]

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket", "retina", "hubble_deep_field")
SECTIONS = ("he_tia.jpg", "he_liver.jpg", "pas_kidney.jpg")
"""Scanned at 0.25, 0.49 and 0.4 µm to the pixel."""
TEST_DATA = Path(__file__).parents[1] / "tests" / "data"
LEAST_DRIVE_UM = 1.5
_STRONG = 1.2  # Napierian density that fills a fluorescence picture
_DARK, _READ_NOISE = 0.02, 0.01  # of the white level
_DYE = (0.05, 0.8, 0.1)  # red, green, blue of a green dye


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One kind of picture.

    Parameters
    ----------
    name : str
        What it is.
    pictures : sequence of ndarray of uint8, shape (rows, columns, 3)
        Of the kind.
    expected : {'sound', 'wrong', 'told'}
        Whether they should be flagged; or their share is only told.
    """

    name: str
    pictures: Sequence[Picture]
    expected: Expected


def cases(fields: dict[str, NDArray[np.uint8]], focus_ratio: float) -> Iterator[Case]:
    """All cases.

    Parameters
    ----------
    fields : mapping
        Of `benchmarks.novelty_fields.cached`.
    focus_ratio : float
        How far the focus moves in the section for each µm of the focus drive.
    """
    sound = [name for name in fields if name.startswith("sound")]
    for name in sound:
        yield Case(name=name, pictures=list(fields[name]), expected="sound")
    for name in fields:
        if name.startswith("pixel"):
            yield Case(name=f"{name} times as large", pictures=list(fields[name]), expected="wrong")
    for name in fields:
        if name.startswith("defocus"):
            yield _defocus(float(name.split()[1]), list(fields[name]), focus_ratio)
    base = np.concatenate([fields[name][::2] for name in sound])
    yield Case(name="inverted", pictures=list(255 - base), expected="wrong")
    yield Case(name="fluorescence-like", pictures=[_fluorescent(p, n) for n, p in enumerate(base)], expected="wrong")
    yield Case(name="half the exposure", pictures=list(base // 2), expected="wrong")
    yield Case(name="red and blue exchanged", pictures=list(base[..., ::-1]), expected="wrong")
    for name in PHOTOGRAPHS:
        yield Case(name=f"photograph {name}", pictures=_cut(getattr(data, name)()), expected="wrong")
    for name in SECTIONS:
        yield Case(name=f"section {name}", pictures=_cut(_read(TEST_DATA / name)), expected="wrong")
    yield Case(name="empty glass", pictures=[_glass(seed) for seed in range(8)], expected="sound")


def _defocus(depth_um: float, pictures: list[Picture], focus_ratio: float) -> Case:
    drive_um = depth_um / focus_ratio
    expected: Expected = "wrong" if drive_um > LEAST_DRIVE_UM - 0.01 else "told"
    return Case(name=f"defocus {depth_um:.2f} µm ({drive_um:.2f} by the drive)", pictures=pictures, expected=expected)


def _fluorescent(picture: Picture, seed: int) -> Picture:
    """Bright where the section is dense, on a dark background."""
    density = -np.log(np.maximum(picture[..., 1] / (255 * GLASS_LEVEL), _READ_NOISE))
    signal = GLASS_LEVEL * np.clip(density, 0, _STRONG)[..., None] / _STRONG * np.array(_DYE) + _DARK
    noise = np.random.default_rng(seed).normal(0, _READ_NOISE, signal.shape)
    return np.asarray(np.clip(255 * (signal + noise), 0, 255), np.uint8)


def _glass(seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 2, (TEST_PX, TEST_PX, 3))
    return np.asarray(np.rint(255 * GLASS_LEVEL + noise), np.uint8)


def _read(path: Path) -> Picture:
    found: Any = cv2.imread(str(path))
    return np.ascontiguousarray(found[..., ::-1])


def _cut(picture: NDArray[Any]) -> list[Picture]:
    rows, columns = (side - TEST_PX + 1 for side in picture.shape[:2])
    return [
        np.ascontiguousarray(picture[row : row + TEST_PX, column : column + TEST_PX, :3])
        for row in range(0, rows, TEST_PX)
        for column in range(0, columns, TEST_PX)
    ]
