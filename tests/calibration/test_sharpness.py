import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from calibration.errors import MeasurementError
from calibration.sharpness import brenner, peak, tenengrad

measures = pytest.mark.parametrize("measure", [tenengrad, brenner])


@measures
def test_a_blurred_picture_scores_less(measure, tissue, colour_of):
    scores = [measure(colour_of(ndimage.gaussian_filter(tissue[:300, :300], s))) for s in (0, 1, 2, 4)]
    assert scores == sorted(scores, reverse=True)


@measures
def test_brightness_does_not_change_the_score(measure, tissue, colour_of):
    bright = colour_of(tissue[:300, :300])
    dim = (bright.astype(np.uint16) * 10).astype(np.uint16)
    assert measure(dim) == pytest.approx(measure(bright), rel=1e-4)


@measures
def test_a_black_picture_is_refused(measure):
    with pytest.raises(MeasurementError, match="black"):
        measure(np.zeros((20, 20, 3), dtype=np.uint8))


def test_both_directions_count(colour_of):
    stripes = np.tile(128 + 50 * np.sin(np.arange(60)), (60, 1))
    assert brenner(colour_of(stripes)) == pytest.approx(brenner(colour_of(stripes.T)))
    assert tenengrad(colour_of(stripes)) == pytest.approx(tenengrad(colour_of(stripes.T)))


@given(vertex=st.floats(-0.9, 0.9), step=st.floats(0.1, 2), start=st.floats(-100, 100), height=st.floats(0.1, 10))
def test_the_focus_of_a_parabola_is_its_vertex(vertex, step, start, height):
    z = start + step * np.arange(-3, 4)
    found = peak(z, 20 + height - height * ((z - start) / step - vertex) ** 2)
    assert not found.at_edge
    assert found.z_um == pytest.approx(start + vertex * step, abs=1e-6 * step)


@given(st.permutations(range(7)))
def test_the_order_of_the_planes_does_not_matter(order):
    z = np.arange(7) * 0.5
    score = np.exp(-((z - 1.2) ** 2))
    assert peak(z[order], score[order]).z_um == pytest.approx(peak(z, score).z_um)


@pytest.mark.parametrize("reverse", [1, -1])
def test_a_maximum_at_the_end_of_the_sweep_is_no_focus(reverse):
    found = peak(np.arange(7), np.arange(7)[::reverse] + 1.0)
    assert found.at_edge
    assert found.z_um == (6 if reverse == 1 else 0)


def test_a_flat_curve_is_no_focus():
    found = peak([0, 1, 2, 3], [5.0, 5, 5, 5])
    assert found.at_edge
    assert found.quality == 0


def test_noise_on_the_scores_moves_the_focus_little():
    rng = np.random.default_rng(0)
    z = np.linspace(-1.5, 1.5, 7)
    found = [peak(z, 1 / (1 + (z - 0.1) ** 2 / 0.6) + rng.normal(0, 0.02, 7)).z_um for _ in range(200)]
    assert np.std(found) < 0.06
    assert np.mean(found) == pytest.approx(0.1, abs=0.03)


def test_the_teeth_on_a_plateau_do_not_decide_the_focus():
    z = np.linspace(-4.2, 4.2, 15)
    teeth = np.where(np.arange(15) % 2, 0.1, -0.1) * (abs(z) < 2)
    teeth[np.argmin(abs(z - 1.2))] = 0.25
    found = peak(z, 1 / (1 + (z / 1.8) ** 8) + teeth)
    assert z[np.argmax(1 / (1 + (z / 1.8) ** 8) + teeth)] == pytest.approx(1.2)
    assert found.z_um == pytest.approx(0, abs=0.3)


def test_a_steep_curve_has_a_higher_quality_than_a_shallow_one():
    z = np.arange(-3, 4)
    assert peak(z, 10 - z**2).quality > peak(z, 100 - z**2).quality


@pytest.mark.parametrize(
    ("z", "score"), [([0, 1], [1, 2]), ([0, 1, 2], [1, 2]), ([0, 1, 2], [1, float("nan"), 1]), ([1, 1, 1], [1, 2, 1])]
)
def test_too_few_or_broken_scores_are_refused(z, score):
    with pytest.raises(MeasurementError, match="at least 3 planes"):
        peak(z, score)
