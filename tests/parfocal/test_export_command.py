"""`parfocal export`: what a person types, and what a script reads."""

import json

import pytest
from typer.testing import CliRunner

from enhance.checkpoint import save
from parfocal.commands import app
from tests.enhance.extras import extra
from tests.enhance.models import checkpoint


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    drawn = checkpoint(width=4, blocks=1)
    weights = {name: weight / 4 for name, weight in drawn.weights.items()}
    save(checkpoint(width=4, blocks=1, weights=weights), tmp_path / "lung")
    return tmp_path / "lung"


def test_a_script_reads_where_the_file_is_how_far_it_is_off_and_what_it_must_carry(folder, tmp_path):
    for module in ("onnx", "onnxscript", "onnxruntime"):
        extra(module)
    result = call("export", folder, "--format", "onnx", "--out", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    keys = json.loads(result.stdout.splitlines()[-1])
    assert keys["out"] == str(tmp_path / "lung.onnx")
    assert keys["bytes"] == (tmp_path / "lung.onnx").stat().st_size
    assert 0 < keys["max_abs_difference"] <= keys["limit"] == 1e-5
    assert [1, 1] in keys["sizes"]
    assert keys["facts"]["statement"] == "trained on simulated slides only"
    assert keys["facts"]["tested"] == "never tested on this rig"


def test_an_unknown_format_is_a_usage_error_that_names_those_there_are(folder):
    result = call("export", folder, "--format", "tensorflow")
    assert result.exit_code == 2
    assert "bioimageio" in result.stderr


def test_a_model_that_there_is_not_is_said_before_anything_is_written(tmp_path):
    result = call("export", tmp_path / "nothing", "--format", "onnx", "--out", tmp_path / "a.onnx")
    assert result.exit_code == 1
    assert "there is no model" in result.stderr
    assert not (tmp_path / "a.onnx").exists()
