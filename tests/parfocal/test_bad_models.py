"""A model that is damaged, foreign or dangerous is refused in one sentence by every command that takes one."""

import ast
import json
import pickle
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

from enhance.checkpoint import load, save
from enhance.errors import CheckpointError
from enhance.open import load_model, open_apart, open_engine
from parfocal.commands import app
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import write_pairs

ROOT = Path(__file__).parents[2]
PACKAGES = ("parfocal", "gui", "enhance", "acquire", "calibration")
WEIGHTS, DESCRIPTION = "weights.safetensors", "model.yaml"


class Trap:
    """Opened as a pickle, it makes a file."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return (open, (str(self.place), "w"))


def truncated(folder, _):
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])


def empty(folder, _):
    (folder / WEIGHTS).write_bytes(b"")


def cut_in_the_header(folder, _):
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:60])


def other_shapes(folder, _):
    save_file(dict(checkpoint(width=5).weights), folder / WEIGHTS)


def a_missing_weight(folder, _):
    weights = load_file(folder / WEIGHTS)
    del weights["reduce.bias"]
    save_file(weights, folder / WEIGHTS)


def a_pickle_named_safetensors(folder, trap):
    (folder / WEIGHTS).write_bytes(pickle.dumps(Trap(trap)))


def an_old_pickle_named_safetensors(folder, trap):
    (folder / WEIGHTS).write_bytes(pickle.dumps(Trap(trap), protocol=0))


def a_torch_file_named_safetensors(folder, trap):
    torch.save({"enter.weight": Trap(trap)}, folder / WEIGHTS)


def a_torch_file_instead(folder, trap):
    (folder / WEIGHTS).unlink()
    torch.save({"enter.weight": Trap(trap)}, folder / "weights.pt")


def a_pickle_instead(folder, trap):
    (folder / WEIGHTS).unlink()
    (folder / "weights.pkl").write_bytes(pickle.dumps(Trap(trap)))


def a_pth_instead(folder, trap):
    (folder / WEIGHTS).unlink()
    torch.save(Trap(trap), folder / "best.pth")


def a_ratio_of_another_model(folder, _):
    rewrite(folder, lambda model: model["architecture"].update(ratio=[3, 2]))


def no_numbers(folder, _):
    weights = load_file(folder / WEIGHTS)
    weights["spread.weight"][0, 0, 0, 0] = np.nan
    save_file(weights, folder / WEIGHTS)


def infinite(folder, _):
    weights = load_file(folder / WEIGHTS)
    weights["reduce.bias"][1] = np.inf
    save_file(weights, folder / WEIGHTS)


def weights_of_another_training(folder, _):
    save_file(dict(checkpoint(seed=9).weights), folder / WEIGHTS)


def a_description_that_calls_python(folder, trap):
    (folder / DESCRIPTION).write_text(f"!!python/object/apply:builtins.open ['{trap}', 'w']\n")


def rewrite(folder, change):
    model = yaml.safe_load((folder / DESCRIPTION).read_text())
    change(model)
    (folder / DESCRIPTION).write_text(yaml.safe_dump(model))


DAMAGES = {
    truncated: "truncated or not a safetensors file",
    empty: "truncated or not a safetensors file",
    cut_in_the_header: "truncated or not a safetensors file",
    other_shapes: "blocks.0.first.bias is [5] and should be [4]",
    a_missing_weight: "reduce.bias is missing and should be [3]",
    a_pickle_named_safetensors: "is a pickle, which can run any program",
    an_old_pickle_named_safetensors: "not a safetensors file",
    a_torch_file_named_safetensors: "is a pickle, which can run any program",
    a_torch_file_instead: "weights.pt is a pickle",
    a_pickle_instead: "weights.pkl is a pickle",
    a_pth_instead: "best.pth is a pickle",
    a_ratio_of_another_model: "spread.bias is [75] and should be [27]",
    no_numbers: "spread.weight of this model are not all finite",
    infinite: "reduce.bias of this model are not all finite",
    weights_of_another_training: "are not those its model.yaml was written for",
    a_description_that_calls_python: "is not a description that Parfocal wrote",
}


@pytest.fixture
def trap(tmp_path):
    """A place where a file stands as soon as a pickle was opened."""
    return tmp_path / "sprung"


@pytest.fixture
def folder(tmp_path):
    save(checkpoint(), tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def picture(tmp_path):
    cv2.imwrite(str(tmp_path / "in.png"), np.full((12, 16, 3), 200, dtype=np.uint8))
    return tmp_path / "in.png"


def refused(*arguments):
    """What a command says when it fails with one sentence."""
    result = CliRunner().invoke(app, [str(argument) for argument in (*arguments, "--json")])
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("parfocal: ")]
    said = json.loads(result.stdout.splitlines()[-1])["error"]
    assert lines == [f"parfocal: {said}"]
    assert "\n" not in said
    return said


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_no_door_lets_a_bad_model_in_and_no_pickle_is_opened(damage, folder, trap):
    damage(folder, trap)
    for door in (load, load_model, open_engine, open_apart):
        with pytest.raises(CheckpointError) as caught:
            door(folder)
        assert DAMAGES[damage] in str(caught.value)
    assert not trap.exists()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_every_command_says_in_one_sentence_why_it_does_not_take_a_bad_model(damage, folder, trap, picture, tmp_path):
    damage(folder, trap)
    out = tmp_path / "out"
    for arguments in (
        ("enhance", picture, out / "a.png", "--model", folder),
        ("evaluate", folder, tmp_path / "pairs"),
        ("export", folder, "--format", "onnx", "--out", out / "a.onnx"),
    ):
        assert DAMAGES[damage] in refused(*arguments)
    assert not out.exists()
    assert not trap.exists()


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.pkl", "model.ckpt", "model.bin"])
def test_a_pickle_named_as_the_model_is_refused_unopened(name, picture, trap, tmp_path):
    (tmp_path / name).write_bytes(pickle.dumps(Trap(trap)))
    said = refused("enhance", picture, tmp_path / "out.png", "--model", tmp_path / name)
    assert f"{name} is a pickle" in said
    assert not trap.exists()


@pytest.mark.parametrize("name", ["model.onnx", "model.h5", "model.zip", "weights.safetensors"])
def test_any_other_file_named_as_the_model_is_refused(name, picture, tmp_path):
    with zipfile.ZipFile(tmp_path / name, "w") as file:
        file.writestr("rdf.yaml", "type: model")
    said = refused("enhance", picture, tmp_path / "out.png", "--model", tmp_path / name)
    assert "is a file and a model is a folder" in said


def test_pairs_of_another_ratio_are_not_scored(tmp_path):
    pairs = write_pairs(tmp_path / "pairs", ratio=(5, 2))
    save(checkpoint(ratio=(3, 2)), tmp_path / "model")
    said = refused("evaluate", tmp_path / "model", pairs)
    assert "3/2" in said
    assert "5/2" in said


def test_the_traps_of_these_tests_would_spring(trap):
    pickle.loads(pickle.dumps(Trap(trap))).close()
    assert trap.exists()


def test_no_module_of_ours_can_open_a_pickle():
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if opens_pickles(node)
    ]
    assert guilty == []


def opens_pickles(node):
    """An import of a module that unpickles, `torch.load`, `allow_pickle=True`, or a YAML loader that makes objects."""
    match node:
        case ast.Import(names=names):
            return any(alias.name.split(".")[0] in {"pickle", "dill", "joblib", "shelve", "marshal"} for alias in names)
        case ast.ImportFrom(module=str(module)):
            return module.split(".")[0] in {"pickle", "dill", "joblib", "shelve", "marshal"}
        case ast.Attribute(value=ast.Name(id="torch"), attr="load"):
            return True
        case ast.Attribute(value=ast.Name(id="yaml"), attr="load" | "unsafe_load" | "full_load"):
            return True
        case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
            return True
    return False
