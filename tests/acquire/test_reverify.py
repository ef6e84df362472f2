"""Verifying the slide before a run goes on: places that are the same, moved, turned or of another slide."""

from dataclasses import replace

import cv2
import pytest

from acquire.errors import SlideLostError
from acquire.refind import find_slide
from acquire.reverify import verify
from acquire.runopen import create_run, open_run
from calibration.rig import load_rig
from tests.acquire.moved_slide import grid_um, hand, moved_slide
from tests.acquire.test_pairgate import stack

pytestmark = pytest.mark.core
SITES_UM = grid_um(2, 1, step_um=60.0)


def wet(objective):
    return objective.wet


def dry(objective):
    return not objective.wet


def verified(slide, allows, **told):
    return verify(slide.microscope, slide.run, slide.visits, allows=allows, focus=slide.focus, **told)


def moved_by(run, x_um):
    """The run as if every stack had been stored with the stage elsewhere: the same as a slide that was moved."""
    opened = open_run(run.path)
    for key, entry in opened.stored.items():
        x, y, z = entry["position_um"]
        opened.stored[key] = {**entry, "position_um": [x + x_um, y, z]}
    return opened


def turned(pixels, degrees):
    """The picture as it would be with the slide turned about its middle."""
    rows, columns = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(pixels, matrix, (columns, rows), borderMode=cv2.BORDER_REFLECT)


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    """With one stack of the wet objective."""
    with moved_slide(tmp_path_factory.mktemp("verify") / "run", SITES_UM) as moved:
        moved.run.write("0001", "100x", stack(moved, moved.visits[0]))
        yield moved


@pytest.mark.truth
def test_a_slide_that_lies_as_it_lay_is_verified_by_its_last_site(slide):
    found = verified(slide, wet)
    assert (found.site, found.objective) == ("0001", "100x")
    assert found.shift_um == pytest.approx((0.0, 0.0), abs=0.1)
    assert list(slide.run.journal.events())[-1]["event"] == "verified"


@pytest.mark.truth
def test_a_shift_within_the_tolerance_is_told(slide):
    found = verified(replace(slide, run=moved_by(slide.run, 2.0)), wet)
    assert found.shift_um == pytest.approx((-2.0, 0.0), abs=0.1)


@pytest.mark.truth
def test_a_slide_that_was_moved_further_is_refused(slide):
    with pytest.raises(SlideLostError, match=r"lies 6\.\d µm from where 100x saw it before and 5 µm is allowed"):
        verified(replace(slide, run=moved_by(slide.run, 6.0)), wet)


def test_another_slide_is_refused(slide):
    with pytest.raises(SlideLostError, match="does not show any more what 100x saw there"):
        verified(replace(slide, run=moved_by(slide.run, 300.0)), wet)


def test_an_empty_run_has_nothing_to_compare(slide, tmp_path):
    empty = create_run(tmp_path / "run", slide.run.plan, slide.run.rig, slide.run.calibration)
    assert "nothing that an objective allowed now could compare" in verified(replace(slide, run=empty), wet).says


def test_a_rig_that_paints_the_same_picture_everywhere_is_not_verified(slide, tmp_path):
    rig = load_rig("demo")
    run = create_run(tmp_path / "run", replace(slide.run.plan, objectives=("10x",), exposure_ms={"10x": 5}), rig, None)
    assert "paints the same picture" in verified(replace(slide, run=run), wet).says


@pytest.mark.truth
def test_a_slide_that_was_turned_about_the_site_is_refused(slide):
    planes = stack(slide, slide.visits[1])
    slide.run.write("0002", "100x", [replace(frame, pixels=turned(frame.pixels, 1.0)) for frame in planes])
    with pytest.raises(SlideLostError, match=r"site 0002 is turned by -?[01]\.\d+° since 100x saw it"):
        verified(slide, wet)


# From here on each test opens a microscope of its own: one at a time lives in a process.


def test_a_dry_slide_is_verified_with_the_dry_objective(tmp_path):
    with moved_slide(tmp_path / "run", SITES_UM[:1]) as slide:
        found = verified(slide, dry)
        assert (found.site, found.objective) == ("0001", "40x")


@pytest.mark.truth
def test_with_no_stack_of_the_wet_objective_its_first_look_is_compared_with_the_stored_picture(tmp_path):
    with moved_slide(tmp_path / "run", SITES_UM, **hand(0.0, place_um=SITES_UM[0], by_um=(4.0, 3.0))) as slide:
        refound = find_slide(slide.microscope, slide.run, slide.visits, slide.focus)
        found = verified(slide, wet, refound=refound)
        assert (found.site, found.objective) == ("0001", "100x")
        assert found.shift_um == pytest.approx((0.0, 0.0), abs=0.3)
