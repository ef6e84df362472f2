"""Pictures with known geometry: a real specimen drawn through known transforms, blurred and with noise."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings
from scipy import ndimage

from calibration.affine import compose, shifting

PICTURE = Path(__file__).resolve().parent.parent / "data" / "he_tia.jpg"
NOISE = 1.5

# A busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def band_limited(side, seed):
    """A specimen without end: noise of several grain sizes."""
    rng = np.random.default_rng(seed)
    grains = [ndimage.gaussian_filter(rng.normal(size=(side, side)), s, mode="wrap") for s in (3, 6, 18, 60)]
    field = sum(weight * grain / grain.std() for weight, grain in zip((1, 1.5, 2, 2), grains, strict=True))
    return 150 + 25 * field / field.std()


def colour(plane):
    levels = np.clip(np.rint(plane), 0, 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


def sample(scene, to_scene, shape):
    """Values of `scene` at the pixels of a picture of `shape`; `to_scene` maps (x, y) to (x, y)."""
    matrix, offset = to_scene[::-1, 1::-1], to_scene[::-1, 2]
    return ndimage.affine_transform(scene, matrix, offset=offset, output_shape=shape, order=3, mode="mirror")


def lay(factor, rotation_deg, scale, shift_px, *, high, low):
    """HIGH to LOW that puts centre on centre, then adds a rotation, a scale and a shift in LOW pixels."""
    angle = np.deg2rad(rotation_deg)
    turn = scale / factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre_high, centre_low = (np.array([(s[1] - 1) / 2, (s[0] - 1) / 2]) for s in (high, low))
    return np.column_stack([turn, centre_low + np.asarray(shift_px) - turn @ centre_high])


def render(scene, factor, matrix, *, high, low, noise=NOISE, seed=0, high_sigma=0.6):
    """LOW and HIGH of one scene, whose pixels are HIGH's nominal ones; LOW's field is centred on the scene."""
    rng = np.random.default_rng(seed)
    factor = float(factor)
    corner = [
        (scene.shape[1] - 1) / 2 - factor * (low[1] - 1) / 2,
        (scene.shape[0] - 1) / 2 - factor * (low[0] - 1) / 2,
    ]
    low_to_scene = compose(shifting(*corner), np.array([[factor, 0, 0], [0, factor, 0]]))
    soft = ndimage.gaussian_filter(scene, 0.61 * factor)
    seen_low = sample(soft, low_to_scene, low)
    seen_high = sample(ndimage.gaussian_filter(scene, high_sigma), compose(low_to_scene, matrix), high)
    return tuple(colour(seen + rng.normal(0, noise, seen.shape)) for seen in (seen_low, seen_high))


@pytest.fixture(scope="session")
def tissue():
    """Green of a real H&E section, 896×896."""
    return cv2.imread(str(PICTURE))[..., 1].astype(np.float64)


@pytest.fixture(scope="session")
def grain():
    return band_limited(1000, seed=5)


@pytest.fixture(scope="session")
def lay_centres():
    return lay


@pytest.fixture(scope="session")
def render_pair():
    return render


@pytest.fixture(scope="session")
def draw_pair():
    """LOW, HIGH and the true transform, from where HIGH lies relative to LOW."""

    def draw(scene, factor, place, *, high, low, **light):
        matrix = lay(float(factor), *place, high=high, low=low)
        return *render(scene, factor, matrix, high=high, low=low, **light), matrix

    return draw


@pytest.fixture(scope="session")
def colour_of():
    return colour


@pytest.fixture(scope="session")
def view():
    """Crop of a scene whose upper left pixel lies at (x, y), which may be fractions, with noise."""

    def draw(scene, corner, shape, *, noise=NOISE, seed=0):
        rng = np.random.default_rng(seed)
        seen = sample(ndimage.gaussian_filter(scene, 1.0), shifting(*corner), shape)
        return colour(seen + rng.normal(0, noise, shape))

    return draw
