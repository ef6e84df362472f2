"""Pixel sizes out to Micro-Manager's configuration file and in again."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError, RecordError
from calibration.pixelsizes import by_objective, check_pixel_um, compare, pixel_size_lines, read_pixel_sizes
from calibration.record import Calibration, Measured, ObjectiveCalibration
from calibration.rig import load_rig

RIG = load_rig("simulated")
entries = st.floats(-0.3, 0.3, allow_subnormal=False)


def calibration(matrix, pixel_um):
    nothing = Measured(value=0.0, interval95=(0.0, 0.0))
    objective = ObjectiveCalibration(
        stage_um_per_px=matrix,
        pixel_um=Measured(value=pixel_um, interval95=(pixel_um, pixel_um)),
        rotation_deg=nothing,
        parcentric_um=(nothing, nothing),
        parfocal_um=nothing,
    )
    return Calibration(
        rig_hash="", created=datetime(2026, 1, 1, tzinfo=UTC), objectives={"40x": objective}, corrections={}
    )


@given(st.tuples(st.tuples(entries, entries), st.tuples(entries, entries)), st.floats(0.01, 10))
def test_what_is_written_is_read_again(matrix, pixel_um):
    lines = pixel_size_lines(calibration(matrix, pixel_um), RIG)
    found = read_pixel_sizes("\n".join(["# Pixel sizes", *lines]))["40x"]
    assert found.pixel_um == pytest.approx(pixel_um)
    np.testing.assert_allclose(found.stage_um_per_px, matrix, rtol=1e-6, atol=1e-12)


def test_the_lines_name_the_turret_and_its_label():
    assert "ConfigPixelSize,40x,Objective,Label,40x/0.95 air" in pixel_size_lines(
        calibration(((1, 0), (0, 1)), 1.0), RIG
    )


@pytest.mark.parametrize("line", ["PixelSize_um,40x", "PixelSizeAffine,40x,1,2,3", "PixelSize_um,40x,much"])
def test_a_line_without_its_numbers_is_refused(line):
    with pytest.raises(RecordError, match="holds no pixel size"):
        read_pixel_sizes(line)


def test_a_pixel_size_that_contradicts_micro_manager_is_refused_with_both_numbers():
    with pytest.raises(MeasurementError, match=r"0\.19000 µm as measured and of 0\.18500 µm in Micro-Manager"):
        check_pixel_um("40x", 0.19, 0.185)


@pytest.mark.parametrize("known_um", [0.0, 0.1850, 0.1880])
def test_a_pixel_size_near_micro_managers_or_without_one_passes(known_um):
    check_pixel_um("40x", 0.1850, known_um)


def affine(turn_deg, *, mirrored=False, pixel_um=0.185):
    turn = np.deg2rad(turn_deg)
    matrix = pixel_um * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return tuple(map(tuple, (matrix @ np.diag([-1 if mirrored else 1, 1])).tolist()))


def written(label="40x/0.95 air", name="Res40x", pixel_um=0.185, matrix=((0.185, 0.0), (0.0, 0.185))):
    (xx, xy), (yx, yy) = matrix
    return (
        f"ConfigPixelSize,{name},Objective,Label,{label}\nPixelSize_um,{name},{pixel_um}\n"
        f"PixelSizeAffine,{name},{xx},{xy},0.0,{yx},{yy},0.0"
    )


def test_pixel_sizes_belong_to_the_objective_whose_turret_label_they_name():
    found = by_objective(read_pixel_sizes(written()), RIG)
    assert {name: size.pixel_um for name, size in found.items()} == {"40x": 0.185}


def test_a_configuration_of_another_stand_is_refused():
    with pytest.raises(RecordError, match=r"none of the objectives .*40x/0.95 air"):
        by_objective(read_pixel_sizes(written(label="63x/1.3", name="Res63x")), RIG)


def test_a_configuration_that_contradicts_the_measurement_is_a_failure_that_shows_both_numbers():
    sizes = by_objective(read_pixel_sizes(written(pixel_um=0.19)), RIG)
    with pytest.raises(MeasurementError, match=r"0\.18500 µm as measured and of 0\.19000 µm in Micro-Manager"):
        compare(calibration(affine(0), 0.185), sizes)


def test_what_agrees_is_said_with_both_numbers():
    sizes = by_objective(read_pixel_sizes(written(pixel_um=0.1860)), RIG)
    [said] = compare(calibration(affine(0), 0.185), sizes)
    assert "0.18500 µm per pixel as measured and 0.18600 µm in Micro-Manager, -0.54 % apart" in said


@given(st.floats(-89, 89))
def test_an_affine_that_is_turned_against_the_camera_is_told(turn_deg):
    sizes = by_objective(read_pixel_sizes(written(matrix=affine(0))), RIG)
    [said] = compare(calibration(affine(turn_deg), 0.185), sizes)
    assert f"turned by {turn_deg:.1f}°" in said.replace("-0.0°", "0.0°") or abs(turn_deg) < 0.1
    assert ("take the lines" in said) == (abs(turn_deg) > 1)


def test_a_mirrored_affine_is_told():
    sizes = by_objective(read_pixel_sizes(written(matrix=affine(0, mirrored=True))), RIG)
    [said] = compare(calibration(affine(0), 0.185), sizes)
    assert "mirrored" in said
