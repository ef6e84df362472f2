import numpy as np
import pytest
import torch
import yaml
from safetensors.numpy import save_file

from enhance.checkpoint import load, save
from enhance.errors import CheckpointError
from tests.enhance.models import checkpoint


@pytest.fixture
def folder(tmp_path):
    save(checkpoint(scores={"network": {"psnr_db": 31.5, "ssim": 0.9}}, ranges={"red": (0.1, 0.9)}), tmp_path / "model")
    return tmp_path / "model"


def test_what_was_saved_is_loaded(folder):
    saved, loaded = checkpoint(), load(folder)
    assert loaded.architecture == saved.architecture
    assert loaded.weights_sha256 == saved.weights_sha256
    assert all(np.array_equal(loaded.weights[name], saved.weights[name]) for name in saved.weights)
    for name in ("recipe", "pixel_um", "optics", "corrected", "simulated_only", "data_sha256", "steps"):
        assert getattr(loaded, name) == getattr(saved, name)
    assert loaded.scores == {"network": {"psnr_db": 31.5, "ssim": 0.9}}
    assert loaded.ranges == {"red": (0.1, 0.9)}


def test_a_model_folder_holds_two_files_and_no_leftovers(folder):
    assert sorted(p.name for p in folder.iterdir()) == ["model.yaml", "weights.safetensors"]


def test_a_model_of_simulated_slides_says_so():
    assert checkpoint().statement == "trained on simulated slides only"
    assert checkpoint(simulated_only=False).statement == "trained on captured slides"


@pytest.mark.parametrize("name", checkpoint().weights)
def test_the_hash_changes_with_any_weight(name):
    weights = {n: w.copy() for n, w in checkpoint().weights.items()}
    weights[name].reshape(-1)[-1] += 1
    assert checkpoint(weights=weights).weights_sha256 != checkpoint().weights_sha256


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="run `parfocal train` first"):
        load(tmp_path / "nothing")


def test_a_missing_weights_file_is_refused(folder):
    (folder / "weights.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"no readable weights\.safetensors"):
        load(folder)


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_weights_file_is_refused(folder, kept):
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="truncated"):
        load(folder)


def test_a_pickle_under_the_name_of_the_weights_is_refused_unopened(folder):
    torch.save({"enter.weight": torch.zeros(1)}, folder / "weights.safetensors")
    with pytest.raises(CheckpointError, match="pickle"):
        load(folder)


def test_weights_whose_header_is_as_long_as_a_pickles_first_bytes_are_no_pickle(tmp_path):
    saved = checkpoint(blocks=3, width=4, growth=0)
    save(saved, tmp_path)
    assert (tmp_path / "weights.safetensors").read_bytes().startswith(b"\x80\x05")  # 1408 bytes
    assert load(tmp_path).weights_sha256 == saved.weights_sha256


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "best.ckpt"])
def test_a_pickle_in_place_of_a_model_is_refused_unopened(tmp_path, name):
    (tmp_path / name).write_bytes(b"anything")
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(CheckpointError, match="pickle"):
            load(path)


def test_a_picture_in_place_of_a_model_is_refused(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"anything")
    with pytest.raises(CheckpointError, match="a model is a folder"):
        load(tmp_path / "picture.png")


def test_weights_of_another_network_are_refused_by_the_name_of_the_first_that_differs(folder):
    save_file(dict(checkpoint(width=5).weights), folder / "weights.safetensors")
    with pytest.raises(CheckpointError, match=r"blocks\.0\.first\.bias is \[5\] and should be \[4\]"):
        load(folder)


def test_weights_of_another_training_are_refused(folder):
    save_file(dict(checkpoint(seed=9).weights), folder / "weights.safetensors")
    with pytest.raises(CheckpointError, match="not those its model"):
        load(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(value):
    weights = {name: w.copy() for name, w in checkpoint().weights.items()}
    weights["reduce.bias"][1] = value
    with pytest.raises(CheckpointError, match=r"reduce\.bias .* not all finite"):
        checkpoint(weights=weights)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a description"),
        ("{", "not a description"),
        ("just words", "not a description"),
        ("format: 99", "format 99 and this version reads 1"),
    ],
)
def test_a_damaged_description_is_refused(folder, text, says):
    (folder / "model.yaml").write_text(text)
    with pytest.raises(CheckpointError, match=says):
        load(folder)


def test_an_unknown_key_in_the_description_is_refused_by_name(folder):
    description = yaml.safe_load((folder / "model.yaml").read_text()) | {"magic": 1}
    (folder / "model.yaml").write_text(yaml.safe_dump(description))
    with pytest.raises(CheckpointError, match="magic"):
        load(folder)


def test_a_ratio_below_one_in_the_description_is_refused(folder):
    text = (folder / "model.yaml").read_text()
    (folder / "model.yaml").write_text(text.replace("- 5\n  - 2", "- 2\n  - 5"))
    with pytest.raises(CheckpointError, match="ratio of 2/5"):
        load(folder)
