import numpy as np
import pytest

from acquire.simulated.specimens.tissues.fibres import KNOT_UM, crossed, stripes

OCTAVES = ((8, 0.4), (2, 0.9))
ACROSS = np.linspace(0, 2000, 256 * 256, dtype=np.float32).reshape(1, 256, 256)


def test_stripes_have_mean_zero_and_variance_one():
    values = stripes(ACROSS, 3, OCTAVES, [1])
    assert values.mean() == pytest.approx(0, abs=0.05)
    assert values.std() == pytest.approx(1, abs=0.05)


def test_stripes_do_not_depend_on_the_knot_they_are_counted_from():
    inner = np.linspace(30, 40, 64, dtype=np.float32).reshape(1, 8, 8)
    moved = inner + np.float32(5 * KNOT_UM)
    assert np.abs(stripes(inner, 12, OCTAVES, [1]) - stripes(moved, 7, OCTAVES, [1])).mean() < 0.02


def test_one_family_of_fibres_gives_way_to_the_other():
    mix = np.zeros((256, 256), np.float32)
    mix[:, 128:] = 1
    both = crossed([ACROSS, ACROSS[:, ::-1]], (3, 9), OCTAVES, [1], mix)
    assert np.array_equal(both[..., :128], stripes(ACROSS, 3, OCTAVES, [1])[..., :128])
    other = stripes(ACROSS[:, ::-1], 9, OCTAVES, [6])
    assert np.allclose(both[..., 128:], other[..., 128:], atol=1e-5)
