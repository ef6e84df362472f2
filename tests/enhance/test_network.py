import cv2
import numpy as np
import pytest
import torch

from calibration.affine import apply, scaling
from enhance.architecture import Architecture
from enhance.errors import CheckpointError
from enhance.network import BicubicSkip, Network
from enhance.networks import weight_shapes

RATIOS = [(5, 2), (2, 1), (3, 2), (7, 3), (5, 4), (1, 1)]
SMALL = {"width": 3, "blocks": 2, "growth": 4}


def test_the_papers_network_has_the_papers_channels_and_203787_parameters():
    network = Network(Architecture())
    assert network.architecture.channels == (32, 34, 38, 44, 52, 62)
    assert sum(p.numel() for p in network.parameters()) == 203_787


def test_the_papers_field_of_555_by_333_becomes_1388_by_833():
    assert (Architecture().enlarged(555), Architecture().enlarged(333)) == (1388, 833)


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_skip_lies_on_the_grid_that_shares_its_outer_edges_with_the_input(ratio):
    rows, columns = np.mgrid[0:48.0, 0:36.0]
    plane = torch.from_numpy(0.3 * columns - 0.7 * rows)[None, None].expand(1, 3, -1, -1)
    output = BicubicSkip(ratio)(plane)[0, 1].numpy()
    high_rows, high_columns = np.mgrid[0 : output.shape[0], 0 : output.shape[1]]
    low = apply(scaling(ratio[0] / ratio[1]), np.stack([high_columns, high_rows], axis=-1))
    error = output - (0.3 * low[..., 0] - 0.7 * low[..., 1])
    inner = error[4 * ratio[0] : -4 * ratio[0], 4 * ratio[0] : -4 * ratio[0]]
    assert np.abs(inner).max() < 0.1  # the kernel itself bends a ramp by some hundredths within a pixel
    assert abs(inner.mean()) < 1e-12  # and over whole pixels not at all


@pytest.mark.parametrize("ratio", RATIOS)
def test_the_skip_of_a_turned_picture_is_the_turned_skip(ratio):
    x = torch.rand(1, 3, 5 * ratio[1], 4 * ratio[1], dtype=torch.float64)
    skip = BicubicSkip(ratio)
    assert torch.allclose(skip(x.flip(2, 3)), skip(x).flip(2, 3), atol=1e-12)


@pytest.mark.parametrize("ratio", [(5, 2), (2, 1), (7, 3)])
def test_the_skip_is_opencvs_bicubic(ratio):
    rows, columns = 6 * ratio[1], 8 * ratio[1]
    x = np.random.default_rng(1).random((rows, columns, 3)).astype(np.float32)
    size = (columns * ratio[0] // ratio[1], rows * ratio[0] // ratio[1])
    expected = cv2.resize(x, size, interpolation=cv2.INTER_CUBIC)
    output = BicubicSkip(ratio)(torch.from_numpy(x).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    assert np.abs(output - expected).max() < 1e-6


def test_initial_weights_are_a_truncated_normal_and_biases_zero():
    network = Network(Architecture(), seed=0)
    weights = network.spread.weight.detach().numpy()
    assert np.abs(weights).max() <= 0.1
    assert weights.std() == pytest.approx(0.05 * 0.8796, rel=0.01)  # 0.8796: sigma of a normal cut at two sigma
    assert all(not p.any() for name, p in network.named_parameters() if name.endswith("bias"))


def test_the_same_seed_draws_the_same_weights_and_another_seed_others():
    one, same, other = (Network(Architecture(**SMALL), seed=seed).enter.weight for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_shapes_of_an_architecture_are_those_of_its_network():
    architecture = Architecture(skip="bicubic", **SMALL)
    state = Network(architecture).state_dict()
    assert weight_shapes(architecture) == {name: tuple(w.shape) for name, w in state.items()}


@pytest.mark.parametrize("ratio", [(2, 5), (4, 2), (0, 1), (5, 0)])
def test_a_ratio_that_does_not_enlarge_in_lowest_terms_is_refused(ratio):
    with pytest.raises(CheckpointError, match="lowest terms"):
        Architecture(ratio=ratio)


def test_an_output_pixel_depends_on_no_more_input_than_the_context():
    architecture = Architecture(skip="bicubic")
    network = Network(architecture, seed=5).double()
    x = torch.rand(1, 3, 32, 32, dtype=torch.float64, requires_grad=True)
    network(x)[0, :, 40, 40].sum().backward()  # its centre lies at input pixel 16
    rows = np.flatnonzero(np.abs(x.grad[0].numpy()).sum(axis=(0, 2)))
    assert 16 - rows.min() <= architecture.context_px
    assert rows.max() - 16 <= architecture.context_px
