"""The focus field against surfaces, drifts and offsets that are known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.focusfield import FocusField, FocusPoint, Place

PITCH_UM = 85.0
SITE_S = 8.0
SCATTER_UM = 0.08
DRIFT_UM_PER_S = 3 / 3600


def place(column, row=0, *, time_s=0.0, lens="100x", site=None):
    name = site or f"{column} {row}"
    return Place(site=name, lens=lens, x_um=column * PITCH_UM, y_um=row * PITCH_UM, time_s=time_s)


def point(z_um, *args, **where):
    return FocusPoint(place=place(*args, **where), z_um=z_um)


def serpentine(columns, rows):
    return [(c, r) for r in range(rows) for c in (range(columns) if r % 2 == 0 else reversed(range(columns)))]


def errors_of_a_run(surface, *, drift=0.0, seed=1, columns=12, rows=4):
    """Errors of what is expected at each site, each stack telling its own focus with some scatter."""
    rng = np.random.default_rng(seed)
    field, errors = FocusField(), []
    for number, (column, row) in enumerate(serpentine(columns, rows)):
        time_s = number * SITE_S
        true_um = surface(column * PITCH_UM, row * PITCH_UM) + drift * time_s
        if number:
            errors.append(field.expected(place(column, row, time_s=time_s)).z_um - true_um)
        field = field.seen(point(true_um + rng.normal(scale=SCATTER_UM), column, row, time_s=time_s))
    return np.array(errors)


def test_nothing_is_expected_where_nothing_was_seen():
    assert FocusField().expected(place(0)).sigma_um == math.inf


@settings(max_examples=20, deadline=None)
@given(z_um=st.floats(-50, 50), slope_x=st.floats(-3e-3, 3e-3), slope_y=st.floats(-3e-3, 3e-3))
def test_a_tilted_slide_is_carried_on_beyond_its_points(z_um, slope_x, slope_y):
    field = FocusField()
    for column, row in serpentine(6, 3):
        z = z_um + slope_x * column * PITCH_UM + slope_y * row * PITCH_UM
        field = field.seen(point(z, column, row))
    beyond = z_um + slope_x * 7 * PITCH_UM + slope_y * 3 * PITCH_UM
    assert field.expected(place(7, 3)).z_um == pytest.approx(beyond, abs=0.1)


def test_the_scatter_of_single_stacks_is_averaged_out_on_a_level_slide():
    errors = errors_of_a_run(lambda _x, _y: 5.0)
    assert np.sqrt(np.mean(errors[12:] ** 2)) < 0.6 * SCATTER_UM


@pytest.mark.parametrize("sign", [1, -1])
def test_a_drift_is_followed(sign):
    errors = errors_of_a_run(lambda _x, _y: 5.0, drift=sign * DRIFT_UM_PER_S, columns=24)
    assert np.sqrt(np.mean(errors[12:] ** 2)) < SCATTER_UM
    assert abs(errors[12:].mean()) < 0.1 * 84 * SITE_S * DRIFT_UM_PER_S


@pytest.mark.parametrize("length_um", [500.0, 1000.0])
def test_waves_are_followed(length_um):
    wave = 2 * np.pi / length_um
    errors = errors_of_a_run(lambda x, y: 0.0025 * x + 0.25 * (np.sin(wave * x) + np.cos(wave * y)))
    assert np.sqrt(np.mean(errors[12:] ** 2)) < 1.5 * SCATTER_UM


def test_the_offset_between_two_lenses_is_learnt_from_one_site():
    field = FocusField()
    for column, row in serpentine(5, 3):
        field = field.seen(point(0.2 * column, column, row, lens="40x"))
    field = field.seen(point(0.2 * 2 + 3.0, 2, 1, lens="100x"))
    assert field.expected(place(4, 2, lens="100x")).z_um == pytest.approx(3.8, abs=0.1)


def test_what_is_expected_through_a_lens_not_yet_used_is_uncertain_by_its_offset():
    field = FocusField((point(1.0, 0, lens="40x"),))
    assert field.expected(place(0, lens="100x")).sigma_um > 5
    assert field.expected(place(0, lens="40x")).sigma_um < 0.1


def test_what_is_expected_grows_uncertain_with_the_distance_and_the_time():
    field = FocusField(tuple(point(0.0, column) for column in range(4)))
    near, far = field.expected(place(4)), field.expected(place(12))
    later = field.expected(place(4, time_s=3600))
    assert near.sigma_um < far.sigma_um
    assert near.sigma_um < later.sigma_um


def test_points_that_tell_nonsense_cannot_send_a_far_site_beyond_what_the_steepest_slide_allows():
    field = FocusField((point(0.0, 0), point(40.0, 0.1, site="near by")))
    assert field.expected(place(20)).z_um <= 40.0 + 1.5 + 0.02 * 20 * PITCH_UM


def test_a_field_of_thousands_of_points_expects_the_same_as_those_near_by():
    near = [point(1.0, column, row) for column in range(5) for row in range(5)]
    far = [point(7.0, column, row) for column in range(300, 330) for row in range(10)]
    assert FocusField((*near, *far)).expected(place(2, 2)).z_um == pytest.approx(1.0, abs=0.05)
