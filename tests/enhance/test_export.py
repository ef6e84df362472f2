"""Models for other tools: what is written gives what the engine gives, or is not written."""

import sys

import cv2
import numpy as np
import pytest
import torch

from enhance.engine_torch import TorchEngine
from enhance.errors import ExportError
from enhance.export.agreement import LIMIT, SIZES, agreement_of, example_picture
from enhance.export.extras import needed
from enhance.export.formats import default_name, target_of
from enhance.export.onnxfile import write_onnx
from enhance.export.torchscript import torchscript_of
from enhance.export.wholepicture import halo_px, whole_picture
from enhance.export.zoodescription import refused
from tests.enhance.extras import extra
from tests.enhance.models import checkpoint

RATIOS = [(5, 2), (2, 1), (3, 2), (4, 3), (7, 3), (1, 1)]


def model(**values):
    """Of few weights, as large as they are drawn, so that most of its values lie between black and white."""
    drawn = checkpoint(width=4, blocks=1, **values)
    weights = {name: weight / 4 for name, weight in drawn.weights.items()}
    return checkpoint(width=4, blocks=1, **values, weights=weights)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A model with all that is ours, as ONNX: the model, its session, and how well they agree."""
    for module in ("onnx", "onnxscript"):
        extra(module)
    runtime = extra("onnxruntime")
    path = tmp_path_factory.mktemp("export") / "deep" / "model.onnx"
    agreement = write_onnx(model(), path, tested="never tested on this rig")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return model(), session, agreement


def run(session, pictures):
    return session.run(None, {"picture": pictures})[0]


def engines(checkpoint, pictures):
    engine = TorchEngine(checkpoint, tile_px=32)
    return np.stack([engine.forward(x.transpose(1, 2, 0)).clip(0, 1).transpose(2, 0, 1) for x in pictures])


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(("padding", "skip"), [("reflect", "bicubic"), ("zero", "none")])
def test_the_whole_picture_is_what_the_engine_gives_clipped_at_any_size(ratio, padding, skip):
    this = model(ratio=ratio, padding=padding, skip=skip)
    whole = whole_picture(this)
    for rows, columns in [*SIZES, (2, 3), (13, 14)]:
        picture = example_picture(rows, columns)
        with torch.inference_mode():
            got = whole(torch.from_numpy(picture)).numpy()
        assert np.abs(got - engines(this, picture)).max() < 1e-6
        assert got.shape[2:] == tuple(-(-ratio[0] * side // ratio[1]) for side in (rows, columns))


def test_the_halo_is_in_whole_strides_and_never_less_than_the_context():
    assert halo_px(checkpoint(width=32, blocks=5, growth=10).architecture) == 14
    for ratio in RATIOS:
        architecture = checkpoint(ratio=ratio).architecture
        assert halo_px(architecture) >= architecture.context_px
        assert halo_px(architecture) % ratio[1] == 0


def test_the_onnx_file_agrees_with_the_engine_and_says_by_how_much(written):
    assert 0 < written[2].largest <= LIMIT
    assert written[2].sizes == SIZES


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 200), (64, 65), (131, 90)])
@pytest.mark.parametrize("count", [1, 3])
def test_the_onnx_file_takes_any_size_and_any_number_of_pictures(written, size, count):
    pictures = np.concatenate([example_picture(*size)[..., ::step] for step in (1, -1, 1)])[:count]
    assert np.abs(run(written[1], pictures) - engines(written[0], pictures)).max() <= LIMIT


def test_a_picture_of_512_by_333_is_the_same_through_onnx_and_through_enhance(written):
    picture = np.random.default_rng(1).integers(0, 256, (42, 64, 3), dtype=np.uint8)
    picture = cv2.resize(picture, (512, 333), interpolation=cv2.INTER_CUBIC)
    fractions = (picture.astype(np.float32) / 255).transpose(2, 0, 1)[None]
    got = np.rint(255 * run(written[1], fractions))[0].transpose(1, 2, 0).astype(int)
    want = TorchEngine(written[0]).enhance(picture).astype(int)
    assert got.shape == want.shape == (833, 1280, 3)
    assert np.abs(got - want).max() <= 1  # where a value falls between two grey levels
    assert (got != want).mean() < 1e-4


def test_the_onnx_file_says_what_every_copy_must_carry(written):
    facts = written[1].get_modelmeta().custom_metadata_map
    assert facts["statement"] == "trained on simulated slides only"
    assert facts["tested"] == "never tested on this rig"
    assert facts["use"] == "research use only, not for diagnosis"
    assert facts["ratio"] == "5/2"
    assert facts["weights_sha256"] == written[0].weights_sha256


def test_the_papers_edges_and_another_ratio_go_into_onnx_too(tmp_path):
    for module in ("onnx", "onnxscript", "onnxruntime"):
        extra(module)
    path = tmp_path / "paper.onnx"
    assert write_onnx(model(ratio=(7, 3), padding="zero", skip="none"), path).largest <= LIMIT
    assert [p.name for p in tmp_path.iterdir()] == ["paper.onnx"]


@pytest.mark.parametrize(("ratio", "padding", "skip"), [((5, 2), "reflect", "bicubic"), ((7, 3), "zero", "none")])
def test_torchscript_agrees_with_the_engine_at_any_size(ratio, padding, skip):
    content, agreement = torchscript_of(model(ratio=ratio, padding=padding, skip=skip), name="weights")
    assert content
    assert agreement.largest <= LIMIT


def test_a_file_that_gives_other_pixels_is_refused():
    this = model()
    with pytest.raises(
        ExportError, match=r"weights\.x was not kept: it differs from the model by .* of the white level"
    ):
        agreement_of(lambda picture: engines(this, picture) + np.float32(2 * LIMIT), this, name="weights.x")


def test_a_file_that_gives_another_size_is_refused():
    with pytest.raises(ExportError, match="was not kept"):
        agreement_of(lambda picture: picture, model(), name="weights.x")


def test_a_file_that_gives_no_numbers_is_refused():
    this = model()
    with pytest.raises(ExportError, match="was not kept"):
        agreement_of(lambda picture: engines(this, picture) * np.nan, this, name="weights.x")


def test_a_file_that_cannot_run_at_a_size_is_refused_with_the_size():
    this = model()

    def odd(picture):
        if picture.shape[2] % 2 == 0:
            raise ValueError("even rows")
        return engines(this, picture)

    with pytest.raises(ExportError, match=r"64×64 pixels does not pass it \(even rows\)"):
        agreement_of(odd, this, name="weights.x")


@pytest.mark.parametrize("module", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_package_is_named_with_what_installs_it_and_nothing_is_written(module, monkeypatch, tmp_path):
    for other in ("onnx", "onnxscript", "onnxruntime"):
        extra(other)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExportError, match=rf"needs {module}.*pip install 'parfocal\[engines\]'"):
        write_onnx(model(), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_package_that_is_there_is_imported():
    assert needed("json", extras="engines").loads("1") == 1


def test_a_file_is_named_after_its_model_unless_it_is_told(tmp_path):
    assert target_of("shipped", None, "onnx").name == "shipped.onnx"
    assert target_of("models/lung", tmp_path, "bioimageio") == tmp_path / "lung.bioimageio.zip"
    assert target_of("models/lung", tmp_path / "a.zip", "bioimageio") == tmp_path / "a.zip"
    assert target_of("models/lung", tmp_path / "a.onnx", "onnx") == tmp_path / "a.onnx"


@pytest.mark.parametrize(
    ("name", "form"), [("models", "bioimageio"), ("models", "onnx"), ("a.zip", "onnx"), ("a.onnx", "bioimageio")]
)
def test_a_name_that_ends_otherwise_is_refused_where_there_is_no_such_folder(tmp_path, name, form):
    with pytest.raises(ExportError, match="is no folder that exists and does not end in"):
        target_of("shipped", tmp_path / name, form)


def test_a_name_for_bioimageio_holds_only_the_signs_that_it_takes():
    assert default_name("models/lung.2026 (a)") == "Parfocal lung-2026 (a)"


def test_a_licence_that_nobody_knows_is_named_as_what_is_wrong():
    error = ValueError("3 validation errors for ModelDescr license.function-after[x] Input should be 'MIT'")
    assert "SPDX name" in refused(error)
    assert "SPDX name" not in refused(ValueError("1 validation error for ModelDescr name [input_value={'license': 1}]"))
