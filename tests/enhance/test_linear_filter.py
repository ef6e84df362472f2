import cv2
import numpy as np
import pytest

from enhance.baselines import bicubic, enlarged
from enhance.classical.linearfilter import filtered
from enhance.classical.normal import NormalEquations
from enhance.classical.taps import TAPS, Taps

RATIOS = [(5, 2), (2, 1), (3, 2), (4, 3)]
SIDE = 96
EVERYTHING = 10**6


def noise(seed, side=SIDE):
    return np.random.default_rng(seed).uniform(20, 230, (side, side, 3))


def fitted(ratio, low, high, *, ridge=1e-13, tissue=None):
    tissue = np.ones(high.shape[:2], dtype=bool) if tissue is None else tissue
    equations = NormalEquations.none(Taps(ratio=ratio)).with_site(low, high, tissue, EVERYTHING)
    return equations, equations.solved(ridge)


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_known_linear_filter_is_recovered_from_what_it_made(ratio):
    taps = Taps(ratio=ratio)
    p = ratio[0]
    known = np.zeros((3, taps.span**2, p * p))
    for output in range(p * p):
        inside = taps.inside(divmod(output, p))
        known[:, inside, output] = np.random.default_rng(output).normal(0, 0.1, (3, TAPS**2))
    low = noise(1)
    high = filtered(low, taps, known).astype(np.float64)
    _, found = fitted(ratio, low, high)
    assert np.abs(found - known).max() < 1e-5  # the pictures are made in single precision


@pytest.mark.parametrize("ratio", RATIOS)
def test_fitted_to_bicubic_enlargements_it_is_bicubic_enlargement(ratio):
    low, other = noise(2), noise(3, side=35)
    taps, high = Taps(ratio=ratio), enlarged(low, ratio, cv2.INTER_CUBIC)
    _, found = fitted(ratio, low, high)
    inner = slice(20, -20)
    made, wanted = filtered(other, taps, found), enlarged(other, ratio, cv2.INTER_CUBIC)
    assert made.shape == wanted.shape
    assert np.abs(made - wanted)[inner, inner].max() < 0.02


def test_every_size_comes_out_as_the_ratio_rounded_up():
    taps = Taps(ratio=(5, 2))
    _, found = fitted((5, 2), noise(4), enlarged(noise(4), (5, 2), cv2.INTER_CUBIC))
    for shape in ((1, 1, 3), (7, 12, 3), (33, 40, 3)):
        level = filtered(np.full(shape, 137.0), taps, found)
        assert level.shape == bicubic(np.zeros(shape, np.uint8), (5, 2)).shape
        assert np.allclose(level, 137, atol=0.01)


def test_stripes_of_a_tall_picture_join_without_a_seam():
    taps = Taps(ratio=(2, 1))
    _, found = fitted((2, 1), noise(5), enlarged(noise(5), (2, 1), cv2.INTER_CUBIC))
    tall = noise(6, side=90)[:, :20]
    assert np.allclose(filtered(tall, taps, found)[60:120], filtered(tall[20:70], taps, found)[20:80], atol=1e-3)


def test_only_periods_in_tissue_count():
    low = noise(7)
    high = enlarged(low, (5, 2), cv2.INTER_CUBIC)
    tissue = np.zeros(high.shape[:2], dtype=bool)
    tissue[:, : high.shape[1] // 2] = True
    spoilt = high.copy()
    spoilt[:, high.shape[1] // 2 + 5 :] = 0
    equations, _ = fitted((5, 2), low, high, tissue=tissue)
    same, _ = fitted((5, 2), low, spoilt, tissue=tissue)
    whole, _ = fitted((5, 2), low, high)
    assert np.array_equal(equations.cross, same.cross)
    assert equations.periods < 0.6 * whole.periods


def test_no_more_periods_of_a_site_are_taken_than_asked_for():
    low = noise(8)
    high = enlarged(low, (5, 2), cv2.INTER_CUBIC)
    equations = NormalEquations.none(Taps(ratio=(5, 2)))
    assert equations.with_site(low, high, np.ones(high.shape[:2], bool), 100).periods == 100
