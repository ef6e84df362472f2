from dataclasses import replace

import pytest

from acquire.plan import StackPlan, Visit
from acquire.slideplace import slide_places


def visit(site, objective, x_um, y_um, partner=None):
    return Visit(
        site=site,
        objective=objective,
        x_um=x_um,
        y_um=y_um,
        z_offset_um=0.0,
        stack=StackPlan(),
        exposure_ms=1.0,
        partner=partner or site,
    )


FIRST = [visit("0001", "40x", 100.0, 200.0), visit("0002", "40x", 300.0, 200.0)]


def test_the_parcentric_offset_of_a_lens_does_not_move_its_site_on_the_slide():
    later = [replace(one, objective="100x", x_um=one.x_um + 12, y_um=one.y_um - 7) for one in FIRST]
    places = slide_places([*FIRST, *later])
    assert places["0002", "100x"] == places["0002", "40x"] == (300.0, 200.0)


def test_several_fields_of_a_site_lie_about_it():
    left = visit("0001-1", "100x", 100 + 12 - 20, 200.0, partner="0001")
    right = visit("0001-2", "100x", 100 + 12 + 20, 200.0, partner="0001")
    places = slide_places([*FIRST, left, right])
    assert places["0001-1", "100x"] == pytest.approx((80.0, 200.0))
    assert places["0001-2", "100x"] == pytest.approx((120.0, 200.0))
