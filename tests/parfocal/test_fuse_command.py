"""`parfocal fuse`: what it calls itself, what its options do, and what it says of stacks that cannot be believed."""

import json

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from parfocal.commands import app
from tests.enhance.reliefs import PLANES, relief

KEYS = {
    "out",
    "depth",
    "method",
    "planes",
    "seconds",
    "align",
    "depth_unit",
    "depth_known",
    "drift_px",
    "quality",
    "notes",
}


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(*arguments):
    return json.loads(run(*arguments, "--json").stdout.splitlines()[-1])


@pytest.fixture
def stack(tmp_path):
    planes = np.random.default_rng(0).integers(0, 256, (3, 40, 48, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "stack.tif", planes, photometric="rgb")
    return tmp_path / "stack.tif"


@pytest.mark.parametrize("name", ["fuse", "edf"])
def test_the_help_begins_with_the_names_of_the_field(name):
    text = " ".join(run(name, "--help").stdout.lower().split())
    assert "extended depth of field (focus stacking)" in text


@pytest.mark.parametrize("method", ["forster", "energy", "laplacian"])
def test_every_method_writes_a_picture_and_a_depth_map(stack, tmp_path, method):
    said = answer("fuse", stack, tmp_path / "out.tif", "--method", method, "--align", "translation")
    assert said.keys() >= KEYS
    assert (said["method"], said["align"], said["planes"], said["depth_unit"]) == (method, "translation", 3, "planes")
    assert tifffile.imread(said["out"]).shape == (40, 48, 3)
    assert tifffile.imread(said["depth"]).shape == (40, 48)
    assert 0 <= said["quality"] <= 1


def test_a_step_brings_the_depth_to_um(tmp_path):
    tifffile.imwrite(tmp_path / "relief.tif", relief(1, noise=1.0).planes, photometric="rgb")
    said = answer("edf", tmp_path / "relief.tif", tmp_path / "out.tif", "--step-um", 0.1)
    assert said["depth_unit"] == "um"
    assert said["depth_known"] > 0.9
    assert np.nanmax(tifffile.imread(said["depth"])) <= np.float32(0.1 * (PLANES - 0.5))


def test_a_blank_stack_is_fused_and_its_depth_called_meaningless(tmp_path):
    tifffile.imwrite(tmp_path / "blank.tif", np.full((3, 40, 48, 3), 200, np.uint8), photometric="rgb")
    result = run("fuse", tmp_path / "blank.tif", tmp_path / "out.tif")
    assert result.exit_code == 0
    assert "the depth map means nothing" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("shape", "options", "says"),
    [((1, 40, 48, 3), (), "stack of 1 planes"), ((3, 40, 48, 3), ("--align", "affine"), "too small")],
)
def test_what_cannot_be_fused_fails_in_words(tmp_path, shape, options, says):
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros(shape, np.uint8), photometric="rgb")
    result = run("fuse", tmp_path / "stack.tif", tmp_path / "out.tif", *options)
    assert result.exit_code == 1
    assert says in " ".join(result.output.split())
