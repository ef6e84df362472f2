import numpy as np
import pytest
import torch
from scipy.ndimage import correlate

from enhance.loss import charbonnier_loss, paper_loss

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
