"""A package of bioimage.io: whole, described, and run by `bioimageio.core` as `parfocal enhance` would."""

import gc
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import yaml

from enhance.engine_torch import TorchEngine
from enhance.errors import ExportError
from enhance.export.agreement import LIMIT, example_picture
from enhance.export.bioimage import write_package
from enhance.export.zoodescription import Signature, description_of
from tests.enhance.extras import extra, zoo
from tests.enhance.models import checkpoint

pytestmark = pytest.mark.filterwarnings("ignore")  # bioimageio.core leaves files open, torch.jit is deprecated
SIGNATURE = Signature(name="Parfocal test", authors=("Jane Doe",), licence="CC-BY-4.0")


def model(**values):
    drawn = checkpoint(width=4, blocks=1, scores={"network": {"psnr_db": 31.5, "ssim": 0.9}}, **values)
    weights = {name: weight / 4 for name, weight in drawn.weights.items()}
    return checkpoint(width=4, blocks=1, scores=drawn.scores, **values, weights=weights)


@pytest.fixture(autouse=True)
def _files_that_bioimageio_leaves_open_are_closed_here():
    yield
    gc.collect()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Writing it runs `test_model`, which must pass."""
    zoo()
    for module in ("onnx", "onnxscript", "onnxruntime"):
        extra(module)
    path = tmp_path_factory.mktemp("zoo") / "model.zip"
    assert write_package(model(), path, SIGNATURE).largest <= LIMIT
    return path


@pytest.fixture(scope="module")
def description(package):
    with zipfile.ZipFile(package) as files:
        return yaml.safe_load(files.read("rdf.yaml"))


def predicted(package, picture, **how):
    sample = zoo().predict(model=package, inputs={"picture": picture}, **how)
    return next(iter(sample.members.values())).data.values


def enhanced(picture):
    return TorchEngine(model()).forward(picture[0].transpose(1, 2, 0)).clip(0, 1).transpose(2, 0, 1)[None]


def test_a_package_holds_weights_pictures_text_and_description(package):
    assert {p.name for p in package.parent.iterdir()} == {"model.zip"}
    with zipfile.ZipFile(package) as files:
        assert set(files.namelist()) == {
            "README.md", "rdf.yaml", "test-input.npy", "test-output.npy", "weights.onnx", "weights.torchscript.pt",
        }  # fmt: skip


def test_a_package_says_whose_it_is_what_it_follows_and_what_it_is_not_for(package, description):
    assert description["authors"] == [{"name": "Jane Doe"}]
    assert description["license"] == "CC-BY-4.0"
    assert description["cite"][0]["doi"] == "10.1364/OPTICA.4.001437"
    assert "super-resolution" in description["tags"]
    with zipfile.ZipFile(package) as files:
        text = files.read("README.md").decode()
    for words in ("simulated slides only", "not for diagnosis", "## Validation", "31.50"):
        assert words in text


def test_a_package_asks_for_whole_strides_and_gives_exactly_the_ratio_with_a_halo_for_tiles(description):
    size = description["inputs"][0]["axes"][2]
    assert (size["size"]["step"], size["scale"]) == (2, 5.0)
    side = description["outputs"][0]["axes"][2]
    assert (side["halo"], side["scale"]) == (15, 2.0)  # this small network needs 6 pixels, that of the paper 14


@pytest.mark.parametrize("how", [{}, {"blocksize_parameter": 9}])
def test_bioimageio_gives_what_enhance_gives_whole_and_in_tiles(package, how):
    picture = example_picture(66, 90)
    assert np.abs(predicted(package, picture, **how) - enhanced(picture)).max() <= LIMIT


def test_odd_sides_work_as_the_text_of_the_package_says(package):
    picture = example_picture(53, 60)
    longer = np.pad(picture, ((0, 0), (0, 0), (0, 6 + 1), (0, 0)), mode="reflect")
    wanted = enhanced(picture)
    assert np.abs(predicted(package, longer)[:, :, : wanted.shape[2]] - wanted).max() <= LIMIT


@pytest.mark.parametrize("module", ["bioimageio.core", "onnxruntime"])
def test_a_missing_package_is_named_with_what_installs_it_and_what_stood_there_stays(module, monkeypatch, tmp_path):
    zoo()
    path = tmp_path / "model.zip"
    path.write_bytes(b"older")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExportError, match=rf"needs {module}.*pip install"):
        write_package(model(), path, SIGNATURE)
    assert [p.name for p in tmp_path.iterdir()] == ["model.zip"]
    assert path.read_bytes() == b"older"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"licence": "all mine"}, "does not know that licence: give its SPDX name"),
        ({"name": "a/b/c/d"}, "does not take this description"),
    ],
)
def test_a_licence_or_name_that_the_format_does_not_take_is_refused(wrong, said, package, tmp_path):
    with zipfile.ZipFile(package) as files:
        files.extractall(tmp_path)
    with pytest.raises(ExportError, match=said):
        description_of(model(), tmp_path, replace(SIGNATURE, **wrong))
