import numpy as np
import pytest

from calibration.displace import displacement
from calibration.errors import MeasurementError

FIELD = (300, 400)


@pytest.mark.parametrize("shift", [(0, 0), (0.3, -0.45), (17.3, -90.2), (-190.4, 12.7), (150.2, 130.6), (-3.5, 149)])
def test_the_content_is_found_within_a_twentieth_of_a_pixel_up_to_half_the_field(tissue, view, shift):
    reference = view(tissue, (240, 300), FIELD)
    moved = view(tissue, (240 - shift[0], 300 - shift[1]), FIELD, seed=1)
    found = displacement(reference, moved)
    assert (found.dx, found.dy) == pytest.approx(shift, abs=0.05)
    assert found.ncc > 0.9


def test_a_prior_narrows_the_search_without_changing_the_result(tissue, view):
    reference, moved = view(tissue, (240, 300), FIELD), view(tissue, (210, 320), FIELD, seed=1)
    free = displacement(reference, moved)
    led = displacement(reference, moved, prior_px=(40, -40), search_px=30)
    assert (led.dx, led.dy) == pytest.approx((free.dx, free.dy), abs=1e-6)


def test_repeated_structure_is_told_apart_by_the_prior(colour_of):
    y, x = np.mgrid[: FIELD[0], : FIELD[1]]
    weave = colour_of(128 + 40 * np.sin(2 * np.pi * x / 40) + 40 * np.sin(2 * np.pi * y / 40))
    found = displacement(weave, weave, prior_px=(42, -1), search_px=10)
    assert (found.dx, found.dy) == pytest.approx((40, 0), abs=0.1)


def test_other_tissue_is_refused(tissue, view):
    with pytest.raises(MeasurementError, match="no structure in common"):
        displacement(view(tissue, (0, 0), FIELD), view(tissue, (450, 550), FIELD))


@pytest.mark.parametrize("level", [0, 200])
def test_blank_frames_are_refused(tissue, view, level):
    blank = np.full((*FIELD, 3), level, dtype=np.uint8)
    with pytest.raises(MeasurementError, match=r"blank|no structure"):
        displacement(view(tissue, (0, 0), FIELD), blank)


def test_frames_of_different_size_are_refused(tissue, view):
    with pytest.raises(MeasurementError, match="one size"):
        displacement(view(tissue, (0, 0), FIELD), view(tissue, (0, 0), (200, 200)))
