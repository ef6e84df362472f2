"""The depth map between the planes, the quality number, and what is said about stacks not to be believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance.depth import CLEAR_RATIO, Clearness, clearness_of, focus_width, peak_depth
from enhance.edf import fuse
from tests.enhance.reliefs import relief

WHITE = 255


def bells(peaks_um: np.ndarray, z_um: np.ndarray, width_um: float) -> np.ndarray:
    """Focus measures that fall off as Gaussians on either side of their peaks."""
    return np.exp(-((z_um[:, None, None] - peaks_um) ** 2) / (2 * width_um**2)).astype(np.float32)


@settings(deadline=None)
@given(
    gaps=st.lists(st.floats(0.2, 2.0), min_size=2, max_size=8),
    width_um=st.floats(0.5, 2.0),
    seed=st.integers(0, 999),
)
def test_the_peak_of_a_bell_is_found_between_planes_of_any_spacing_and_order(gaps, width_um, seed):
    rng = np.random.default_rng(seed)
    z_um = np.concatenate([[0.0], np.cumsum(gaps)]) - 1.0
    low, high = z_um[0] - 0.49 * gaps[0], z_um[-1] + 0.49 * gaps[-1]
    peaks = rng.uniform(low, high, (5, 7))
    order = rng.permutation(len(z_um))
    measure = bells(peaks, z_um, width_um)
    depth = peak_depth(measure[order], z_um[order], width=width_um)
    clear = measure.max(axis=0) > CLEAR_RATIO * measure.min(axis=0)
    assert np.array_equal(np.isfinite(depth), clear)
    assert np.abs(depth - peaks)[clear].max(initial=0.0) < 2e-2


@given(width_um=st.floats(0.3, 0.6), seed=st.integers(0, 99))
def test_the_width_of_the_bells_is_found_whatever_the_spacing(width_um, seed):
    rng = np.random.default_rng(seed)
    z_um = np.cumsum(rng.uniform(0.2, 0.6, 6))
    peaks = rng.uniform(z_um[0], z_um[-1], (60, 60))
    assert focus_width(bells(peaks, z_um, width_um), z_um) == pytest.approx(width_um, rel=0.02)


def test_the_width_is_not_told_by_two_planes_or_by_noise():
    z_um = np.array([0.0, 0.4, 0.8])
    measure = bells(np.full((20, 20), 0.3), z_um, 0.3)
    assert focus_width(measure, z_um) is not None
    assert focus_width(measure[:2], z_um[:2]) is None
    assert focus_width(np.ones_like(measure), z_um) is None


def test_a_peak_far_beyond_the_planes_has_no_depth():
    z_um = np.array([0.0, 0.4, 0.8])
    depth = peak_depth(bells(np.array([[-0.3, -0.15, 0.95, 1.1]]), z_um, 0.3), z_um, width=0.3)
    assert np.isnan(depth).tolist() == [[True, False, False, True]]
    assert depth[0, 1:3] == pytest.approx([-0.15, 0.95], abs=1e-3)


def test_without_a_width_what_is_sharpest_in_an_outermost_plane_has_its_z():
    z_um = np.array([0.0, 0.4, 0.8])
    assert peak_depth(bells(np.array([[-0.3, 1.1]]), z_um, 0.3), z_um).tolist() == [[0.0, np.float32(0.8)]]


def test_over_empty_glass_nothing_is_known_and_beside_it_all_is():
    planes = relief(3, noise=1.0).planes.copy()
    empty = np.random.default_rng(0).normal(240, 1, planes[:, :, :96].shape)
    planes[:, :, :96] = np.clip(np.rint(empty), 0, WHITE)
    known = np.isfinite(fuse(planes).depth)
    assert known[:, :70].mean() < 0.01
    assert known[:, 110:].mean() > 0.9


def test_planes_at_one_place_do_not_break_the_depth():
    z_um = np.array([0.0, 0.4, 0.4, 0.8])
    assert np.isfinite(peak_depth(bells(np.full((2, 2), 0.4), z_um, 0.3), z_um, width=0.3)).all()


def test_the_depth_map_lies_between_planes_where_the_surface_does():
    specimen = relief(1, noise=1.0)
    few = fuse(specimen.planes[::2], z_um=specimen.z_um[::2])
    error_um = float(np.sqrt(np.nanmean((few.depth - specimen.height_um) ** 2)))
    nearest_um = np.abs(specimen.z_um[::2, None, None] - specimen.height_um).min(axis=0)
    assert error_um < float(np.sqrt(np.mean(nearest_um**2)))  # what the planes alone could tell at best


def test_a_relief_is_clear_and_noise_is_not():
    noise = np.random.default_rng(0).normal(200, 5, (5, 96, 96, 3)).astype(np.float32)
    assert fuse(relief(2, noise=1.0).planes).quality > 0.9
    assert fuse(noise).quality < 0.01


def test_quality_falls_when_half_of_the_field_is_empty():
    planes = relief(3, noise=1.0).planes.copy()
    whole = fuse(planes).quality
    empty = np.random.default_rng(0).normal(240, 1, planes[:, :, :96].shape)
    planes[:, :, :96] = np.clip(np.rint(empty), 0, WHITE)
    assert fuse(planes).quality == pytest.approx(whole / 2, abs=0.1)


def test_counts_add_up():
    one, other = Clearness(pixels=4, clear=2, at_an_end=1), Clearness(pixels=6, clear=3, at_an_end=0)
    assert one + other == Clearness(pixels=10, clear=5, at_an_end=1)


def test_ends_are_those_of_z_and_not_of_the_order_of_planes():
    measure = np.ones((3, 1, 2), np.float32)
    measure[1], measure[0, 0, 1] = 9.0, 99.0
    assert clearness_of(measure, (0.0, 5.0, 1.0)) == Clearness(pixels=2, clear=2, at_an_end=2)
    assert clearness_of(measure, (0.0, 1.0, 5.0)) == Clearness(pixels=2, clear=2, at_an_end=1)


def test_a_sound_stack_has_no_notes():
    assert fuse(relief(4, noise=1.0).planes).notes == ()


@pytest.mark.parametrize(
    "planes", [np.full((3, 64, 64, 3), 200, np.uint8), np.zeros((3, 64, 64, 3), np.float32)], ids=["grey", "black"]
)
def test_a_blank_field_is_said(planes):
    fused = fuse(planes)
    assert fused.quality == 0
    assert any("no plane is sharper" in note for note in fused.notes)


@pytest.mark.parametrize(("white", "factor"), [(255, 1), (4095, 16)])
def test_a_saturated_field_is_said_whatever_the_bits_of_the_camera(white, factor):
    planes = relief(5, noise=1.0).planes.astype(np.uint16) * factor
    planes[:, :40] = white
    kind = np.uint8 if white == WHITE else np.uint16
    assert any("21% of the pixels are saturated" in note for note in fuse(planes.astype(kind)).notes)


def test_a_stack_that_ends_before_the_surface_does_is_said():
    specimen = relief(6, noise=1.0)
    low = specimen.planes[:3]  # the surface goes on above the last plane
    assert any("capture more planes" in note for note in fuse(low, z_um=specimen.z_um[:3]).notes)
    assert fuse(low[:2], z_um=specimen.z_um[:2]).notes == ()  # of two planes both are ends
