"""Pictures laid out by the shifts between neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.chain import Link, picture_places
from calibration.displace import Shift
from calibration.errors import MeasurementError


def links(places, pairs, *, error_px=0.0, rng=None):
    errors = np.zeros((len(pairs), 2)) if rng is None else rng.normal(0, error_px, (len(pairs), 2))
    shifts = [places[other] - places[one] + error for (one, other), error in zip(pairs, errors, strict=True)]
    return [
        Link(one=one, other=other, shift=Shift(dx=dx, dy=dy, ncc=1.0))
        for (one, other), (dx, dy) in zip(pairs, shifts, strict=True)
    ]


@given(st.integers(2, 12), st.integers(0, 1000))
def test_exact_shifts_of_any_tree_give_the_exact_places(count, seed):
    rng = np.random.default_rng(seed)
    places = rng.normal(0, 100, (count, 2))
    pairs = [(int(rng.integers(0, other)), other) for other in range(1, count)]
    np.testing.assert_allclose(picture_places(count, links(places, pairs)), places - places[0], atol=1e-9)


def test_pictures_that_no_chain_joins_to_the_first_have_no_place():
    found = picture_places(4, links(np.arange(8.0).reshape(4, 2), [(0, 1), (2, 3)]))
    assert np.isfinite(found).all(axis=1).tolist() == [True, True, False, False]


def test_closing_a_ring_spreads_the_errors_of_its_links():
    rng, count = np.random.default_rng(0), 32
    ring = [(one, (one + 1) % count) for one in range(count)]
    places = rng.normal(0, 100, (count, 2))
    closed, opened = (
        [picture_places(count, links(places, pairs, error_px=0.02, rng=rng)) - (places - places[0]) for _ in range(40)]
        for pairs in (ring, ring[:-1])
    )
    assert np.std([rest[-2] for rest in closed]) < 0.6 * np.std([rest[-2] for rest in opened])


def test_a_link_to_a_picture_that_is_not_there_is_refused():
    with pytest.raises(MeasurementError, match="links name picture 5 and there are 3"):
        picture_places(3, [Link(one=0, other=5, shift=Shift(dx=0, dy=0, ncc=1))])
