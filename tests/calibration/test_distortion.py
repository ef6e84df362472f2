import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.affine import apply, compose, invert, scaling
from calibration.blocks import Residual
from calibration.distortion import Distortion
from calibration.errors import MeasurementError
from calibration.register import register
from calibration.warp import covered_window, warp_high_to_low_grid

HIGH, LOW, FACTOR = (512, 512), (358, 358), 2.5
PLACE = (0.5, 1.01, (12.3, -7.7))
PEAK_PX = 0.6
RECOVERED_PX = 0.1


def field(peak_px=PEAK_PX):
    """A bend in HIGH pixels, shape (rows, columns, 2), of one wave over the picture."""
    y, x = np.indices(HIGH) / HIGH[0]
    bend = np.stack([np.sin(2 * np.pi * y), np.cos(2 * np.pi * x)], axis=-1)
    return peak_px * FACTOR * bend / np.hypot(*np.moveaxis(bend, -1, 0)).max()


def bent(high, displacement):
    y, x = np.indices(high.shape[:2], dtype=np.float32)
    move = displacement.astype(np.float32)
    return cv2.remap(high, x - move[..., 0], y - move[..., 1], cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)


def seen_in_low(found, points):
    small = apply(scaling(FACTOR), points)
    small = small + np.stack(found.distortion.at(small[0, :, 0], small[:, 0, 1]), axis=-1)
    return apply(compose(found.matrix, invert(scaling(FACTOR))), small)


def measured(step_px, shift):
    x, y = np.meshgrid(np.arange(20, 200, step_px), np.arange(20, 160, step_px))
    centres = np.column_stack([x.ravel(), y.ravel()]).astype(float)
    return Residual(centres_px=centres, shifts_px=shift(centres), step_px=step_px, textured_fraction=1.0)


@pytest.fixture(scope="module")
def bent_pair(tissue, draw_pair):
    low, high, matrix = draw_pair(tissue, FACTOR, PLACE, high=HIGH, low=LOW)
    return low, bent(high, field()), matrix


def test_a_smooth_distortion_is_refused_named_and_with_distortion_recovered(bent_pair):
    low, high, matrix = bent_pair
    plain = register(low, high, factor=FACTOR)
    assert "distorted" in plain.reason
    found = register(low, high, factor=FACTOR, distortion=True)
    x, y = np.meshgrid(np.arange(0, 512, 8), np.arange(0, 512, 8))
    points = np.stack([x, y], axis=-1).astype(float)
    gap = seen_in_low(found, points) - apply(matrix, points - field()[y, x])
    assert np.sqrt(np.mean(np.sum(gap**2, axis=-1))) < RECOVERED_PX
    assert found.accepted


def test_one_warp_undoes_transform_and_distortion(bent_pair, tissue, draw_pair):
    low, high, matrix = bent_pair
    _, straight, _ = draw_pair(tissue, FACTOR, PLACE, high=HIGH, low=LOW)
    found = register(low, high, factor=FACTOR, distortion=True)
    window = covered_window(matrix, high.shape, low.shape, FACTOR, margin_px=12)
    where = {"low_shape": low.shape, "factor": FACTOR, "window": window}
    wanted = warp_high_to_low_grid(straight, matrix, **where).astype(float)
    undone = warp_high_to_low_grid(high, found.matrix, distortion=found.distortion, **where)
    left_in = warp_high_to_low_grid(high, found.matrix, **where)
    assert np.abs(undone - wanted).mean() < 0.5 * np.abs(left_in - wanted).mean()


def test_a_sound_pair_gets_next_to_no_distortion(tissue, draw_pair):
    low, high, _ = draw_pair(tissue, FACTOR, PLACE, high=HIGH, low=LOW)
    x = np.arange(205)
    field_px = np.hypot(*register(low, high, factor=FACTOR, distortion=True).distortion.at(x, x))
    assert np.sqrt(np.mean(field_px**2)) < 0.05


def test_no_distortion_moves_nothing_and_an_empty_one_warps_like_none(tissue, draw_pair):
    low, high, matrix = draw_pair(tissue, FACTOR, PLACE, high=HIGH, low=LOW)
    window = covered_window(matrix, high.shape, low.shape, FACTOR)
    where = {"low_shape": low.shape, "factor": FACTOR, "window": window}
    nothing = Distortion.none((204, 204))
    assert nothing.largest_px == 0
    one, other = (warp_high_to_low_grid(high, matrix, distortion=field, **where) for field in (None, nothing))
    assert np.abs(one.astype(float) - other).max() <= 3  # OpenCV takes the same positions in 1/32 of a pixel


@given(a=st.floats(-2, 2), b=st.floats(-0.01, 0.01), c=st.floats(-0.01, 0.01))
def test_displacements_of_first_order_are_fitted_exactly(a, b, c):
    def shift(points):
        return np.column_stack([a + b * points[:, 0], a + c * points[:, 1]])

    found = Distortion.none((180, 220)).corrected(measured(20, shift))
    x, y = np.array([0.0, 100.0, 219.0]), np.array([5.0, 170.0])
    dx, dy = found.at(x, y)
    assert dx == pytest.approx(np.broadcast_to(a + b * x, (2, 3)), abs=1e-3)
    assert dy == pytest.approx(np.broadcast_to(a + c * y[:, None], (2, 3)), abs=1e-3)


def test_too_few_blocks_are_refused_in_words():
    with pytest.raises(MeasurementError, match="12 are needed"):
        Distortion.none((180, 220)).corrected(measured(100, np.zeros_like))
