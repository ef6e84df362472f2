"""Extended depth of field, against a textured surface whose height and sharp picture are known."""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance.drift import measure_drift, undo_drift
from enhance.edf import DRIFT_PX, fuse, principal_grey
from enhance.errors import StackError

SIDE_PX = 192
PLANES = 5
STEP_UM = 0.4
BLUR_PX_PER_UM = 3.0
WHITE = 230.0
TEXTURE = ((0.8, 1.0), (1.6, 1.0), (3.2, 0.8), (8.0, 0.7), (20.0, 0.6))  # (sigma px, strength)


class Relief(NamedTuple):
    """A focal stack of a surface, its picture without blur, its height and the Z of the planes in µm."""

    planes: np.ndarray
    sharp: np.ndarray
    height_um: np.ndarray
    z_um: np.ndarray


@cache
def relief(seed: int, *, noise: float = 0.0) -> Relief:
    rng = np.random.default_rng(seed)
    density = np.full((SIDE_PX, SIDE_PX, 3), 0.45)
    for sigma_px, strength in TEXTURE:
        grain = cv2.GaussianBlur(rng.normal(size=(SIDE_PX, SIDE_PX)), (0, 0), sigma_px)
        density += 0.16 * strength * (grain / grain.std())[..., None] * rng.uniform(0.5, 1.0, 3)
    sharp = (WHITE * np.exp(-np.clip(density, 0, None))).astype(np.float32)
    height = cv2.GaussianBlur(rng.normal(size=(SIDE_PX, SIDE_PX)), (0, 0), SIDE_PX / 12)
    limit_um = STEP_UM * (PLANES - 1) / 2
    height = np.clip(height / height.std() * 0.6 * limit_um, -limit_um, limit_um)
    z_um = (np.arange(PLANES) - (PLANES - 1) / 2) * STEP_UM
    clean = np.stack([_defocused(sharp, BLUR_PX_PER_UM * np.abs(z - height)) for z in z_um])
    noisy = clean + noise * rng.normal(size=clean.shape)
    return Relief(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), sharp, height, z_um)


def _defocused(sharp: np.ndarray, sigma_px: np.ndarray) -> np.ndarray:
    """Blur each pixel by its own Gaussian, interpolated between a series of blurred pictures."""
    series = np.linspace(0, BLUR_PX_PER_UM * STEP_UM * PLANES, 33)
    blurred = np.stack([sharp, *(cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in series[1:])])
    place = sigma_px / series[1]
    lower = np.minimum(place.astype(int), len(series) - 2)
    rows, columns = np.indices(sigma_px.shape)
    part = (place - lower)[..., None]
    return blurred[lower, rows, columns] * (1 - part) + blurred[lower + 1, rows, columns] * part


def psnr_db(picture: np.ndarray, truth: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((picture.astype(np.float64) - truth) ** 2)))


@pytest.mark.parametrize("method", ["forster", "pooled"])
@pytest.mark.parametrize("noise", [0.0, 2.5])
def test_a_relief_is_fused_several_db_better_than_any_of_its_planes(method, noise):
    specimen = relief(0, noise=noise)
    best_plane = max(psnr_db(plane, specimen.sharp) for plane in specimen.planes)
    fused = fuse(specimen.planes, method=method)
    assert psnr_db(fused.image, specimen.sharp) > best_plane + 4


@pytest.mark.parametrize("method", ["forster", "pooled"])
def test_the_depth_map_follows_the_surface(method):
    specimen = relief(1, noise=1.0)
    fused = fuse(specimen.planes, z_um=specimen.z_um, method=method)
    error_um = np.sqrt(np.mean((fused.depth - specimen.height_um) ** 2))
    assert error_um < 0.15  # the middle plane everywhere: 0.44 µm; the nearest plane everywhere: 0.11 µm


def test_every_pixel_of_the_faithful_method_was_recorded_as_it_stands():
    specimen = relief(2, noise=1.0)
    fused = fuse(specimen.planes)
    assert np.all(fused.image == specimen.planes, axis=-1).any(axis=0).all()


