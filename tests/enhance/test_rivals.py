from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
import yaml

from enhance.architecture import Architecture
from enhance.checkpoint import load, save
from enhance.engine_torch import TorchEngine
from enhance.errors import CheckpointError
from enhance.networks import build_network, parameter_count, standard_architecture
from enhance.open import open_engine
from tests.enhance.models import checkpoint
from tests.enhance.numpy_network import keys_bicubic

RIVALS = ("srcnn", "espcn", "edsr")
RATIOS = [(5, 2), (3, 2), (2, 1), (7, 3)]
OURS = 203_787
WHOLE = 10_000


def test_espcn_and_edsr_have_our_number_of_parameters_within_two_per_cent_and_srcnn_its_own_69251():
    counts = {kind: parameter_count(standard_architecture(kind, ratio=(5, 2))) for kind in (*RIVALS, "rivenson")}
    assert counts["rivenson"] == OURS
    assert counts["srcnn"] == 69_251
    assert counts["espcn"] == pytest.approx(OURS, rel=0.02)
    assert counts["edsr"] == pytest.approx(OURS, rel=0.02)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("kind", ["espcn", "edsr"])
def test_at_any_ratio_no_neighbouring_width_comes_nearer_to_our_parameters(kind, ratio):
    chosen = standard_architecture(kind, ratio=ratio)
    ours = parameter_count(Architecture(ratio=ratio))
    off = [abs(parameter_count(replace(chosen, width=chosen.width + step)) - ours) for step in (-1, 0, 1)]
    assert min(off) == off[1]


@pytest.mark.parametrize("skip", ["none", "bicubic"])
@pytest.mark.parametrize("ratio", [(5, 2), (7, 3)])
@pytest.mark.parametrize("kind", RIVALS)
def test_each_rival_equals_an_independent_forward_pass_in_float64(kind, ratio, skip):
    architecture = Architecture(kind=kind, ratio=ratio, width=6, blocks=2, growth=0, skip=skip)
    network = build_network(architecture, seed=3).double()
    with torch.no_grad():
        for index, weight in enumerate(network.parameters()):  # biases too must count
            weight.add_(0.02 * torch.sin(torch.arange(weight.numel(), dtype=torch.float64) + index).view_as(weight))
        x = np.random.default_rng(0).random((3, 13, 18))
        got = network(torch.from_numpy(x)[None])[0].numpy()
    weights = {name: w.numpy() for name, w in network.state_dict().items()}
    want = FORWARD[kind](x, weights, ratio)
    if skip == "bicubic":
        want = want + bicubic(x, ratio)
    assert got.shape == want.shape == (3, architecture.enlarged(13), architecture.enlarged(18))
    assert np.abs(got - want).max() <= 1e-10


@pytest.mark.parametrize("padding", ["zero", "reflect"])
@pytest.mark.parametrize(
    ("ratio", "size", "cycles"), [((5, 2), (29, 36), 1), ((3, 2), (33, 31), 2), ((7, 3), (31, 40), 1)]
)
@pytest.mark.parametrize("kind", RIVALS)
def test_tiles_of_each_rival_give_what_the_whole_gives_to_1e_12_in_float64(kind, ratio, size, cycles, padding):
    model = checkpoint(kind=kind, padding=padding, ratio=ratio, blocks=1)
    image = np.random.default_rng(1).random((*size, 3))
    for passes in range(1, cycles + 1):
        tiled, whole = (
            TorchEngine(model, tile_px=tile, dtype=torch.float64).forward(image, passes=passes) for tile in (12, WHOLE)
        )
        assert tiled.shape == whole.shape
        assert np.abs(tiled - whole).max() <= 1e-12 * max(1.0, np.abs(whole).max())


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("kind", RIVALS)
def test_the_context_of_each_rival_holds_what_an_output_pixel_depends_on_and_no_pixel_too_many(kind, ratio):
    architecture = Architecture(kind=kind, ratio=ratio, width=2, blocks=1, growth=0, skip="bicubic")
    network = build_network(architecture, seed=5).double()
    p, q = ratio
    x = torch.rand(1, 3, 24 * q, 24 * q, dtype=torch.float64, requires_grad=True)
    network(x)[0, :, 12 * p : 13 * p, 12 * p : 13 * p].sum().backward()  # the outputs of input pixels 12 q to 13 q - 1
    rows = np.flatnonzero(np.abs(x.grad[0].numpy()).sum(axis=(0, 2)))
    reach = max(12 * q - rows.min(), rows.max() - (13 * q - 1))
    assert architecture.context_px - 1 <= reach <= architecture.context_px


