import numpy as np
import pytest

from calibration.bandwidth import NOISE_BLUR_PX, blur, green, high_pass
from calibration.blocks import measure_blocks, noise_sigma
from calibration.shift import peak_2d, small_shift


def prepared(picture):
    return high_pass(blur(green(picture), sigma_px=NOISE_BLUR_PX))


@pytest.mark.parametrize("shift", [(0, 0), (0.1, -0.3), (0.5, 0.5), (-1.3, 2.2), (2.6, -2.7)])
def test_a_small_shift_is_found_within_a_twentieth_of_a_pixel(tissue, view, shift):
    one = prepared(view(tissue, (300, 300), (80, 80)))
    other = prepared(view(tissue, (300 - shift[0], 300 - shift[1]), (80, 80), seed=1))
    assert small_shift(one, other, reach_px=4) == pytest.approx(shift, abs=0.05)


def test_a_small_shift_does_not_depend_on_gain_and_offset(tissue, view):
    one = prepared(view(tissue, (300, 300), (80, 80)))
    other = prepared(view(tissue, (299.3, 300.4), (80, 80), seed=1))
    np.testing.assert_allclose(
        small_shift(one, 0.4 * other + 7, reach_px=3), small_shift(one, other, reach_px=3), atol=1e-3
    )


def test_the_peak_of_a_sampled_parabola_is_its_vertex():
    y, x = np.mgrid[0:7, 0:9]
    surface = 5 - (x - 4.3) ** 2 - 2 * (y - 2.8) ** 2
    assert peak_2d(surface, 3, 4) == pytest.approx((4.3, 2.8))


def test_a_peak_at_the_edge_stays_where_it_is():
    surface = np.arange(12.0).reshape(3, 4)
    assert peak_2d(surface, 2, 3) == (3, 2)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0])
def test_noise_is_estimated_within_a_tenth_under_smooth_structure(sigma):
    y, x = np.mgrid[:200, :200]
    plane = 100 + 40 * np.sin(x / 20) * np.cos(y / 15) + np.random.default_rng(0).normal(0, sigma, (200, 200))
    assert noise_sigma(plane.astype(np.float32)) == pytest.approx(sigma, rel=0.1)


def test_blocks_measure_a_shift_that_grows_over_the_field(tissue, view):
    one = prepared(view(tissue, (200, 200), (240, 240)))
    halves = [prepared(view(tissue, (200 - dx, 200), (240, 240), seed=1)) for dx in (0.0, 0.5)]
    other = np.hstack([halves[0][:, :120], halves[1][:, 120:]])
    residual = measure_blocks(one, other, noise=1.5)
    x, centre = residual.shifts_px[:, 0], residual.centres_px[:, 0]
    assert residual.textured_fraction > 0.9
    assert x[centre < 120 - 24] == pytest.approx(0, abs=0.1)
    assert x[centre > 120 + 24] == pytest.approx(0.5, abs=0.1)


def test_blocks_of_noise_are_not_measured():
    rng = np.random.default_rng(0)
    one, other = (high_pass(blur(rng.normal(200, 2, (200, 200)).astype(np.float32), sigma_px=0.8)) for _ in range(2))
    assert measure_blocks(one, other, noise=2).textured_fraction == 0


def test_stripes_have_no_structure_along_themselves():
    stripes = np.tile(40 * np.sin(np.arange(200) / 3).astype(np.float32), (200, 1))
    assert measure_blocks(stripes, stripes, noise=1).textured_fraction == 0
