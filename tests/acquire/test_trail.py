"""The trail of a stage: pictures followed round a ring without keeping them."""

import numpy as np
import pytest

from acquire.trail import Trail, View
from calibration.bandwidth import blur

PIXEL_UM = 0.2
SIDE_PX = 160
FIELD = 120 + 60 * blur(np.random.default_rng(5).normal(0, 1, (700, 700)).astype(np.float32), sigma_px=2.0) * 7
RING_UM = [(0.0, 0.0), (10.0, 2.0), (12.0, 12.0), (2.0, 10.0)]


def view(at_um, *, reads_um=None, above=False):
    """What a camera sees whose columns lie along x: content moves against the stage."""
    column, row = (round(300 + coordinate / PIXEL_UM) for coordinate in at_um)
    pixels = np.clip(FIELD[row : row + SIDE_PX, column : column + SIDE_PX], 0, 255).astype(np.uint8)
    return View(pixels=np.repeat(pixels[..., None], 3, axis=-1), read_um=reads_um or at_um, from_above=above)


def trail():
    return Trail(to_px=-np.eye(2) / PIXEL_UM)


def test_content_is_where_the_pictures_show_it_whatever_the_stage_reads():
    followed = trail()
    for x_um, y_um in RING_UM:
        followed.add([view((x_um, y_um)), view((x_um + 1.0, y_um - 0.6), reads_um=(x_um, y_um), above=True)])
    visits = followed.visits()
    true = np.array([place for x, y in RING_UM for place in ((x, y), (x + 1.0, y - 0.6))])
    np.testing.assert_allclose(visits.content_px, -true / PIXEL_UM, atol=0.05)
    np.testing.assert_array_equal(visits.read_um, np.repeat(RING_UM, 2, axis=0))
    assert visits.from_above.tolist() == [False, True] * len(RING_UM)


def test_a_blank_place_is_gone_round_the_other_way():
    followed = trail()
    for number, place in enumerate(RING_UM):
        seen = view(place)
        followed.add([View(pixels=np.full_like(seen.pixels, 200), read_um=place) if number == 1 else seen])
    content = followed.visits().content_px
    assert np.isnan(content[1]).all()
    np.testing.assert_allclose(content[[0, 2, 3]], -np.array(RING_UM)[[0, 2, 3]] / PIXEL_UM, atol=0.05)


@pytest.mark.parametrize("places", [1, 2])
def test_a_short_trail_has_nothing_to_close(places):
    followed = trail()
    for place in RING_UM[:places]:
        followed.add([view(place), view(place, above=True)])
    assert np.isfinite(followed.visits().content_px).all()
