import cv2
import numpy as np
import pytest

from acquire.simulated.specimens.stains import OPTICAL_DENSITY
from acquire.simulated.specimens.unmixing import optical_density, unmixed
from calibration.errors import RigError
from tests.acquire.simulated.specimens.conftest import pixels_of_part


def angle_deg(one, other):
    return np.rad2deg(np.arccos(np.dot(one, other) / np.linalg.norm(one) / np.linalg.norm(other)))


def mixture(one, other, seed=0):
    """Smooth amounts of two stains, pure in places, as a picture of 16 bits."""
    rng = np.random.default_rng(seed)
    first, second = (np.clip(cv2.resize(rng.uniform(-0.4, 1, (9, 9)), (160, 160)), 0, 1) for _ in range(2))
    density = first[..., None] * np.array(one) + second[..., None] * np.array(other)
    return np.round(60_000 * 10**-density).astype(np.uint16)


def test_stains_and_rest_give_the_pictures_optical_density_again():
    picture = pixels_of_part()
    parts = unmixed(picture, "part")
    again = np.tensordot(parts.directions.T, parts.amounts, axes=1)
    assert np.abs(again - optical_density(picture)).max() < 1e-5


@pytest.mark.parametrize(
    ("one", "other"), [("haematoxylin", "eosin"), ("aniline blue", "Biebrich scarlet"), ("iron haematoxylin", "eosin")]
)
def test_the_stains_of_a_mixture_are_found(one, other):
    truth = [OPTICAL_DENSITY[name] for name in (one, other)]
    found = unmixed(mixture(*truth), "mixture").directions
    assert [angle_deg(*pair) for pair in zip(found[:2], truth, strict=True)] == pytest.approx([0, 0], abs=1.5)


def test_what_is_neither_stain_is_little_in_a_real_section():
    amounts = unmixed(pixels_of_part(), "part").amounts
    assert np.square(amounts[2]).mean() < 0.01 * np.square(amounts[:2]).sum(axis=0).mean()


def one_stain(stain, quality):
    """A section in one stain only, as a JPEG decodes it."""
    amount = np.maximum(unmixed(pixels_of_part(), "part").amounts[:2].sum(axis=0), 0)
    picture = np.round(250 * 10 ** (-amount[..., None] * np.array(OPTICAL_DENSITY[stain]))).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("quality", [75, 95])
@pytest.mark.parametrize("stain", ["haematoxylin", "eosin"])
def test_a_picture_in_one_stain_is_refused(stain, quality):
    with pytest.raises(RigError, match="section does not hold two stains"):
        unmixed(one_stain(stain, quality), "section")
