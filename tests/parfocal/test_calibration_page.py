"""The page of a calibration: all numbers with their intervals, pictures inside, nothing outside."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from calibration.flatfield import Correction
from calibration.record import Calibration, Measured, ObjectiveCalibration
from calibration.rig import load_rig
from parfocal.calibration_page import calibration_page

RIG = load_rig("simulated")


def measured(value, half=0.01):
    return Measured(value=value, interval95=(value - half, value + half))


def calibration(*, simulated=True):
    objective = ObjectiveCalibration(
        stage_um_per_px=((0.0, -0.185), (0.185, 0.0)),
        pixel_um=measured(0.18512, 0.00004),
        rotation_deg=measured(0.333),
        parcentric_um=(measured(12.34), measured(-7.25)),
        parfocal_um=measured(2.5),
    )
    flat = np.full((40, 60, 3), 0.8, np.float32)
    return Calibration(
        rig_hash="0123456789abcdef",
        created=datetime(2026, 11, 26, 4, 0, tzinfo=UTC),
        objectives={"40x": objective},
        corrections={"40x": Correction(dark=np.zeros_like(flat), flat=flat)},
        backlash_um={"x": measured(1.234)},
        camera={"gain_e_per_level": measured(78.4, 0.5)},
        residuals={"camera_stage_um": 0.42},
        simulated=simulated,
    )


@pytest.mark.parametrize(
    "shown", ["0.18512 ± 0.00004", "12.34 ± 0.01", "-7.25 ± 0.01", "1.234 ± 0.010", "78.4 ± 0.5", "0123456789abcdef"]
)
def test_a_page_shows_what_was_measured_with_its_interval_and_of_which_rig(shown):
    assert shown in calibration_page(calibration(), RIG)


def test_a_page_says_until_when_it_holds():
    assert "26 December 2026" in calibration_page(calibration(), RIG)


def test_a_page_holds_its_pictures_and_refers_to_nothing_else():
    page = calibration_page(calibration(), RIG)
    sources = re.findall(r'(?:src|href)="(.{5})', page)
    assert sources == ["data:"]


@pytest.mark.parametrize("simulated", [True, False])
def test_only_a_simulated_microscope_is_called_one(simulated):
    assert ("SIMULATED" in calibration_page(calibration(simulated=simulated), RIG)) == simulated


def test_the_arrows_point_where_stage_axes_lie_in_the_picture():
    """S turns columns into stage y: moving along stage x brings what lies at -y of the picture to its centre."""
    page = calibration_page(calibration(), RIG)
    ends = dict(re.findall(r'<text x="[-\d.]+" y="([-\d.]+)" fill="#\w+">(x|y)<', page))
    heights = {axis: float(height) for height, axis in ends.items()}
    assert heights["x"] < heights["y"] == pytest.approx(75.0)
