"""Fusion against the truth of the simulated 100x/1.4: a thin sheet in hills of ± 0.8 µm, and a section as it is."""

import numpy as np
import pytest

from enhance.edf import fuse
from enhance.merging import METHODS
from enhance.metrics import psnr
from tests.enhance.simulated_stacks import WHITE, Z_UM, exposed, relief_stack, volume_stack

LEAST_DB = 36.0
FULL_WELLS_E = (5e3, 20e3, 80e3)


@pytest.fixture(scope="module")
def relief():
    return relief_stack("lung", 1, side_px=224)


@pytest.fixture(scope="module")
def volume():
    return volume_stack("lung", 1, side_px=160)


def scored(picture, truth) -> float:
    return psnr(picture, WHITE * truth, data_range=WHITE)


def best_plane_db(planes, truth) -> float:
    return max(scored(plane, truth) for plane in planes)


@pytest.mark.parametrize("full_well_e", FULL_WELLS_E)
@pytest.mark.parametrize("method", METHODS)
def test_a_fused_relief_is_better_than_its_best_plane_at_any_noise(relief, method, full_well_e):
    planes = exposed(relief.planes, full_well_e=full_well_e, seed=1)
    assert scored(fuse(planes, method=method).image, relief.truth) > best_plane_db(planes, relief.truth) + 2


def test_the_faithful_method_shows_a_relief_at_36_db(relief):
    planes = exposed(relief.planes, full_well_e=20e3, seed=1)
    assert scored(fuse(planes).image, relief.truth) >= LEAST_DB


@pytest.mark.parametrize("method", METHODS)
def test_a_fused_section_is_better_than_its_best_plane(volume, method):
    planes = exposed(volume.planes, full_well_e=20e3, seed=1)
    assert scored(fuse(planes, method=method).image, volume.truth) > best_plane_db(planes, volume.truth)


def test_the_depth_map_follows_the_hills(relief):
    planes = exposed(relief.planes, full_well_e=20e3, seed=1)
    error_um = fuse(planes, z_um=Z_UM).depth - relief.height_um
    # Refraction moves the plane of best contrast by a constant: FACTS 5 has 0.24 µm for tissue.
    assert abs(float(np.median(error_um))) < 0.3
    assert float(np.median(np.abs(error_um - np.median(error_um)))) < 0.1  # a quarter of the step
