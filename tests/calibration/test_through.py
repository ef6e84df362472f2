"""All objectives of a rig from what each saw at the same places."""

import numpy as np
import pytest
from scipy import ndimage

from calibration.arrivals import Visits
from calibration.errors import MeasurementError
from calibration.rig import load_rig
from calibration.through import Reference, Seen, check_order, measure_objectives
from calibration.turret import SectionFocus
from tests.calibration.test_stage import UPRIGHT, stage_matrix

LOW, HIGH = load_rig("simulated").objectives
PITCH_UM = 0.08
SLIDE = ndimage.gaussian_filter(np.random.default_rng(4).normal(0, 1, (1500, 1500)), 3.0, mode="wrap")
SIDE_PX = {"40x": 224, "100x": 256}
PLAY_UM = np.array([1.5, 0.8])
PARCENTRIC_UM = np.array([3.0, -2.0])
RING_UM = 18.0 * np.array([(np.cos(angle), np.sin(angle)) for angle in np.arange(8) * np.pi / 4])


def picture(centre_um, matrix, side_px):
    """The slide with `centre_um` in the middle; the point at the offset u from there is centre + S u."""
    row, column = np.indices((side_px, side_px)) - (side_px - 1) / 2
    x, y = (centre_um[axis] + matrix[axis, 0] * column + matrix[axis, 1] * row for axis in range(2))
    levels = ndimage.map_coordinates(SLIDE, [750 + y / PITCH_UM, 750 + x / PITCH_UM], order=1, mode="wrap")
    grey = np.clip(120 + 60 * levels / SLIDE.std(), 0, 255)
    return np.repeat(grey[..., None], 3, axis=-1).astype(np.uint8)


def true_um(read_um, above):
    return np.asarray(read_um) + (PLAY_UM / 2 if above else -PLAY_UM / 2)


@pytest.mark.parametrize("upright", [UPRIGHT[0], UPRIGHT[6]])
def test_offsets_sizes_and_play_are_those_the_pictures_were_made_with(upright):
    low, high = stage_matrix(0.2, 0.4, upright), stage_matrix(0.0803, -0.1, upright)
    read = np.repeat(RING_UM, 2, axis=0)
    above = np.arange(len(read)) % 2 == 1
    true = np.array([true_um(*arrival) for arrival in zip(read, above, strict=True)])
    visits = Visits(
        read_um=read,
        content_px=-np.linalg.solve(low, (true - true[0]).T).T,
        from_above=above,
        lens=np.zeros(len(read), dtype=int),
    )
    at, foci = (0, 8), (SectionFocus(z_um=0.0), SectionFocus(z_um=1.0))
    reference = Reference(
        visits=visits, at=at, foci=foci, frames=tuple(picture(true[number], low, SIDE_PX["40x"]) for number in at)
    )
    arrivals = [(site, side) for site in range(2) for side in (False, True)]
    seen = Seen(
        frames=tuple(
            picture(true_um(read[at[site]], side) - PARCENTRIC_UM, high, SIDE_PX["100x"]) for site, side in arrivals
        ),
        sites=tuple(site for site, _ in arrivals),
        positions_um=tuple(tuple(read[at[site]]) for site, _ in arrivals),
        from_above=tuple(side for _, side in arrivals),
        foci=(SectionFocus(z_um=2.5), SectionFocus(z_um=3.5)),
    )
    found = measure_objectives((LOW, HIGH), reference, {"100x": seen})
    other = found.objectives["100x"]
    assert [axis.value for axis in other.parcentric_um] == pytest.approx(PARCENTRIC_UM, abs=0.02)
    assert [found.backlash_um[axis].value for axis in "xy"] == pytest.approx(PLAY_UM, abs=0.02)
    assert other.pixel_um.value == pytest.approx(0.0803, rel=1e-3)
    assert other.rotation_deg.value == pytest.approx(-0.1, abs=0.05)
    assert other.parfocal_um.value == pytest.approx(2.5)


def test_a_reference_that_is_not_the_weakest_is_refused_before_anything_is_captured():
    with pytest.raises(MeasurementError, match=r"\['40x'\] magnify less than 100x.*weakest objective first"):
        check_order((HIGH, LOW))
