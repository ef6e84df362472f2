"""The focus of a later objective by what it shows, on the simulated rig whose parfocal offset is known."""

from datetime import UTC, datetime

import numpy as np
import pytest

from acquire.open import open_microscope
from acquire.partner import matching_focus
from acquire.planfile import parse_plan
from acquire.runopen import create_run
from acquire.simulated.specimens.mounted import GLASS_UM
from calibration.flatmaster import flat_from_glass
from calibration.record import Calibration, Measured, ObjectiveCalibration, rig_hash
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core
SITE_UM = (16_000.0, 500.0)
EXPOSURE_MS = {"40x": 8.0, "100x": 50.0}
GLASS_FRAMES = 4
TOLERANCE_UM = 0.4


def exact(value):
    return Measured(value=float(value), interval95=(float(value), float(value)))


def true_objective(microscope, name):
    pose = microscope.core.scene.pose(objective=name, stage_um=(0.0, 0.0, 0.0))
    mount = microscope.core.scene.mounts[name]
    return ObjectiveCalibration(
        stage_um_per_px=pose.stage_um_per_px,
        pixel_um=exact(np.hypot(*pose.stage_um_per_px[0])),
        rotation_deg=exact(mount.rotation_deg),
        parcentric_um=(exact(mount.parcentric_um[0]), exact(mount.parcentric_um[1])),
        parfocal_um=exact(mount.parfocal_um),
    )


def flat(microscope, name):
    microscope.select_objective(name)
    microscope.move_xy(*GLASS_UM)
    frames = [microscope.snap(EXPOSURE_MS[name]) for _ in range(GLASS_FRAMES)]
    dark = np.zeros_like(frames[0].pixels, dtype=np.float32)
    return flat_from_glass([frame.pixels for frame in frames], dark, white_level=frames[0].white_level)


def true_calibration(microscope):
    """The calibration that a perfect measurement would give, with flat fields of the rig."""
    names = tuple(EXPOSURE_MS)
    return Calibration(
        rig_hash=rig_hash(microscope.rig),
        created=datetime(2026, 11, 22, tzinfo=UTC),
        objectives={name: true_objective(microscope, name) for name in names},
        corrections={name: flat(microscope, name) for name in names},
        simulated=True,
    )


def new_run(folder, rig, calibration):
    document = {
        "slide": "S1",
        "sites_um": [list(SITE_UM)],
        "objectives": list(EXPOSURE_MS),
        "exposure_ms": EXPOSURE_MS,
    }
    return create_run(folder, parse_plan(document, rig), rig, calibration)


def capture_first(microscope, run):
    """Store the first objective's picture at mid-section."""
    microscope.select_objective("40x")
    microscope.move_xy(*SITE_UM)
    microscope.expect_focus(0)
    microscope.move_z(microscope.core.renderer.slide.specimen.surface_um(*SITE_UM))
    run.write("0001", "40x", [microscope.snap(EXPOSURE_MS["40x"])])
    microscope.select_objective("100x")


def later_visit(run):
    return next(v for v in run.plan.visits(run.rig, run.calibration) if v.objective == "100x")


@pytest.mark.truth
@pytest.mark.parametrize("toward", [1, -1])
def test_the_focus_is_where_the_later_objective_shows_what_the_first_one_showed(tmp_path, toward):
    with open_microscope(small_rig(toward=toward, size_px=(192, 192))) as microscope:
        run = new_run(tmp_path / "run", microscope.rig, true_calibration(microscope))
        capture_first(microscope, run)
        truth_um = microscope.core.scene.mounts["100x"].parfocal_um
        found_um = matching_focus(microscope, run, later_visit(run), truth_um + 0.6)
        assert found_um == pytest.approx(truth_um, abs=TOLERANCE_UM)


@pytest.mark.truth
def test_other_tissue_gives_no_focus(tmp_path):
    with open_microscope(small_rig(size_px=(192, 192))) as microscope:
        run = new_run(tmp_path / "run", microscope.rig, true_calibration(microscope))
        microscope.select_objective("40x")
        microscope.move_xy(SITE_UM[0] - 200, SITE_UM[1])
        microscope.expect_focus(0)
        microscope.move_z(0)
        run.write("0001", "40x", [microscope.snap(EXPOSURE_MS["40x"])])
        microscope.select_objective("100x")
        assert matching_focus(microscope, run, later_visit(run), 3.0) is None


def test_nothing_is_searched_without_a_calibration(tmp_path):
    with open_microscope(small_rig()) as microscope:
        run = new_run(tmp_path / "run", microscope.rig, None)
        before = microscope.position_um
        assert matching_focus(microscope, run, later_visit(run), 3.0) is None
        assert microscope.position_um == before


def test_nothing_is_searched_where_the_first_objective_has_no_picture(tmp_path):
    with open_microscope(small_rig()) as microscope:
        run = new_run(tmp_path / "run", microscope.rig, true_calibration(microscope))
        before = microscope.position_um
        assert matching_focus(microscope, run, later_visit(run), 3.0) is None
        assert microscope.position_um == before
