import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.displace import displacement
from calibration.errors import MeasurementError
from calibration.stage import estimate_stage_matrix, pixel_and_rotation

UPRIGHT = [
    np.array(axes, dtype=float) * np.array([[a], [b]])
    for axes in ([[1, 0], [0, 1]], [[0, 1], [1, 0]])
    for a in (1, -1)
    for b in (1, -1)
]
GRID_UM = np.array([(x, y) for x in (-40, 0, 40) for y in (-40, 0, 40) if x or y], dtype=float)


def stage_matrix(pixel_um, rotation_deg, upright):
    angle = np.deg2rad(rotation_deg)
    return pixel_um * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ upright


def content_shift(matrix, moves_um):
    """Where a point of the specimen goes in the picture: s = p + S u stays, so S du = -dp."""
    return -np.linalg.solve(matrix, np.asarray(moves_um).T).T


@given(
    pixel_um=st.floats(0.05, 2), rotation_deg=st.floats(-40, 40), upright=st.sampled_from(UPRIGHT), n=st.integers(4, 8)
)
def test_exact_moves_give_the_exact_matrix_in_every_orientation_of_the_camera(pixel_um, rotation_deg, upright, n):
    matrix = stage_matrix(pixel_um, rotation_deg, upright)
    moves = GRID_UM[:n]
    fit = estimate_stage_matrix(moves, content_shift(matrix, moves))
    np.testing.assert_allclose(fit.matrix, matrix, rtol=1e-6, atol=1e-9)
    assert fit.pixel_um.value == pytest.approx(pixel_um)
    assert fit.rotation_deg.value == pytest.approx(rotation_deg, abs=1e-6)
    assert fit.residual_um_rms < 1e-6


def test_moving_the_stage_by_s_u_centres_the_point_seen_at_u(tissue, view):
    """Pictures of a stage whose x runs against the columns; the sign is what is tested."""
    pixel_um, corner = 0.5, np.array([240.0, 300.0])
    truth = pixel_um * np.array([[-1.0, 0.0], [0.0, 1.0]])
    moves = [(20, 0), (0, 20), (-20, 0), (0, -20), (20, 20)]
    reference = view(tissue, corner, (300, 300))
    shifts = []
    for move in moves:
        seen = view(tissue, corner + np.linalg.solve(truth, move), (300, 300), seed=1)
        found = displacement(reference, seen)
        shifts.append((found.dx, found.dy))
    fit = estimate_stage_matrix(moves, shifts)
    np.testing.assert_allclose(fit.matrix, truth, atol=1e-3)
    offset_px = np.array([30.0, -22.0])
    centred = view(tissue, corner + np.linalg.solve(truth, fit.matrix @ offset_px), (300, 300), seed=2)
    gone = displacement(reference, centred)
    assert (gone.dx, gone.dy) == pytest.approx(tuple(-offset_px), abs=0.1)


def noisy(rng, rotation_deg=0.7, noise_um=0.3):
    matrix = stage_matrix(0.185, rotation_deg, UPRIGHT[2])
    reached = GRID_UM + rng.normal(0, noise_um, GRID_UM.shape) - rng.normal(0, noise_um, 2)
    return content_shift(matrix, reached)


def test_the_95_percent_intervals_hold_the_truth_19_times_in_20():
    rng = np.random.default_rng(0)
    fits = [estimate_stage_matrix(GRID_UM, noisy(rng)) for _ in range(300)]
    for name, truth in (("pixel_um", 0.185), ("rotation_deg", 0.7)):
        intervals = np.array([getattr(fit, name).interval95 for fit in fits])
        held = np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
        assert 0.9 < held < 0.99


def test_the_residual_is_that_of_the_stage():
    rng = np.random.default_rng(1)
    residuals = [estimate_stage_matrix(GRID_UM, noisy(rng)).residual_um_rms for _ in range(50)]
    assert np.mean(residuals) == pytest.approx(0.3 * np.sqrt(2) * np.sqrt(5 / 8), rel=0.15)


def test_wrong_shifts_are_left_out():
    shifts = noisy(np.random.default_rng(2))
    shifts[[1, 5]] += [[120, -60], [-300, 10]]
    fit = estimate_stage_matrix(GRID_UM, shifts)
    assert list(np.flatnonzero(~fit.inliers)) == [1, 5]
    assert fit.pixel_um.value == pytest.approx(0.185, rel=0.01)


def test_too_few_moves_are_refused():
    with pytest.raises(MeasurementError, match="3 stage move"):
        estimate_stage_matrix(GRID_UM[:3], GRID_UM[:3])


def test_moves_along_one_line_are_refused():
    line = np.array([(x, 0.01 * x) for x in range(6)], dtype=float)
    with pytest.raises(MeasurementError, match="stage moves lie on one line"):
        estimate_stage_matrix(line, content_shift(stage_matrix(0.2, 0, UPRIGHT[0]), line))


def test_a_stage_that_never_moved_is_refused():
    with pytest.raises(MeasurementError, match="picture shifts lie on one line"):
        estimate_stage_matrix(GRID_UM, np.zeros_like(GRID_UM))


def test_shifts_that_contradict_the_moves_are_refused():
    with pytest.raises(MeasurementError, match="contradict"):
        estimate_stage_matrix(GRID_UM, np.random.default_rng(0).uniform(-200, 200, GRID_UM.shape))


def test_a_stage_axis_with_the_wrong_scale_is_refused():
    shifts = content_shift(np.diag([0.2, 0.4]), GRID_UM)
    with pytest.raises(MeasurementError, match=r"0\.2000 and 0\.4000"):
        estimate_stage_matrix(GRID_UM, shifts)


@pytest.mark.parametrize("shifts", [np.zeros((8, 3)), np.zeros((7, 2)), np.full((8, 2), np.nan)])
def test_arrays_of_the_wrong_kind_are_refused(shifts):
    with pytest.raises(MeasurementError, match="finite"):
        estimate_stage_matrix(GRID_UM, shifts)


@pytest.mark.parametrize("upright", UPRIGHT)
def test_the_upright_orientations_have_no_rotation(upright):
    assert pixel_and_rotation(0.3 * upright) == pytest.approx((0.3, 0.0))
