"""The network, its loss and its initial weights against the paper's equations in float64 NumPy: `numpy_network`."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest, truncnorm

from enhance.architecture import Architecture
from enhance.engine_torch import TorchEngine
from enhance.loss import paper_loss
from enhance.network import Network
from enhance.tiling import mirrored
from tests.enhance import numpy_network as oracle
from tests.enhance.models import checkpoint

LIMIT = 1e-10
RATIOS = [(5, 2), (2, 1), (3, 2), (4, 3), (7, 3), (1, 1)]
SIGMA = 0.05
X = np.random.default_rng(0).random((3, 17, 22))


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("skip", ["none", "bicubic"])
def test_the_forward_pass_is_that_of_the_equations_to_1e_10(ratio, skip):
    network = moved(Architecture(ratio=ratio, skip=skip))
    with torch.inference_mode():
        got = network(torch.from_numpy(X)[None])[0].numpy()
    want = oracle.forward(X, arrays(network), ratio=ratio, bicubic=skip == "bicubic")
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= LIMIT * max(1, np.abs(want).max())


@pytest.mark.parametrize("ratio", [(5, 2), (7, 3)])
def test_with_mirrored_edges_the_engine_gives_the_equations_of_the_mirrored_picture(ratio):
    model = checkpoint(ratio=ratio, padding="reflect", skip="bicubic")
    halo = 15 if ratio[1] == 3 else 14  # more than the seven pixels that this small network sees
    places = [mirrored(-halo, side + halo + -side % ratio[1], side) for side in X.shape[1:]]
    around = X[:, places[0]][:, :, places[1]]
    whole = oracle.forward(around, doubled(model), ratio=ratio, bicubic=True)
    got = TorchEngine(model, dtype=torch.float64).forward(X.transpose(1, 2, 0)).transpose(2, 0, 1)
    first = halo * ratio[0] // ratio[1]
    want = whole[:, first : first + got.shape[1], first : first + got.shape[2]]
    assert np.abs(got - want).max() <= LIMIT * np.abs(want).max()


def test_self_feeding_enhances_the_enhanced_picture_and_averages_it_back():
    model = checkpoint(padding="zero", skip="bicubic")
    once = oracle.forward(X, doubled(model), ratio=(5, 2), bicubic=True)
    twice = oracle.forward(np.clip(once, 0, 1), doubled(model), ratio=(5, 2), bicubic=True)
    want = oracle.area_reduced(twice, (5, 2))
    got = TorchEngine(model, dtype=torch.float64).forward(X.transpose(1, 2, 0), passes=2).transpose(2, 0, 1)
    assert got.shape == once.shape
    assert np.abs(got - want).max() <= LIMIT * np.abs(want).max()


@pytest.mark.parametrize("ratio", [(5, 2), (3, 2), (1, 1)])
def test_the_gradient_of_the_papers_loss_by_every_weight_is_that_of_the_equations(ratio):
    network = moved(Architecture(ratio=ratio))
    x = np.random.default_rng(1).random((2, 3, 9, 12))
    weights = arrays(network)
    y = np.stack([oracle.forward(one, weights, ratio=ratio) for one in x])
    label = np.random.default_rng(2).random(y.shape)
    value, slope = oracle.paper_loss(y, label)
    want = [oracle.gradients(one, weights, its, ratio=ratio) for one, its in zip(x, slope, strict=True)]
    loss = paper_loss(network(torch.from_numpy(x)), torch.from_numpy(label))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(value, rel=LIMIT)
    for name, weight in network.named_parameters():
        expected = sum(each[name] for each in want)
        assert np.abs(weight.grad.numpy() - expected).max() <= LIMIT * max(1, np.abs(expected).max()), name


def test_the_equations_own_gradients_are_central_differences_of_their_loss():
    ratio, step = (3, 2), 1e-6
    weights = arrays(moved(Architecture(ratio=ratio, width=2, blocks=2, growth=1)))
    x = np.random.default_rng(3).random((3, 3, 4))
    label = np.random.default_rng(4).random((3, 5, 6))
    analytic = oracle.gradients(x, weights, loss_of(x, weights, label, ratio)[1], ratio=ratio)
    for name, weight in weights.items():
        for place in np.ndindex(weight.shape):
            before = weight[place]
            values = []
            for moved_to in (before + step, before - step):
                weight[place] = moved_to
                values.append(loss_of(x, weights, label, ratio)[0])
            weight[place] = before
            difference = (values[0] - values[1]) / (2 * step)
            assert analytic[name][place] == pytest.approx(difference, abs=1e-7, rel=1e-5), (name, place)


@pytest.mark.parametrize(("width", "blocks", "growth"), [(32, 5, 10), (32, 5, 0), (8, 3, 7), (16, 4, 5), (1, 1, 1)])
def test_the_widths_grow_by_the_papers_rounding(width, blocks, growth):
    architecture = Architecture(width=width, blocks=blocks, growth=growth)
    assert list(architecture.channels) == oracle.widths(width, blocks, growth)


@pytest.mark.parametrize("ratio", RATIOS)
def test_every_size_to_200_comes_out_as_the_ceiling_along_either_axis(ratio):
    network = Network(Architecture(ratio=ratio, skip="bicubic", width=1, blocks=1, growth=0)).to("meta")
    for rows in range(1, 201):
        columns = rows * 37 % 200 + 1  # every number from 1 to 200 once, in another order
        expected = tuple(int(np.ceil(ratio[0] * side / ratio[1] - 1e-9)) for side in (rows, columns))
        assert tuple(network(torch.empty(1, 3, rows, columns, device="meta")).shape[2:]) == expected
        assert (network.architecture.enlarged(rows), network.architecture.enlarged(columns)) == expected


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_initial_weights_are_drawn_from_a_normal_of_sigma_0_05_cut_at_two_sigma(seed):
    network = Network(Architecture(), seed=seed)
    drawn = np.concatenate([w.ravel() for name, w in arrays(network).items() if name.endswith("weight")])
    assert np.abs(drawn).max() <= 2 * SIGMA
    assert np.abs(drawn).max() > 1.999 * SIGMA
    law = truncnorm(-2, 2, scale=SIGMA)
    few = len(drawn) ** -0.5
    assert abs(drawn.mean()) < 4 * law.std() * few
    assert drawn.var() == pytest.approx(law.var(), rel=4 * np.sqrt(law.stats("k") + 2) * few)
    assert kstest(drawn, law.cdf).statistic < 1.95 * few  # one draw in a thousand would be farther off


def test_initial_biases_are_zero():
    biases = {name: b for name, b in arrays(Network(Architecture(), seed=0)).items() if name.endswith("bias")}
    assert len(biases) == 13
    assert not any(bias.any() for bias in biases.values())


def loss_of(x, weights, label, ratio):
    value, slope = oracle.paper_loss(oracle.forward(x, weights, ratio=ratio)[None], label[None])
    return value, slope[0]


def moved(architecture):
    """A network in float64 whose biases count too."""
    network = Network(architecture, seed=3).double()
    with torch.no_grad():
        for index, weight in enumerate(network.parameters()):
            weight.add_(0.01 * torch.sin(torch.arange(weight.numel(), dtype=torch.float64) + index).view_as(weight))
    return network


def doubled(model):
    return {name: weight.astype(np.float64) for name, weight in model.weights.items()}


def arrays(network):
    return {name: weight.detach().numpy() for name, weight in network.named_parameters()}
