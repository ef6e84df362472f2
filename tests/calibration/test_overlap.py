import numpy as np
import pytest

from calibration.bandwidth import NOISE_BLUR_PX, blur, green, high_pass
from calibration.links import EDGE_PX
from calibration.overlap import measure_overlap

STRIP = (220, 40)
SEEN = (STRIP[0] + 2 * EDGE_PX, STRIP[1] + 2 * EDGE_PX)


def prepared(picture):
    return high_pass(blur(green(picture), sigma_px=NOISE_BLUR_PX))[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX]


@pytest.mark.parametrize("shift", [(0, 0), (0.4, -0.3), (7.3, -11.2), (-14.6, 12.7), (2, 25.5)])
def test_the_shift_of_a_narrow_strip_is_found_within_a_twentieth_of_a_pixel(tissue, view, shift):
    first = prepared(view(tissue, (300, 300), SEEN))
    second = prepared(view(tissue, (300 - shift[0], 300 - shift[1]), SEEN, seed=1))
    found = measure_overlap(first, second, search_px=30)
    assert (found.dx, found.dy) == pytest.approx(shift, abs=0.05)


def test_the_stated_error_is_that_of_repeated_measurements(grain, view):
    clean = [view(grain, corner, SEEN, noise=0).astype(float) for corner in ((300, 300), (296.6, 302.3))]
    rng = np.random.default_rng(0)

    def once():
        noisy = [np.clip(np.rint(strip + rng.normal(0, 5, SEEN)[..., None]), 0, 255) for strip in clean]
        return measure_overlap(*(prepared(strip.astype(np.uint8)) for strip in noisy), search_px=10)

    found = [once() for _ in range(60)]
    scatter = np.std([(one.dx, one.dy) for one in found], axis=0).max()
    assert 0.5 < scatter / np.mean([one.sigma_px for one in found]) < 2


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_shift(seed):
    rng = np.random.default_rng(seed)
    first, second = (high_pass(blur(rng.normal(size=STRIP).astype(np.float32), sigma_px=0.8)) for _ in range(2))
    assert measure_overlap(first, second, search_px=15) is None


def test_blank_strips_have_no_shift():
    blank = np.zeros(STRIP, np.float32)
    assert measure_overlap(blank, blank, search_px=15) is None


def test_other_tissue_has_no_shift(tissue, view):
    first, second = (prepared(view(tissue, corner, SEEN)) for corner in ((100, 100), (600, 500)))
    assert measure_overlap(first, second, search_px=15) is None


def test_stripes_have_no_shift_along_themselves():
    stripes = np.tile(40 * np.sin(np.arange(STRIP[1]) / 2).astype(np.float32), (STRIP[0], 1))
    rng = np.random.default_rng(0)
    first, second = (stripes + rng.normal(size=STRIP).astype(np.float32) for _ in range(2))
    assert measure_overlap(first, second, search_px=15) is None
