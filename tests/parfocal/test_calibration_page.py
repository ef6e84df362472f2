"""The page of a calibration: all numbers with their intervals, pictures inside, nothing outside."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from calibration.flatfield import Correction
from calibration.record import Calibration, Measured, ObjectiveCalibration
from calibration.rig import load_rig
from parfocal.calibration_answer import calibration_keys, calibration_says
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


@cache
def plain_page(*, simulated=True):
    return calibration_page(calibration(simulated=simulated), RIG)


@cache
def full_page():
    return calibration_page(full(), RIG)


@pytest.mark.parametrize(
    "shown", ["0.18512 ± 0.00004", "12.34 ± 0.01", "-7.25 ± 0.01", "1.234 ± 0.010", "78.4 ± 0.5", "0123456789abcdef"]
)
def test_a_page_shows_what_was_measured_with_its_interval_and_of_which_rig(shown):
    assert shown in plain_page()


def test_a_page_says_until_when_it_holds():
    assert "26 December 2026" in plain_page()


def test_a_page_holds_its_pictures_and_refers_to_nothing_else():
    page = plain_page()
    sources = re.findall(r'(?:src|href)="(.{5})', page)
    assert sources == ["data:"]


@pytest.mark.parametrize("simulated", [True, False])
def test_only_a_simulated_microscope_is_called_one(simulated):
    assert ("SIMULATED" in plain_page(simulated=simulated)) == simulated


def test_the_arrows_point_where_stage_axes_lie_in_the_picture():
    """S turns columns into stage y: moving along stage x brings what lies at -y of the picture to its centre."""
    page = plain_page()
    ends = dict(re.findall(r'<text x="[-\d.]+" y="([-\d.]+)" fill="#\w+">(x|y)<', page))
    heights = {axis: float(height) for height, axis in ends.items()}
    assert heights["x"] < heights["y"] == pytest.approx(75.0)


CURVES = {
    "photon transfer": ((20.0, 0.3), (100.0, 1.3), (200.0, 2.6)),
    "linearity": ((1.6, 40.0), (4.0, 100.2), (8.0, 200.0)),
    "settle x": ((4.0, 0.3), (40.0, 0.04), (80.0, 0.01)),
    "settle y": ((4.0, 0.2), (40.0, 0.03), (80.0, 0.01)),
    "turret 40x": ((0.0, 0.0), (0.3, -0.1), (0.1, 0.2)),
    "lamp": ((0.0, 200.0), (1.0, 200.4), (2.0, 200.1)),
}


def full():
    return replace(
        calibration(),
        camera={"gain_e_per_level": measured(78.4, 0.5), "read_noise_e": measured(10.0, 0.5)},
        residuals={"camera_stage_um": 0.42, "nonlinearity": 0.0009},
        stage_pixel_um={"40x": measured(0.18500, 0.00006)},
        settle_ms={"x": 40.4, "y": 40.2},
        turret_um={"40x parcentric": Measured(value=0.21, interval95=(0.14, 0.42))},
        curves=CURVES,
        remarks=("The lamp was <cold>.",),
        valid_until=datetime(2026, 11, 29, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "shown",
    [
        "0.18500 ± 0.00006", "+0.065", "≤ 40", "0.210 (0.140 to 0.420)", "0.09%", "The lamp was &lt;cold&gt;.",
        "29 November 2026", "Gain, e⁻ per grey level", "Pictures against the stage&#39;s own positions",
    ],
)  # fmt: skip
def test_a_page_shows_what_was_measured_beside_in_words(shown):
    assert shown in full_page()


def test_a_page_shows_the_hash_that_runs_store():
    assert full().digest in full_page()


def test_each_curve_has_its_picture_and_one_that_was_not_measured_has_none():
    pictures = full_page().count("<img")
    flats, with_ruler = len(full().corrections), 1
    assert pictures == flats + with_ruler + len({name.split()[0] for name in CURVES})
    without = replace(full(), curves={name: curve for name, curve in CURVES.items() if name != "lamp"})
    assert calibration_page(without, RIG).count("<img") == pictures - 1


def test_all_pictures_of_a_full_page_are_inside_it():
    assert set(re.findall(r'(?:src|href)="(.{5})', full_page())) == {"data:"}


def test_the_same_calibration_gives_the_same_page():
    assert calibration_page(full(), RIG) == full_page()


def test_the_answer_for_scripts_holds_what_was_measured_beside(tmp_path):
    keys = calibration_keys(full(), tmp_path / "cal.yaml")
    assert (keys["settle_ms"], keys["sha256"]) == ({"x": 40.4, "y": 40.2}, full().digest)
    assert keys["stage_pixel_um"]["40x"]["value"] == 0.185
    assert keys["remarks"] == ["The lamp was <cold>."]


def test_the_answer_for_people_says_what_the_ruler_changed():
    told = [text for text in calibration_says(full()) if isinstance(text, str)]
    assert any("0.18500 ± 0.00006 µm per pixel by moves of the stage, refined by the ruler" in text for text in told)
