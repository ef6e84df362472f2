"""Extended depth of field, against a textured surface whose height and sharp picture are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance.edf import fuse
from enhance.errors import StackError
from enhance.grey import detail_mixture, mixed
from enhance.merging import METHODS
from tests.enhance.reliefs import PLANES, psnr_db, relief


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("noise", [0.0, 2.5])
def test_a_relief_is_fused_several_db_better_than_any_of_its_planes(method, noise):
    specimen = relief(0, noise=noise)
    best_plane = max(psnr_db(plane, specimen.sharp) for plane in specimen.planes)
    fused = fuse(specimen.planes, method=method)
    assert psnr_db(fused.image, specimen.sharp) > best_plane + 4


@pytest.mark.parametrize("method", METHODS)
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
def test_the_order_of_the_planes_changes_neither_picture_nor_depth(order):
    specimen = relief(3, noise=1.0)
    planes = specimen.planes.astype(np.float32)
    planes += np.random.default_rng(0).uniform(0, 0.5, planes.shape).astype(np.float32)  # no two greys are equal
    straight, permuted = fuse(planes, z_um=specimen.z_um), fuse(planes[order], z_um=specimen.z_um[order])
    # Sums in another order round otherwise, so a near tie may fall otherwise.
    assert np.mean(np.abs(permuted.depth - straight.depth) < 1e-3) > 0.999
    assert np.all(permuted.image == straight.image, axis=-1).mean() > 0.999


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@given(level=st.integers(0, 255), shape=st.tuples(st.integers(1, 40), st.integers(1, 40)))
@settings(max_examples=10, deadline=None)
def test_a_constant_stack_returns_itself_in_its_own_dtype(method, dtype, level, shape):
    stack = np.full((3, *shape, 3), level, dtype=dtype)
    fused = fuse(stack, method=method)
    assert fused.image.dtype == dtype
    assert np.abs(fused.image.astype(float) - level).max() < 1e-4


@pytest.mark.parametrize("method", METHODS)
def test_equal_planes_return_that_plane(method):
    plane = relief(4, noise=2.0).planes[2]
    fused = fuse(np.stack([plane, plane, plane]), method=method)
    assert np.array_equal(fused.image, plane)


def test_sixteen_bit_and_eight_bit_stacks_fuse_alike():
    planes = relief(5, noise=1.0).planes
    narrow, wide = fuse(planes), fuse(planes.astype(np.uint16) * 16)
    assert np.mean(wide.image == narrow.image.astype(np.uint16) * 16) > 0.999


def test_the_grey_of_a_stain_carries_more_contrast_than_any_equal_mix():
    planes = np.zeros((2, 16, 16, 3), dtype=np.uint8)
    planes[..., 1] = np.random.default_rng(0).integers(0, 255, (2, 16, 16))
    grey = mixed(planes, detail_mixture(planes))
    assert grey.std() == pytest.approx(planes[..., 1].std(), rel=1e-3)
    assert np.corrcoef(grey.ravel(), planes[..., 1].ravel())[0, 1] == pytest.approx(1)


def test_detail_that_two_stains_have_in_opposite_colours_is_seen_in_both():
    rng = np.random.default_rng(0)
    planes = np.full((2, 64, 128, 3), 200.0, np.float32)
    planes[:, :, :64, 0], planes[:, :, 64:, 1:] = 60.0, 60.0  # a cyan half and a red one: hardly grey, far in colour
    planes[:, :, :64, 1] += rng.normal(0, 9, (2, 64, 64))
    planes[:, :, 64:, 0] += rng.normal(0, 9, (2, 64, 64))
    grey = mixed(planes, detail_mixture(planes))
    assert grey[:, :, 4:60].std() > 2  # the pixels' own component turns to the wider contrast
    assert grey[:, :, 68:124].std() > 2


@pytest.mark.parametrize(
    ("stack", "z_um", "method", "says"),
    [
        (np.zeros((1, 8, 8, 3), np.uint8), None, "forster", "stack of 1 planes"),
        (np.zeros((0, 8, 8, 3), np.uint8), None, "forster", "stack of 0 planes"),
        (np.zeros((3, 8, 8), np.uint8), None, "forster", "of shape \\(3, 8, 8\\)"),
        (np.zeros((3, 8, 8, 3), np.int64), None, "forster", "not int64"),
        (np.full((3, 8, 8, 3), np.nan, np.float32), None, "forster", "not a number"),
        (np.zeros((3, 8, 8, 3), np.uint8), [0.0], "forster", "3 planes and 1 Z"),
        (np.zeros((3, 8, 8, 3), np.uint8), [0.0, np.nan, 0.4], "forster", "give finite numbers"),
        (np.zeros((3, 8, 8, 3), np.uint8), None, "sharpest", "choose one of"),
    ],
)
def test_what_cannot_be_fused_is_refused_in_words(stack, z_um, method, says):
    with pytest.raises(StackError, match=says):
        fuse(stack, z_um=z_um, method=method)
