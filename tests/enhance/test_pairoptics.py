"""Runs of one training set share objectives, pixel sizes and correction, or are refused in words."""

from dataclasses import replace
from fractions import Fraction

import pytest

from acquire.planfile import parse_plan
from acquire.runopen import create_run
from calibration.rig import load_rig
from enhance.errors import PairsError
from enhance.pairoptics import common_optics
from tests.enhance.small_run import small_calibration, small_rig


@pytest.fixture
def begin(tmp_path):
    """Begin an empty run with these objectives, on the small rig or a changed one."""

    def _begin(name, objectives=("40x", "100x"), *, rig=None, calibrated=True):
        rig = rig or small_rig()
        document = {
            "slide": name,
            "sites_um": [[0.0, 0.0]],
            "objectives": list(objectives),
            "exposure_ms": dict.fromkeys(objectives, 10),
        }
        calibration = small_calibration(rig) if calibrated else None
        return create_run(tmp_path / name, parse_plan(document, rig), rig, calibration)

    return _begin


def test_the_ratio_is_that_of_the_nominal_pixels(begin):
    optics = common_optics([begin("a"), begin("b")])
    assert optics.ratio == Fraction(5, 2)
    assert (optics.low.name, optics.high.name, optics.corrected) == ("40x", "100x", True)
    assert optics.high_pixel_um == pytest.approx(0.074)
    assert optics.field_um == pytest.approx(256 * 0.185)


def test_a_measured_pixel_size_counts_more_than_the_nominal_one(begin):
    run = begin("a")
    measured = run.calibration.objectives["40x"]
    longer = replace(measured, pixel_um=replace(measured.pixel_um, value=0.187))
    calibration = replace(run.calibration, objectives={**run.calibration.objectives, "40x": longer})
    assert common_optics([replace(run, calibration=calibration)]).low_pixel_um == 0.187


def test_one_objective_makes_no_pairs(begin):
    with pytest.raises(PairsError, match="run a has only the objectives \\['40x'\\]"):
        common_optics([begin("a", ("40x",))])


def test_the_stronger_objective_first_is_refused(begin):
    rig = small_rig()
    dry = tuple(replace(objective, na=0.9, immersion="air") for objective in rig.objectives)
    with pytest.raises(PairsError, match="took 100x before 40x"):
        common_optics([begin("a", ("100x", "40x"), rig=replace(rig, objectives=dry))])


def test_other_optics_are_no_common_ones(begin):
    rig = small_rig()
    oil = replace(rig.objective("100x"), na=1.3)
    other = begin("b", rig=replace(rig, objectives=(rig.objective("40x"), oil)))
    with pytest.raises(PairsError, match="have no common objectives"):
        common_optics([begin("a"), other])


def test_calibrated_and_uncalibrated_runs_do_not_mix(begin):
    with pytest.raises(PairsError, match="run b was captured without a calibration"):
        common_optics([begin("a"), begin("b", calibrated=False)])


def test_pictures_that_do_not_depend_on_the_objective_are_not_paired(begin):
    demo = load_rig("demo")
    run = begin("stock", ("10x", "40x"), rig=demo, calibrated=False)
    with pytest.raises(PairsError, match="do not depend on the objective: there is nothing to pair"):
        common_optics([run])
