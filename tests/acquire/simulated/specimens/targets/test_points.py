import numpy as np
import pytest

from acquire.simulated.specimens.targets.points import Points
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError
from tests.acquire.simulated.specimens.targets.test_targets import amplitude

PITCH_UM = 0.0925
WINDOW = Window(column=-900, row=5000, columns=500, rows=400, pitch_um=PITCH_UM)


def dots(target):
    """Offset from its true centre, and area, of each dot that lies well inside the window."""
    chrome = 10 ** (-target.optical_density / 2)
    coverage = (1 - amplitude(target, WINDOW)) / (1 - chrome)
    x, y = WINDOW.x_um, WINDOW.y_um
    found = []
    for centre in target.centres_um((x[0] + 2, y[0] + 2), (x[-1] - 2, y[-1] - 2)):
        east, south = x - centre[0], y[:, None] - centre[1]
        weight = coverage * (np.hypot(east, south) < 1.2)
        found.append([(weight * east).sum(), (weight * south).sum(), weight.sum()])
    moments = np.array(found)
    return moments[:, :2] / moments[:, 2:], moments[:, 2] * PITCH_UM**2


@pytest.mark.parametrize("target", [Points(), Points(seed=4, diameter_um=0.6), Points(optical_density=2.7)])
def test_dots_lie_where_they_are_listed(target):
    offsets, _ = dots(target)
    assert len(offsets) > 15
    assert np.abs(offsets).max() < 0.01


@pytest.mark.parametrize("target", [Points(), Points(diameter_um=0.6), Points(optical_density=2.7)])
def test_dots_are_as_large_as_asked_for(target):
    _, areas = dots(target)
    assert np.allclose(areas, np.pi / 4 * target.diameter_um**2, rtol=0.02)


def test_there_is_nothing_besides_the_listed_dots():
    passed = amplitude(Points(), WINDOW)
    centres = Points().centres_um((WINDOW.x_um[0] - 2, WINDOW.y_um[0] - 2), (WINDOW.x_um[-1] + 2, WINDOW.y_um[-1] + 2))
    for x_um, y_um in centres:
        passed[np.hypot(WINDOW.x_um - x_um, WINDOW.y_um[:, None] - y_um) < 1.5] = 1
    assert np.abs(passed - 1).max() < 1e-3


def test_a_smaller_rectangle_lists_those_dots_of_a_larger_one_that_it_holds():
    larger = Points().centres_um((-100.0, 30.0), (200.0, 300.0))
    inside = ((larger >= (-20, 41)) & (larger <= (97, 130))).all(axis=1)
    assert np.array_equal(Points().centres_um((-20.0, 41.0), (97.0, 130.0)), larger[inside])


def test_no_dot_comes_near_another():
    centres = Points().centres_um((0.0, 0.0), (400.0, 400.0))
    apart = np.hypot(*(centres[:, None] - centres).T) + 1e9 * np.eye(len(centres))
    assert apart.min() > 4


def test_dots_lie_anywhere_in_the_middle_of_their_squares():
    places = Points().centres_um((0.0, 0.0), (800.0, 800.0)) % 8.0
    assert places.min() == pytest.approx(2, abs=0.05)
    assert places.max() == pytest.approx(6, abs=0.05)
    assert np.corrcoef(places.T)[0, 1] == pytest.approx(0, abs=0.04)


def test_another_seed_puts_the_dots_elsewhere():
    one, other = (Points(seed=seed).centres_um((0.0, 0.0), (800.0, 800.0))[:50] for seed in (1, 2))
    assert np.abs(one - other).mean() > 0.5


@pytest.mark.parametrize("told", [{"diameter_um": 0.0}, {"diameter_um": 3.0}, {"spacing_um": 0.4}])
def test_dots_that_have_no_room_or_no_size_are_refused(told):
    with pytest.raises(RigError, match="quarter of the spacing"):
        Points(**told)
