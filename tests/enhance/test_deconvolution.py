import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.transfer import COLOURS_UM
from enhance.classical.response import Response, framed, framed_shape, picture_of, spectrum, unframed
from enhance.classical.richardsonlucy import richardson_lucy, tune_richardson_lucy
from enhance.classical.trial import Trial
from enhance.classical.unsharp import tune_unsharp, unsharp
from enhance.classical.wiener import tune_wiener, wiener
from enhance.judged.bands import cutoff
from enhance.metrics import psnr
from enhance.trainingset import open_training_set
from enhance.validation import choose_validation
from tests.enhance.small_pairs import texture, write_pairs

SIDE = (120, 128)
TARGETS = ("object", "high")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return open_training_set(write_pairs(tmp_path_factory.mktemp("data") / "PAIRS", splits=("train", "validation")))


@pytest.fixture(scope="module")
def card(data):
    return data.card


def same_grid(card):
    """A card whose two pictures have one pixel size, so that nothing is enlarged."""
    return card.model_copy(
        update={"ratio": (1, 1), "pixel_um": card.pixel_um.model_copy(update={"low": card.pixel_um.high})}
    )


def seen_through(card, picture):
    """What the weaker objective shows of an object, in whole levels."""
    large = framed(picture.astype(np.float32))
    shape = framed_shape(picture)
    shown = picture_of(spectrum(large) * Response(card=card, target="object").of(shape), shape)
    return np.clip(np.rint(unframed(shown, picture)), 0, 255).astype(np.uint8)


def test_the_response_is_one_at_rest_and_nothing_beyond_the_cutoff_of_each_colour(card):
    response = Response(card=card, target="object").of(SIDE)
    radius = np.hypot(
        np.fft.rfftfreq(SIDE[1], card.pixel_um.high), np.fft.fftfreq(SIDE[0], card.pixel_um.high)[:, None]
    )
    assert np.allclose(response[0, 0], 1)
    for colour, wavelength in enumerate(COLOURS_UM):
        beyond = radius > cutoff(card.optics.low, card.optics.condenser_na, wavelength)
        assert np.abs(response[beyond, colour]).max() == 0
        assert response[radius < 1.0, colour].min() > 0.4


def test_the_kernel_keeps_its_negative_lobes(card):
    kernel = picture_of(Response(card=card, target="object").of(SIDE).astype(np.complex64), SIDE)
    assert kernel.min() < -0.001 * kernel.max()


def test_asking_for_less_leaves_more_of_the_response(card):
    towards_object, towards_high = (Response(card=card, target=target).of(SIDE) for target in TARGETS)
    assert (towards_high >= towards_object - 1e-6).all()


@settings(max_examples=12, deadline=None)
@given(level=st.integers(1, 254), target=st.sampled_from(TARGETS), amount=st.floats(1e-4, 10))
def test_an_even_picture_stays_even(card, level, target, amount):
    even = np.full((31, 40, 3), level, dtype=np.uint8)
    for method in (
        wiener(card, target=target, noise_to_signal=amount),
        richardson_lucy(card, target=target, iterations=4),
        unsharp(card.ratio, sigma_px=1.5, amount=amount),
    ):
        restored = method.enlarge(even)
        assert restored.shape == (78, 100, 3)
        assert (restored == level).all()


@pytest.mark.parametrize("name", ["wiener", "richardson_lucy"])
def test_what_the_optics_blurred_is_sharpened_towards_the_object_and_keeps_its_brightness(card, name):
    one_grid = same_grid(card)
    thing = texture(160, seed=3)
    blurred = seen_through(one_grid, thing)
    method = (
        wiener(one_grid, target="object", noise_to_signal=2e-3)
        if name == "wiener"
        else richardson_lucy(one_grid, target="object", iterations=40)
    )
    inner = np.s_[20:-20, 20:-20]
    restored = method.enlarge(blurred)
    gain_db = psnr(restored[inner], thing[inner], data_range=255) - psnr(blurred[inner], thing[inner], data_range=255)
    assert gain_db > 1
    assert abs(restored[inner].mean() - blurred[inner].mean()) < 0.5


def test_the_unsharp_mask_that_made_the_labels_is_found(data):
    trial = labelled(data, unsharp(data.card.ratio, sigma_px=2.32, amount=0.8).enlarge)
    found = tune_unsharp(trial, data.card.ratio)
    assert found.parameters["sigma_px"] == pytest.approx(2.32, abs=0.01)
    assert found.parameters["amount"] == pytest.approx(0.8, abs=0.02)
    assert "amount 0.8" in found.says


def test_the_regularisation_that_made_the_labels_is_found(data, card):
    made = tune_wiener(labelled(data, wiener(card, target="high", noise_to_signal=0.1).enlarge), card)
    assert made.parameters["noise_to_signal"] == pytest.approx(0.1)
    assert made.parameters["target"] == "high"


def test_the_number_of_iterations_that_made_the_labels_is_found(data, card):
    trial = labelled(data, richardson_lucy(card, target="object", iterations=7).enlarge)
    assert tune_richardson_lucy(trial, card).parameters == {"iterations": 7, "target": "object"}


def labelled(data, enlarge):
    """A trial whose labels are what some method makes of its pictures."""
    validation = choose_validation(data, border_px=20)
    for example in validation.examples:
        example.label[:] = enlarge(example.low)
    return Trial(validation=validation)
