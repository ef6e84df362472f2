"""Finding a slide again that a hand has moved, on the simulated rig whose true place is known."""

import numpy as np
import pytest

from acquire import slidehunt
from acquire.errors import BrokenOffError, SlideLostError
from acquire.refind import find_slide
from acquire.refound import Refound, refound_in
from acquire.runopen import create_run, open_run
from acquire.sighting import Lookout
from acquire.slidehunt import SlideHunt
from tests.acquire.moved_slide import MovedSlide, grid_um, hand, moved_slide
from tests.acquire.rigs import small_rig

pytestmark = pytest.mark.core
SITES_UM = grid_um(2, 2, step_um=30.0)
TURN_DEG = 1.0
HAND = hand(TURN_DEG, place_um=SITES_UM[0], by_um=(14.0, -9.0))
ERROR_UM = 1.0


def found(slide, **wishes):
    return find_slide(slide.microscope, slide.run, slide.visits, slide.focus, **wishes)


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    with moved_slide(tmp_path_factory.mktemp("moved") / "run", SITES_UM, **HAND) as slide:
        yield slide


@pytest.fixture(scope="module")
def refound(moved):
    return found(moved)


@pytest.mark.truth
def test_every_site_is_placed_where_its_tissue_lies_now(moved, refound):
    assert max(moved.error_um(refound, visit) for visit in moved.visits) < ERROR_UM
    assert refound.moved.turn_deg == pytest.approx(TURN_DEG, abs=0.15)


@pytest.mark.truth
def test_without_it_the_sites_would_be_missed(moved):
    assert min(moved.error_um(Refound(), visit) for visit in moved.visits) > 10 * ERROR_UM


def test_it_rests_on_three_sites_at_least_that_agree(refound):
    assert len(set(refound.sites)) >= 3
    assert refound.residual_um < ERROR_UM


@pytest.mark.truth
def test_the_depth_at_which_the_sites_match_is_told(refound):
    assert abs(refound.focus_um) < 0.6


def test_a_resumed_run_knows_it_from_the_journal(moved, refound):
    assert refound_in(open_run(moved.run.path)) == refound


def test_a_wish_to_stop_is_obeyed_before_the_next_frame(moved):
    frames = []

    def poll():
        frames.append(1)
        if len(frames) == 2:
            raise BrokenOffError("stopping")

    with pytest.raises(BrokenOffError):
        found(moved, poll=poll)
    assert len(frames) == 2


def test_without_a_calibration_nothing_moves_and_that_is_said(moved, tmp_path):
    bare = MovedSlide(
        microscope=moved.microscope, run=create_run(tmp_path / "run", moved.run.plan, moved.run.rig, None)
    )
    before = moved.microscope.position_um
    refound = found(bare)
    assert moved.microscope.position_um == before
    assert "without a calibration" in refound.says
    assert refound_in(bare.run).place(moved.visits[0]) == moved.visits[0]


def test_a_visit_keeps_its_parcentric_offset_when_it_is_placed(moved, refound):
    visit, offset_um = moved.visits[0], np.array(moved.view.high.parcentric_um)
    placed = refound.place(visit)
    planned_um = np.array([visit.x_um, visit.y_um]) - offset_um
    assert np.array([placed.x_um, placed.y_um]) == pytest.approx(refound.moved.apply(planned_um) + offset_um)


def hunt_from(moved, off_um):
    """A hunt that expects the focus elsewhere than it is."""
    lookout = Lookout(microscope=moved.microscope, view=moved.view, focus=lambda visit: moved.focus(visit) - off_um)
    return SlideHunt(lookout=lookout, visits=moved.visits, progress=lambda *_told: None)


@pytest.mark.truth
def test_a_focus_some_micrometres_from_the_expected_one_is_followed(moved):
    hunt = hunt_from(moved, 5.0)
    hunt.first()
    assert hunt.lookout.bias_um == pytest.approx(5.0, abs=1.0)


def test_no_focus_by_sharpness_leads_the_lens_far_from_the_expected_one(moved, monkeypatch):
    monkeypatch.setattr(slidehunt, "MOST_LOOKS", 2)
    hunt = hunt_from(moved, 14.0)
    with pytest.raises(SlideLostError):
        hunt.first()
    assert abs(hunt.lookout.bias_um) <= slidehunt.FARTHEST_FOCUS_UM


# From here on each test opens a microscope of its own: one at a time lives in a process.


@pytest.mark.truth
def test_it_is_found_where_the_slide_lies_towards_lower_z(tmp_path):
    rig = small_rig(toward=-1, size_px=(192, 192))
    with moved_slide(
        tmp_path / "run", SITES_UM[:1], rig=rig, **hand(-1.0, place_um=SITES_UM[0], by_um=(3, 2))
    ) as slide:
        refound = found(slide)
        assert slide.error_um(refound, slide.visits[0]) < ERROR_UM


def test_another_slide_is_refused_in_words_after_a_bounded_number_of_looks(tmp_path, monkeypatch):
    monkeypatch.setattr(slidehunt, "MOST_LOOKS", 3)
    with moved_slide(tmp_path / "run", SITES_UM, other={"kind": "lung", "seed": 77}) as slide:
        with pytest.raises(SlideLostError, match="was not found again within 900 µm in 3 looks with 100x"):
            found(slide)
        assert refound_in(slide.run) is None


def test_stored_pictures_of_empty_glass_are_refused_before_anything_moves(tmp_path):
    with moved_slide(tmp_path / "run", SITES_UM[:2], specimen={"kind": "empty"}) as slide:
        before = slide.microscope.position_um
        with pytest.raises(SlideLostError, match="shows tissue to find it by"):
            found(slide)
        assert slide.microscope.position_um == before
