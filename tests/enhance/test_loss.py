import numpy as np
import pytest
import torch
from scipy.ndimage import correlate

from enhance.loss import charbonnier_loss, paper_loss
from tests.enhance import numpy_network as oracle

RNG = np.random.default_rng(2)
OUTPUT = RNG.random((2, 3, 9, 11))
LABEL = RNG.random((2, 3, 9, 11))


def test_the_papers_loss_equals_its_equation_in_numpy():
    sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=float)
    gradients = [
        [correlate(colour, h, mode="nearest") for h in (sobel, sobel.T)] for colour in OUTPUT.reshape(-1, 9, 11)
    ]
    pixels = OUTPUT.size
    expected = ((OUTPUT - LABEL) ** 2).sum() / pixels + 0.001 * np.square(gradients).sum() / pixels
    got = paper_loss(torch.from_numpy(OUTPUT), torch.from_numpy(LABEL))
    assert float(got) == pytest.approx(expected, abs=1e-12)


def test_charbonniers_loss_equals_its_equation_in_numpy():
    expected = np.sqrt((OUTPUT - LABEL) ** 2 + 1e-6).mean()
    assert float(charbonnier_loss(torch.from_numpy(OUTPUT), torch.from_numpy(LABEL))) == pytest.approx(
        expected, abs=1e-12
    )


def test_an_even_picture_that_equals_its_label_costs_the_papers_loss_nothing():
    even = torch.full((1, 3, 8, 8), 0.7, dtype=torch.float64)
    assert float(paper_loss(even, even)) == pytest.approx(0, abs=1e-20)


def test_each_colour_counts_by_itself():
    colours = torch.zeros(1, 3, 8, 8, dtype=torch.float64)
    colours[:, 1] = 1  # a step between colours is no gradient
    assert float(paper_loss(colours, colours)) == 0


def test_the_papers_loss_and_its_slope_are_those_of_the_equations_in_numpy_to_1e_10():
    value, slope = oracle.paper_loss(OUTPUT, LABEL)
    output = torch.from_numpy(OUTPUT).requires_grad_()
    loss = paper_loss(output, torch.from_numpy(LABEL))
    loss.backward()
    assert abs(float(loss.detach()) - value) <= 1e-10
    assert np.abs(output.grad.numpy() - slope).max() <= 1e-10


@pytest.mark.parametrize(("size", "places"), [((2, 3, 9, 11), 40), ((1, 3, 1, 4), 12)])
def test_the_slope_of_the_papers_loss_is_its_central_difference(size, places):
    rng = np.random.default_rng(5)
    output, label, step = rng.random(size), rng.random(size), 1e-6
    slope = oracle.paper_loss(output, label)[1]
    for place in zip(*(rng.integers(0, side, places) for side in size), strict=True):
        values = []
        for change in (step, -step):
            changed = output.copy()
            changed[place] += change
            values.append(float(paper_loss(torch.from_numpy(changed), torch.from_numpy(label))))
        assert slope[place] == pytest.approx((values[0] - values[1]) / (2 * step), abs=1e-8)


@pytest.mark.parametrize("loss", [paper_loss, charbonnier_loss])
def test_torch_itself_finds_the_slopes_of_both_losses_right(loss):
    output = torch.from_numpy(OUTPUT[:1, :, :4, :4]).requires_grad_()
    assert torch.autograd.gradcheck(loss, (output, torch.from_numpy(LABEL[:1, :, :4, :4])))


def test_a_larger_weight_of_the_gradients_asks_for_a_smoother_picture():
    flat, rough = (torch.from_numpy(np.broadcast_to(picture, (1, 3, 9, 11)).copy()) for picture in (0.5, OUTPUT[0]))
    for weight in (0.0, 0.001, 0.1):
        own = float(paper_loss(rough, rough, gradient_weight=weight))
        assert own == pytest.approx(weight * 1000 * float(paper_loss(rough, rough)))
        assert float(paper_loss(flat, flat, gradient_weight=weight)) == pytest.approx(0, abs=1e-20)
