"""What a calibration measures beside offsets: ruler, rest of the stage, returns of the turret, lamp, tissue."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from acquire.autofocus import approach_xy
from acquire.characterise_asides import NO_RETURNS, Asides
from acquire.characterise_lamp import wait_for_light
from acquire.characterise_light import exposure_ms, master, tissue_frames
from acquire.characterise_ruler import ruler_pixel_um
from acquire.characterise_settle import settle_times
from acquire.characterise_turret import RETURNS, turret_returns
from acquire.errors import RefusedError
from acquire.open import open_microscope
from acquire.simulated.specimens.mounted import GLASS_UM
from calibration.errors import MeasurementError
from calibration.flatfield import GLASS_LEVEL, correct
from calibration.record import Calibration, Measured, ObjectiveCalibration
from calibration.ruler import Ruler
from tests.acquire.rigs import small_rig

pytestmark = [pytest.mark.core, pytest.mark.truth]
AT_UM = (500.0, 500.0)
RULER_UM = (18_900.0, 1_000.0)
EMPTY = "Objective-F"
"""What the demo's turret calls its last position, which no objective of the rig has."""
NOTHING = Measured(value=0.0, interval95=(0.0, 0.0))


def raw(frame):
    return frame.pixels


def by_stage(pixel_um, half):
    objective = ObjectiveCalibration(
        stage_um_per_px=((pixel_um, 0.0), (0.0, pixel_um)),
        pixel_um=Measured(value=pixel_um, interval95=(pixel_um - half, pixel_um + half)),
        rotation_deg=NOTHING,
        parcentric_um=(NOTHING, NOTHING),
        parfocal_um=NOTHING,
    )
    return Calibration(
        rig_hash="", created=datetime(2026, 1, 1, tzinfo=UTC), objectives={"40x": objective}, corrections={}
    )


def on_slide(target, **more):
    """Tissue, and a target on the same slide."""
    beside = {"kind": target, "centre_um": list(RULER_UM), "rotation_deg": 20.0}
    return small_rig(specimen={"kind": "lung", "seed": 1, "beside": beside}, **more)


@pytest.mark.parametrize(("kind", "side"), [("micrometer", 192), ("usaf", 224)])
def test_a_ruler_beside_the_section_gives_the_true_pixel_size_within_a_thousandth(kind, side):
    with open_microscope(on_slide(kind, size_px=(side, side))) as microscope:
        found = ruler_pixel_um(microscope, Ruler(kind=kind), RULER_UM, focus_um=0.0, correct=raw)
        truth_um = microscope.rig.pixel_um("40x") * microscope.core.scene.mounts["40x"].scale
        assert found.value == pytest.approx(truth_um, rel=1e-3)
        assert found.interval95[0] <= truth_um <= found.interval95[1]


def test_a_place_without_a_ruler_is_told_with_what_to_do():
    with (
        open_microscope(small_rig()) as microscope,
        pytest.raises(MeasurementError, match="no micrometer is seen round"),
    ):
        ruler_pixel_um(microscope, Ruler(kind="micrometer"), GLASS_UM, focus_um=0.0, correct=raw)


def test_a_stage_that_goes_where_it_is_told_is_at_rest_with_the_first_frame():
    with open_microscope(small_rig()) as microscope:
        found = settle_times(microscope, AT_UM, exposure_ms=8.0, correct=raw)
    assert set(found) == {"x", "y"}
    assert all(one.at_once for one in found.values())
    assert all(one.from_rest_px[-1][1] < 0.05 for one in found.values())


def test_a_place_without_structure_is_remarked_and_does_not_end_the_calibration():
    with open_microscope(small_rig()) as microscope:
        asides = Asides(microscope=microscope)
        asides.settle(microscope.objective, GLASS_UM, 0.0, raw)
        written = asides.written_into(by_stage(0.185, 1e-4))
    assert written.settle_ms == {}
    assert any("settling of the stage was not measured" in remark for remark in written.remarks)


def test_a_turret_that_returns_exactly_is_measured_as_exact():
    rig = replace(small_rig(size_px=(128, 128)), nosepiece_empty=EMPTY)
    with open_microscope(rig) as microscope:
        approach_xy(microscope, *AT_UM)
        found = turret_returns(microscope, focus_um=0.0, pixel_um=0.185, correct=raw)
        assert len(found.z_um) == RETURNS
        assert found.parcentric_um.interval95[1] < 0.02
        assert found.parfocal_um.interval95[1] < 0.05
        assert microscope.objective.name == "40x"


