"""Pixel sizes out to Micro-Manager's configuration file and in again."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import MeasurementError, RecordError
from calibration.pixelsizes import check_pixel_um, pixel_size_lines, read_pixel_sizes
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
