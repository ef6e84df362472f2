"""Finding a slide again without a calibration: by the rig file alone, or said in words that it cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from acquire import slidehunt
from acquire.errors import SlideLostError
from acquire.refind import find_slide
from acquire.refound import refound_in
from acquire.runopen import create_run
from tests.acquire.moved_slide import grid_um, hand, moved_slide

pytestmark = pytest.mark.core
SITES_UM = grid_um(2, 2, step_um=30.0)
ERROR_UM = 2.5


def bare(slide):
    """The run as it would be without a calibration."""
    return replace(slide.run, calibration=None)


def visits(run):
    return [visit for visit in run.plan.visits(run.rig) if visit.objective == "100x"]


def found(slide, run):
    """Found with the focus of the first objective: what the other adds to it is not known."""
    return find_slide(slide.microscope, run, visits(run), lambda visit: slide.surface_um((visit.x_um, visit.y_um)))


@pytest.mark.truth
@pytest.mark.parametrize("by_um", [(14.0, -9.0), (-55.0, 40.0)])
def test_the_slide_is_found_by_the_rig_file_alone_and_what_the_lens_adds_with_it(tmp_path, by_um):
    with moved_slide(tmp_path / "run", SITES_UM, **hand(0.8, place_um=SITES_UM[0], by_um=by_um)) as slide:
        run = bare(slide)
        refound = found(slide, run)
        assert len(refound.sites) >= 3
        for visit, planned in zip(visits(run), SITES_UM, strict=True):
            placed = refound.place(visit)
            seen = slide.scene.centre_um("100x", placed.x_um, placed.y_um, handled=True)
            meant = slide.scene.centre_um("40x", *planned)
            assert float(np.hypot(*np.subtract(seen, meant))) < ERROR_UM
        assert refound_in(run) == refound


def test_a_slide_that_is_not_found_stops_the_run_and_asks_for_a_calibration(tmp_path, monkeypatch):
    monkeypatch.setattr(slidehunt, "MOST_LOOKS", 2)
    with moved_slide(tmp_path / "run", SITES_UM, other={"kind": "lung", "seed": 77}) as slide:
        with pytest.raises(SlideLostError, match=r"was not found again .*parfocal calibrate"):
            found(slide, bare(slide))
        assert refound_in(slide.run) is None


@pytest.mark.parametrize(
    ("told", "says"),
    [({"specimen": {"kind": "empty"}}, "no picture of 40x shows tissue"), ({"size_px": (96, 96)}, "of 96 pixels")],
)
def test_where_nothing_can_be_known_again_the_slide_is_left_as_planned_and_that_is_said(tmp_path, told, says):
    with moved_slide(tmp_path / "run", SITES_UM[:2], **told) as slide:
        before = slide.microscope.position_um
        refound = found(slide, bare(slide))
        assert slide.microscope.position_um == before
    assert says in refound.says
    assert refound.place(visits(slide.run)[0]) == visits(slide.run)[0]


def test_a_run_that_has_stored_nothing_has_nothing_to_look_for_it_by(tmp_path):
    with moved_slide(tmp_path / "run", SITES_UM[:1]) as slide:
        empty = create_run(tmp_path / "empty", slide.run.plan, slide.run.rig, None)
        assert "without a calibration" in found(slide, empty).says


def test_where_the_stage_counts_from_elsewhere_now_its_limits_say_what_is_out_of_reach(tmp_path):
    with moved_slide(tmp_path / "run", SITES_UM, **hand(0.8, place_um=SITES_UM[0], by_um=(14.0, -9.0))) as slide:
        run, rig = bare(slide), slide.microscope.rig
        x_um = max(x for x, _ in SITES_UM) + 500
        slide.microscope.rig = replace(rig, limits_um=replace(rig.limits_um, x=(0.0, x_um)))
        beyond = replace(visits(run)[0], x_um=x_um + 100)
        with pytest.raises(SlideLostError, match="out of reach"):
            find_slide(
                slide.microscope, run, [*visits(run), beyond], lambda one: slide.surface_um((one.x_um, one.y_um))
            )


@pytest.mark.parametrize("by_um", [(14.0, -9.0), (55.0, -40.0)])
def test_a_mirrored_camera_of_which_nothing_is_known_stops_the_run_in_words(tmp_path, by_um):
    with moved_slide(
        tmp_path / "run", SITES_UM, camera={"mirrored": True}, **hand(0.8, place_um=SITES_UM[0], by_um=by_um)
    ) as slide:
        with pytest.raises(SlideLostError, match="mirrored cameras"):
            found(slide, bare(slide))
        assert refound_in(slide.run) is None