def test_without_an_empty_position_nothing_turns_and_that_is_said():
    with open_microscope(small_rig()) as microscope:
        asides = Asides(microscope=microscope)
        asides.turret(microscope.objective, AT_UM, 0.0, raw)
        assert NO_RETURNS in asides.written_into(by_stage(0.185, 1e-4)).remarks
        with pytest.raises(RefusedError, match="nosepiece_empty"):
            turret_returns(microscope, focus_um=0.0, pixel_um=0.185, correct=raw)


def test_the_lamp_is_waited_for_and_not_for_ever():
    lamp = {"warm_up": 0.3, "warm_up_s": 0.4, "flicker": 0.0}
    with open_microscope(small_rig(lamp=lamp)) as microscope:
        microscope.move_xy(*GLASS_UM)
        levels = wait_for_light(microscope, microscope.objective, window_s=0.25, longest_s=8.0)
    levels_only = [level for _, level in levels]
    assert levels[-1][0] < 8.0
    assert levels_only[0] < levels_only[-1]
    assert max(levels_only[-6:]) / min(levels_only[-6:]) - 1 < 0.01


def test_a_flat_field_taken_in_a_cold_light_is_brought_to_the_light_of_now():
    lamp = {"warm_up": 0.2, "warm_up_s": 1.0, "flicker": 0.0}
    with open_microscope(small_rig(lamp=lamp, camera={"noise": False})) as microscope:
        objective, asides = microscope.objective, Asides(microscope=microscope)
        microscope.move_xy(*GLASS_UM)
        early = [microscope.snap(exposure_ms(objective)) for _ in range(3)]
        asides.light(objective, early, None, from_tissue=False)
        wait_for_light(microscope, objective, window_s=0.5, longest_s=8.0)
        flat = asides.relit(master(early, []), objective, GLASS_UM)
        frame = microscope.snap(exposure_ms(objective))
        remarks = asides.written_into(by_stage(0.185, 1e-4)).remarks
    corrected = correct(frame.pixels, flat, white_level=frame.white_level)
    assert np.median(corrected) == pytest.approx(GLASS_LEVEL * frame.white_level, rel=0.006)
    assert any("The lamp changed by +" in remark for remark in remarks)


def test_tissue_at_many_places_gives_even_light_where_no_glass_is_empty():
    with open_microscope(small_rig()) as microscope:
        objective = microscope.objective
        frames = tissue_frames(microscope, objective, AT_UM)
        flat = master(frames, [], tissue=True)
        microscope.move_xy(*GLASS_UM)
        glass = microscope.snap(exposure_ms(objective))
    even = correct(glass.pixels, flat, white_level=glass.white_level).astype(float)
    coarse = even.reshape(6, 16, 6, 16, 3).mean(axis=(1, 3))
    assert len({frame.position[:2] for frame in frames}) == len(frames) >= 50
    assert coarse.std(axis=(0, 1)).max() / coarse.mean() < 0.01


def test_tissue_at_the_edge_of_the_stage_is_taken_inside_its_limits():
    with open_microscope(small_rig()) as microscope:
        limits = microscope.rig.limits_um
        frames = tissue_frames(microscope, microscope.objective, (limits.x[0], limits.y[0]), count=4)
    assert all(frame.position.x >= limits.x[0] and frame.position.y >= limits.y[0] for frame in frames)


def test_a_ruler_beyond_both_intervals_is_said_with_both_numbers():
    with open_microscope(on_slide("micrometer", size_px=(192, 192))) as microscope:
        asides = Asides(microscope=microscope, ruler=Ruler(kind="micrometer"), ruler_um=RULER_UM)
        asides.by_ruler(microscope.objective, 0.0, raw, lambda _question: True)
    written = asides.written_into(by_stage(0.190, 1e-4))
    [said] = [remark for remark in written.remarks if "beyond both intervals" in remark]
    assert "0.19000" in said
    assert f"{written.objectives['40x'].pixel_um.value:.5f}" in said
    assert written.stage_pixel_um["40x"].value == 0.190


def test_a_wet_lens_goes_to_no_ruler_without_oil_on_it():
    with open_microscope(small_rig()) as microscope:
        microscope.select_objective("100x")
        asked = []
        asides = Asides(microscope=microscope, ruler=Ruler(kind="micrometer"), ruler_um=RULER_UM)
        asides.by_ruler(microscope.objective, 0.0, raw, lambda question: bool(asked.append(question)))
        assert microscope.position_um.z == pytest.approx(microscope.rig.z_safe_um)
    assert "Put oil on the ruler too" in asked[0]
    written = asides.written_into(by_stage(0.185, 1e-4))
    assert "The pixel size of 100x was not refined: there is no oil on the ruler." in written.remarks
    assert written.stage_pixel_um == {}
