"""The test of honesty passes what only saw the frames, and catches whoever saw a slide."""

import numpy as np
import pytest

from benchmarks.honesty_cheat import mixed, taught
from benchmarks.honesty_fields import field_of
from benchmarks.honesty_measure import honesty_of, in_band, quadrature
from enhance.baselines import bicubic
from enhance.engine_torch import TorchEngine
from tests.enhance.models import checkpoint

SIDE = 80
HIDDEN = 800
"""Half as many as the blocks of a field: such a network remembers in part."""


@pytest.fixture(scope="module")
def fields():
    return [field_of(seed, side_px=SIDE) for seed in range(9001, 9025)]


@pytest.fixture(scope="module")
def plain(fields):
    return [bicubic(field.low, (5, 2)) / np.float32(255) for field in fields]


@pytest.mark.truth
def test_bicubic_is_honest(fields, plain):
    assert honesty_of(fields, plain).honest


@pytest.mark.truth
def test_a_network_that_saw_none_of_the_slides_is_honest(fields):
    engine = TorchEngine(checkpoint())
    assert honesty_of(fields, [engine.forward(field.low / np.float32(255)) for field in fields]).honest


@pytest.mark.truth
def test_the_100x_is_not(fields):
    found = honesty_of(fields, [field.high for field in fields])
    assert not found.honest
    assert found.mean > 0.5


@pytest.mark.truth
def test_a_tenth_of_the_band_in_all_slides_is_caught(fields, plain):
    assert not honesty_of(fields, mixed(plain, fields, 0.1)).honest


@pytest.mark.truth
def test_a_network_that_was_shown_one_test_slide_is_caught(fields):
    network = taught(fields[3], hidden=HIDDEN)
    found = honesty_of(fields, [network.enhance(field.low) for field in fields])
    assert not found.honest
    assert np.abs(found.correlations / found.scatter).argmax() == 3


@pytest.mark.truth
def test_the_same_network_is_honest_on_slides_it_was_not_shown(fields):
    network = taught(fields[3], hidden=HIDDEN)
    others = [field for number, field in enumerate(fields) if number != 3]
    assert honesty_of(others, [network.enhance(field.low) for field in others]).honest


def test_a_quarter_of_a_wave_aside_nothing_is_left_in_common(fields):
    band = in_band(fields[0].band.astype(float))
    assert abs(np.corrcoef(band.ravel(), quadrature(band).ravel())[0, 1]) < 1e-3
