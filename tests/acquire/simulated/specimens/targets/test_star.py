import numpy as np
import pytest

from acquire.simulated.specimens.targets.edge import SlantedEdge
from acquire.simulated.specimens.targets.star import SiemensStar
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError
from tests.acquire.simulated.specimens.targets.test_targets import amplitude

CHROME = 10**-1.35
CENTRE_UM = (-40.0, 30.0)


def ring(star, inner_um, outer_um, harmonic):
    """Mean over a ring of coverage, less a half, × a wave round it; sharp spokes give 1/π at their own number."""
    pitch = 0.04
    side = 2 * int(outer_um / pitch) + 2
    window = Window(column=-1000 - side // 2, row=750 - side // 2, columns=side, rows=side, pitch_um=pitch)
    x, y = window.x_um - CENTRE_UM[0], window.y_um[:, None] - CENTRE_UM[1]
    radius = np.hypot(x, y)
    on = (radius > inner_um) & (radius < outer_um)
    coverage = (1 - amplitude(star, window)) / (1 - CHROME)
    return np.mean(((coverage - 0.5) * np.exp(-1j * harmonic * np.arctan2(y, x)))[on])


@pytest.mark.parametrize(("inner_um", "outer_um"), [(1.7, 2.0), (2.0, 2.6), (3.0, 4.0), (6.0, 7.0)])
def test_spokes_hold_the_contrast_of_sharp_ones(inner_um, outer_um):
    star = SiemensStar(centre_um=CENTRE_UM)
    assert ring(star, inner_um, outer_um, 36) == pytest.approx(1 / np.pi, rel=0.015)


def test_far_from_the_centre_a_spoke_ends_in_a_straight_edge():
    # Pale, so that both keep all their ringing; 50 µm out, where the next edge is 4 µm away.
    window = Window(column=980, row=28, columns=40, rows=40, pitch_um=0.05)
    star = SiemensStar(centre_um=(0.0, 0.0), optical_density=0.3)
    edge = SlantedEdge(centre_um=(0.0, 0.0), angle_deg=2.5 - 90, optical_density=0.3)
    assert np.ptp(amplitude(edge, window)) > 0.25
    assert np.abs(amplitude(star, window) - amplitude(edge, window)).max() < 5e-5


def test_spokes_lie_as_many_to_the_turn_as_asked_for():
    star = SiemensStar(centre_um=CENTRE_UM, spokes=24, radius_um=20.0)
    assert ring(star, 3.0, 4.0, 24) == pytest.approx(1 / np.pi, rel=0.01)
    assert abs(ring(star, 3.0, 4.0, 36)) < 0.005


def test_glass_and_chrome_share_the_star_evenly():
    assert ring(SiemensStar(centre_um=CENTRE_UM), 2.6, 4.0, 0) == pytest.approx(0, abs=0.005)


def test_where_the_spokes_are_too_fine_for_the_lattice_the_star_is_grey():
    assert abs(ring(SiemensStar(centre_um=CENTRE_UM), 0.0, 0.7, 36)) < 0.01


def test_the_spokes_end_at_the_rim():
    star = SiemensStar(centre_um=CENTRE_UM, radius_um=8.0)
    assert ring(star, 7.0, 7.9, 36) == pytest.approx(1 / np.pi, rel=0.1)
    assert abs(ring(star, 8.3, 12.0, 36)) < 0.003


@pytest.mark.parametrize("told", [{"spokes": 0}, {"radius_um": -1.0}, {"spokes": 4}, {"spokes": 4000}])
def test_a_star_that_cannot_be_drawn_is_refused(told):
    with pytest.raises(RigError, match=f"{next(iter(told.values()))}"):
        SiemensStar(**told)