@settings(max_examples=6, deadline=None)
@given(order=st.permutations(range(PLANES)))
def test_permuting_planes_permutes_the_depth_and_leaves_the_picture(order):
    planes = relief(3, noise=1.0).planes.astype(np.float32)
    planes += np.random.default_rng(0).uniform(0, 0.5, planes.shape).astype(np.float32)  # no two greys are equal
    straight, permuted = fuse(planes), fuse(planes[order])
    same = np.asarray(order)[permuted.depth.astype(int)] == straight.depth
    assert same.mean() > 0.999  # sums in another order round otherwise, so a near tie may fall otherwise
    assert np.all(permuted.image == straight.image, axis=-1).mean() > 0.999


@pytest.mark.parametrize("method", ["forster", "pooled"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@given(level=st.integers(0, 255), shape=st.tuples(st.integers(1, 40), st.integers(1, 40)))
@settings(max_examples=10, deadline=None)
def test_a_constant_stack_returns_itself_in_its_own_dtype(method, dtype, level, shape):
    stack = np.full((3, *shape, 3), level, dtype=dtype)
    fused = fuse(stack, method=method)
    assert fused.image.dtype == dtype
    assert np.abs(fused.image.astype(float) - level).max() < 1e-4


@pytest.mark.parametrize("method", ["forster", "pooled"])
def test_equal_planes_return_that_plane(method):
    plane = relief(4, noise=2.0).planes[2]
    fused = fuse(np.stack([plane, plane, plane]), method=method)
    assert np.array_equal(fused.image, plane)


def test_sixteen_bit_and_eight_bit_stacks_fuse_alike():
    planes = relief(5, noise=1.0).planes
    narrow, wide = fuse(planes), fuse(planes.astype(np.uint16) * 16)
    assert np.mean(wide.image == narrow.image.astype(np.uint16) * 16) > 0.999


def test_drift_of_a_relief_is_measured_below_the_tenth_that_matters():
    drift = np.array([[0.8, -0.3], [0.35, 0.2], [0.0, 0.0], [-0.3, 0.15], [-1.2, 2.4]])
    moved = undo_drift(relief(6, noise=1.0).planes, -drift)
    assert np.abs(measure_drift(principal_grey(moved)) - drift).max() < DRIFT_PX


def test_alignment_restores_what_drift_has_cost():
    specimen = relief(7)
    drift = np.array([[0.8, -0.3], [0.4, 0.2], [0.0, 0.0], [-0.3, 0.2], [-1.2, 1.4]])
    moved = undo_drift(specimen.planes, -drift)
    left, aligned, still = fuse(moved), fuse(moved, align=True), fuse(specimen.planes)
    assert psnr_db(aligned.image, specimen.sharp) > psnr_db(left.image, specimen.sharp) + 3
    assert psnr_db(aligned.image, specimen.sharp) > psnr_db(still.image, specimen.sharp) - 1.5


def test_planes_that_hardly_drift_are_not_interpolated():
    planes = relief(8, noise=1.0).planes
    fused = fuse(planes, align=True)
    assert np.abs(fused.drift_px).max() < DRIFT_PX
    assert np.array_equal(fused.image, fuse(planes).image)


def test_the_grey_of_a_stain_carries_more_contrast_than_any_equal_mix():
    planes = np.zeros((2, 16, 16, 3), dtype=np.uint8)
    planes[..., 1] = np.random.default_rng(0).integers(0, 255, (2, 16, 16))
    grey = principal_grey(planes)
    assert grey.std() == pytest.approx(planes[..., 1].std(), rel=1e-3)
    assert np.corrcoef(grey.ravel(), planes[..., 1].ravel())[0, 1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("stack", "z_um", "method", "says"),
    [
        (np.zeros((1, 8, 8, 3), np.uint8), None, "forster", "stack of 1 planes"),
        (np.zeros((0, 8, 8, 3), np.uint8), None, "forster", "stack of 0 planes"),
        (np.zeros((3, 8, 8), np.uint8), None, "forster", "of shape \\(3, 8, 8\\)"),
        (np.zeros((3, 8, 8, 3), np.int64), None, "forster", "not int64"),
        (np.full((3, 8, 8, 3), np.nan, np.float32), None, "forster", "not a number"),
        (np.zeros((3, 8, 8, 3), np.uint8), [0.0], "forster", "3 planes and 1 Z"),
        (np.zeros((3, 8, 8, 3), np.uint8), None, "sharpest", "choose one of"),
    ],
)
def test_what_cannot_be_fused_is_refused_in_words(stack, z_um, method, says):
    with pytest.raises(StackError, match=says):
        fuse(stack, z_um=z_um, method=method)
