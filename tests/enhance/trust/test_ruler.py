import numpy as np
import pytest

from enhance.trust.ruler import fit_ruler
from enhance.trust.tilemeasures import MEASURES

TILES, OTHERS = 30, 60


def pictures(count, rng):
    """Measures of tiles that scatter about a mean of their picture, as sites of one slide do."""
    own = rng.normal(scale=0.5, size=(count, 1, len(MEASURES)))
    return list(own + rng.normal(size=(count, TILES, len(MEASURES))))


def share_outside(count, seed):
    rng = np.random.default_rng(seed)
    known = pictures(count, rng)
    ruler = fit_ruler([(0.0, known), (1.0, [one + 0.6 for one in known])])
    medians = np.array([np.median(ruler.read(one)) for one in pictures(OTHERS, rng)])
    low, high = ruler.sites
    assert low < high
    return float(((medians < low) | (medians > high)).mean())


@pytest.mark.parametrize("count", [3, 6, 14])
def test_a_range_learnt_from_few_pictures_holds_the_next_of_their_kind(count):
    assert np.mean([share_outside(count, seed) for seed in range(12)]) < 0.06


def test_one_picture_gives_the_range_of_its_tiles():
    rng = np.random.default_rng(0)
    ruler = fit_ruler([(0.0, pictures(1, rng)), (1.0, pictures(1, rng))])
    assert ruler.sites == ruler.tiles
