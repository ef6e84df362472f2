import json

import pytest
import tifffile
import typer
from typer.testing import CliRunner

from parfocal.mosaic_command import mosaic
from tests.enhance.mosaic_run import capture_mosaic


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return capture_mosaic(tmp_path_factory.mktemp("command") / "run").path


@pytest.fixture
def call():
    app = typer.Typer(add_completion=False)
    app.command("mosaic")(mosaic)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_answer_holds_what_scripts_need(call, folder, tmp_path):
    result = call(folder, tmp_path / "slide.ome.tif", "--objective", "40x", "--blend", "nearest", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["tiles"] == 6
    assert told["on_stage"] == ["0006"]
    assert told["links"] >= 5
    assert tifffile.imread(told["out"]).shape[:2] == tuple(told["shape"])


def test_people_are_told_which_tiles_lie_where_the_stage_put_them(call, folder, tmp_path):
    result = call(folder, tmp_path / "slide.ome.tif")
    assert "1 without texture in common, laid where the stage put them: 0006" in result.stdout.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--objective", "63x"], "holds no site with '63x'"), (["--blend", "feather"], "ends in .ome.tif")],
)
def test_a_failure_is_one_sentence(call, folder, tmp_path, arguments, says):
    out = tmp_path / ("slide.png" if "--blend" in arguments else "slide.ome.tif")
    result = call(folder, out, *arguments)
    assert result.exit_code == 1
    assert says in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.output


def test_a_folder_that_is_no_run_is_refused(call, tmp_path):
    result = call(tmp_path, tmp_path / "slide.ome.tif")
    assert result.exit_code == 1
    assert "holds no run" in result.stderr