@pytest.mark.parametrize("kind", RIVALS)
def test_a_rival_is_saved_loaded_and_opened_like_any_other_model(kind, tmp_path):
    model = checkpoint(kind=kind)
    save(model, tmp_path)
    assert load(tmp_path).architecture == model.architecture
    image = np.random.default_rng(2).integers(0, 256, (9, 14, 3), dtype=np.uint8)
    assert np.array_equal(open_engine(tmp_path).enhance(image), TorchEngine(model).enhance(image))


def test_a_description_that_names_no_kind_is_of_our_network(tmp_path):
    save(checkpoint(), tmp_path)
    path = tmp_path / "model.yaml"
    description = yaml.safe_load(path.read_text())
    del description["architecture"]["kind"]
    path.write_text(yaml.safe_dump(description))
    assert load(tmp_path).architecture.kind == "rivenson"


def test_weights_of_one_kind_under_the_description_of_another_are_refused(tmp_path):
    save(checkpoint(kind="edsr"), tmp_path)
    path = tmp_path / "model.yaml"
    path.write_text(path.read_text().replace("kind: edsr", "kind: espcn"))
    with pytest.raises(CheckpointError, match="do not fit"):
        load(tmp_path)


def test_an_unknown_kind_is_refused_with_those_there_are():
    with pytest.raises(CheckpointError, match="'espcn', 'edsr'"):
        Architecture(kind="magic")


@pytest.mark.parametrize("kind", RIVALS)
def test_the_recipes_factors_scale_the_first_and_the_last_convolution_and_centre_the_first(kind):
    architecture = Architecture(**(asdict(standard_architecture(kind, ratio=(5, 2))) | {"width": 8}))
    plain = build_network(architecture, seed=1).state_dict()
    scaled = build_network(architecture, seed=1, tail_scale=0.1, entry_gain=4.0).state_dict()
    names = [name for name in plain if name.endswith("weight")]
    factors = {name: float((scaled[name] / plain[name]).median()) for name in names}
    assert factors[names[0]] == pytest.approx(4)
    assert factors[names[-1]] == pytest.approx(0.1)
    assert all(factors[name] == pytest.approx(1) for name in names[1:-1])
    first = names[0].removesuffix("weight")
    zero = scaled[f"{first}bias"] + 0.5 * scaled[f"{first}weight"].sum(dim=(1, 2, 3))
    assert float(zero.abs().max()) < 1e-6


def srcnn(x, weights, ratio):
    fine = bicubic(x, ratio)
    return convolve(relu(convolve(relu(convolve(fine, weights, "extract")), weights, "map")), weights, "rebuild")


def espcn(x, weights, ratio):
    features = np.tanh(convolve(np.tanh(convolve(x, weights, "first")), weights, "second"))
    return reduced(features, weights, ratio)


def edsr(x, weights, ratio):
    head = features = convolve(x, weights, "head")
    for block in ("blocks.0", "blocks.1"):
        features = features + convolve(relu(convolve(features, weights, f"{block}.first")), weights, f"{block}.second")
    return reduced(head + convolve(features, weights, "end"), weights, ratio)


FORWARD = {"srcnn": srcnn, "espcn": espcn, "edsr": edsr}


def relu(x):
    return np.maximum(x, 0)


def reduced(features, weights, ratio):
    """Spread to 3 p² channels, lay them out p times finer, and keep every q-th of a last convolution."""
    p, q = ratio
    deep = convolve(features, weights, "spread")
    rows, columns = deep.shape[1:]
    fine = deep.reshape(3, p, p, rows, columns).transpose(0, 3, 1, 4, 2).reshape(3, rows * p, columns * p)
    return convolve(fine, weights, "reduce")[:, ::q, ::q]


def convolve(x, weights, name):
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    side = weight.shape[-1]
    padded = np.pad(x, ((0, 0), (side // 2, side // 2), (side // 2, side // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    return np.einsum("ocij,cyxij->oyx", weight, windows) + bias[:, None, None]


def bicubic(x, ratio):
    p, q = ratio
    return keys_bicubic(x, [-(-p * length // q) for length in x.shape[1:]], q / p)
