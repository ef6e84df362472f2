"""Where to look next for a moved slide: pure, on slides of squares."""

import numpy as np
import pytest

from acquire.slidesearch import REACH_UM, SlideSearch
from calibration.rigid import rotation

HALF_UM = 33.0
GRID_UM = np.array([[300.0 * i, 300.0 * j] for i in range(4) for j in range(3)])
MOST = 120


def shows(points_um):
    """Whether a stored picture of the grid shows these points."""
    nearest = 300.0 * np.clip(np.rint(points_um / 300.0), 0, (3, 2))
    return np.all(np.abs(points_um - nearest) <= HALF_UM, axis=1)


def anywhere(points_um):
    return np.ones(len(points_um), bool)


def search(allowed=anywhere):
    return SlideSearch(places_um=GRID_UM, start_um=(300.0, 300.0), known=shows, allowed=allowed)


def looks_until_found(shift_um, turn_deg):
    """How many looks a slide takes that was turned about the start and then shifted; None when it is given up."""
    hunt, here_um = search(), (300.0, 300.0)
    for looks in range(1, MOST):
        here_um = hunt.next_um(here_um)
        if here_um is None:
            return None
        slide_um = (np.array(here_um) - shift_um - hunt.start_um) @ rotation(turn_deg) + hunt.start_um
        if shows(slide_um[None])[0]:
            return looks
        hunt.missed(here_um)
    return None


def test_a_slide_that_was_not_moved_is_found_at_the_first_look():
    assert looks_until_found((0.0, 0.0), 0.0) == 1


@pytest.mark.parametrize(("distance_um", "angle"), [(100.0, 4.4), (400.0, 1.9), (700.0, 0.3)])
def test_a_slide_within_reach_is_found_within_the_looks_that_a_cell_of_the_grid_takes(distance_um, angle):
    shift_um = distance_um * np.array([np.cos(angle), np.sin(angle)])
    assert looks_until_found(shift_um, 1.5) is not None


def test_a_slide_that_is_never_seen_is_given_up_after_all_its_places_were_looked_at():
    hunt, here_um, looks = search(), (300.0, 300.0), []
    while here_um is not None and len(looks) < 3 * MOST:
        looks.append(here_um)
        here_um = hunt.next_um(here_um)
        if here_um is not None:
            hunt.missed(here_um)
    assert here_um is None
    assert hunt.left < 0.05


def test_no_look_leaves_what_the_stage_may_reach():
    def to_the_right(points_um):
        return points_um[:, 0] >= 250.0

    hunt, here_um = search(to_the_right), (300.0, 300.0)
    for _ in range(15):
        here_um = hunt.next_um(here_um)
        assert here_um[0] >= 250.0
        hunt.missed(here_um)


def test_looks_stay_within_reach_of_the_stored_pictures():
    hunt, here_um = search(), (300.0, 300.0)
    for _ in range(15):
        here_um = hunt.next_um(here_um)
        assert np.linalg.norm(GRID_UM - here_um, axis=1).min() <= REACH_UM + 50.0
        hunt.missed(here_um)
