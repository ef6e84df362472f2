"""`parfocal calibrate` refuses in one sentence what it cannot do, before anything moves."""

import pytest
from typer.testing import CliRunner

from parfocal.calibrate_command import calibrate
from parfocal.commands import COMMANDS, app


def refused(*arguments):
    result = CliRunner().invoke(app, ["calibrate", "--rig", "simulated", *[str(one) for one in arguments]])
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.stderr.strip().splitlines()[-1]


def test_the_command_line_knows_where_calibrate_lives():
    module, name = COMMANDS["calibrate"].split(":")
    assert (calibrate.__module__, calibrate.__name__) == (module, name)


def test_two_rulers_are_refused(tmp_path):
    said = refused("--out", tmp_path / "cal.yaml", "--micrometer", 1, 2, "--usaf", 3, 4)
    assert "both --micrometer and --usaf are given" in said


@pytest.mark.parametrize("pitch", [0, -10])
def test_a_pitch_that_is_none_is_refused(tmp_path, pitch):
    said = refused("--out", tmp_path / "cal.yaml", "--micrometer", 1, 2, "--pitch-um", pitch)
    assert "give a number above 0" in said


def test_a_configuration_that_is_not_there_is_refused(tmp_path):
    said = refused("--out", tmp_path / "cal.yaml", "--from-pixel-sizes", tmp_path / "none.cfg")
    assert "cannot be read" in said


def test_a_configuration_of_another_stand_is_refused(tmp_path):
    config = tmp_path / "other.cfg"
    config.write_text("ConfigPixelSize,Res63x,Turret,Label,63x\nPixelSize_um,Res63x,0.1\n", encoding="utf-8")
    said = refused("--out", tmp_path / "cal.yaml", "--from-pixel-sizes", config)
    assert "none of the objectives" in said


def test_a_file_without_pixel_sizes_is_refused(tmp_path):
    config = tmp_path / "other.cfg"
    config.write_text("Device,Camera,DemoCamera,DCam\n", encoding="utf-8")
    assert "pixel sizes of nothing" in refused("--out", tmp_path / "cal.yaml", "--from-pixel-sizes", config)
