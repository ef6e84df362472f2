from dataclasses import replace

import numpy as np
import pytest

from calibration.affine import scaling
from calibration.evidence import NOTHING, Evidence
from calibration.gates import GATES, departure, judge
from calibration.register import Registration
from calibration.session import session_complaints

GOOD = Evidence(
    residual_px=0.03,
    residual_p95_px=0.06,
    misplaced_px=0.01,
    bend_px=0.02,
    scatter_px=0.02,
    high_pass_ncc=0.99,
    energy_ratio=1.0,
    textured_fraction=0.9,
)
NOMINAL = scaling(2.5)


def turned(rotation_deg=0.0, scale=1.0, across=1.0):
    angle = np.deg2rad(rotation_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([across, 1])
    return np.column_stack([turn @ NOMINAL[:, :2], NOMINAL[:, 2]])


def test_good_evidence_is_accepted_without_a_word():
    assert judge(GOOD, NOMINAL, NOMINAL) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"residual_p95_px": 0.21}, "0.21 px apart"),
        ({"high_pass_ncc": 0.92}, "agrees to 0.920"),
        ({"textured_fraction": 0.14}, "only 14%"),
        ({"energy_ratio": 0.3}, "LOW is out of focus"),
        ({"energy_ratio": 3.1}, "HIGH is out of focus"),
        ({"residual_p95_px": float("nan")}, "px apart"),
        ({"high_pass_ncc": float("nan")}, "agrees to nan"),
        ({"misplaced_px": 0.11}, "the transform is off by 0.11 px"),
        ({"bend_px": 0.09}, "distorted by 0.09 px"),
        ({"high_pass_ncc": 0.55}, "show different places"),
        ({"residual_p95_px": 0.3, "scatter_px": 0.1}, "two depths of the section"),
        ({"residual_p95_px": 0.3, "scatter_px": 0.1, "bend_px": 0.3}, "distorted by 0.30 px"),
        ({"residual_p95_px": 0.3, "scatter_px": 0.1, "bend_px": 0.3, "high_pass_ncc": 0.95}, "two depths"),
        ({"residual_p95_px": 0.3, "scatter_px": 0.1, "misplaced_px": 0.3}, "off by 0.30 px"),
    ],
)
def test_each_gate_refuses_with_its_number(change, says):
    assert says in judge(replace(GOOD, **change), NOMINAL, NOMINAL)


@pytest.mark.parametrize(
    "matrix", [turned(5.1), turned(-5.1), turned(scale=1.06), turned(scale=0.94), turned(across=1.06)]
)
def test_a_transform_far_from_the_nominal_one_is_refused(matrix):
    assert "the transform found" in judge(GOOD, matrix, NOMINAL)


@pytest.mark.parametrize("matrix", [turned(4.9), turned(scale=1.04), turned(across=0.96)])
def test_a_transform_near_the_nominal_one_is_accepted(matrix):
    assert judge(GOOD, matrix, NOMINAL) == ""


def test_few_blocks_have_no_parts_and_are_judged_by_their_lengths_alone():
    nan = float("nan")
    few = replace(GOOD, misplaced_px=nan, bend_px=nan, scatter_px=nan)
    assert judge(few, NOMINAL, NOMINAL) == ""
    assert judge(replace(few, residual_p95_px=0.3), NOMINAL, NOMINAL)


def test_nothing_measured_is_never_accepted():
    assert judge(NOTHING, NOMINAL, NOMINAL)


def test_a_looser_gate_accepts_more():
    assert judge(replace(GOOD, high_pass_ncc=0.8), NOMINAL, NOMINAL, replace(GATES, high_pass_ncc=0.75)) == ""


def test_departure_is_measured_from_the_nominal_transform():
    rotation, (smallest, largest) = departure(turned(1.5, 1.02), NOMINAL)
    assert rotation == pytest.approx(1.5)
    assert (smallest, largest) == pytest.approx((1.02, 1.02))


def registration(matrix, *, energy_ratio=1.0, accepted=True):
    return Registration(
        matrix=matrix,
        residual_px=0.03,
        residual_p95_px=0.06,
        high_pass_ncc=0.99,
        energy_ratio=energy_ratio,
        textured_fraction=0.9,
        accepted=accepted,
        reason="" if accepted else "no tissue",
    )


def test_a_session_of_like_registrations_has_no_complaint():
    assert session_complaints([registration(turned(0.3))] * 4) == ("",) * 4


def test_the_one_registration_that_turns_otherwise_is_named():
    complaints = session_complaints([*[registration(turned(0.3))] * 3, registration(turned(1.3))])
    assert complaints[:3] == ("",) * 3
    assert "departs from the session's median by 1.00°" in complaints[3]


@pytest.mark.parametrize("energy_ratio", [0.85, 1.2])
def test_the_one_site_out_of_focus_is_named(energy_ratio):
    sites = [*[registration(turned())] * 3, registration(turned(), energy_ratio=energy_ratio)]
    assert "out of focus" in session_complaints(sites)[3]


def test_too_few_accepted_sites_give_no_median():
    sites = [registration(turned()), registration(turned(2.0)), registration(turned(4), accepted=False)]
    assert session_complaints(sites) == ("",) * 3


def test_a_refused_site_neither_counts_nor_gets_a_second_reason():
    sites = [*[registration(turned())] * 3, registration(turned(4.0), accepted=False)]
    assert session_complaints(sites) == ("",) * 4
