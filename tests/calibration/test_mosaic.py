import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.errors import MeasurementError
from calibration.links import Link, measure_links
from calibration.mosaic import place_tiles
from calibration.neighbours import neighbours
from calibration.stagefit import CALIBRATED_STRAIN

SIDE, STEP = 6, 460.0


def stage(seed, *, scatter=2.7, side=SIDE):
    """Where the stage was asked to go, and where it went."""
    asked = np.array([(c * STEP, r * STEP) for r in range(side) for c in range(side)])
    return asked, asked + np.random.default_rng(seed).normal(scale=scatter, size=asked.shape)


def links_of(true, *, sigma=0.03, seed=0, silent=()):
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in neighbours(true, (512, 512)) if not {pair.one, pair.other} & set(silent)]
    return [link(pair.one, pair.other, true, rng.normal(scale=sigma, size=2)) for pair in pairs]


def link(one, other, true, error):
    shift = true[other] - true[one] + error
    return Link(one=one, other=other, shift_px=tuple(shift), sigma_px=0.03, ncc=0.97)


def rms(found, true):
    gaps = (found - true) - (found - true).mean(axis=0)
    return np.sqrt(np.mean(np.sum(gaps**2, axis=1)))


def test_overlaps_outvote_the_stage():
    asked, true = stage(0)
    assert rms(asked, true) > 3
    assert rms(place_tiles(asked, links_of(true)).positions_px, true) < 0.05


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), wrong=st.integers(1, 9))
def test_false_overlaps_are_told_apart_by_the_others_and_by_the_stage(seed, wrong):
    asked, true = stage(seed)
    links = links_of(true, seed=seed)
    rng = np.random.default_rng(seed)
    bad = set(rng.choice(len(links), wrong, replace=False).tolist())
    for number in bad:
        angle = rng.uniform(0, 2 * np.pi)
        error = rng.uniform(5, 30) * np.array([np.cos(angle), np.sin(angle)])
        links[number] = link(links[number].one, links[number].other, true, error)
    found = place_tiles(asked, links, strain=CALIBRATED_STRAIN)
    gaps = found.positions_px - true
    # Two false overlaps at one corner can agree within what the stage allows; the other tiles are not moved by them.
    assert np.median(np.linalg.norm(gaps - np.median(gaps, axis=0), axis=1)) < 0.1
    assert found.used.sum() >= len(links) - wrong - 6


def test_a_tile_without_overlaps_stays_on_the_stage_and_is_marked():
    asked, true = stage(1)
    found = place_tiles(asked, links_of(true, silent=(14, 0)), strain=CALIBRATED_STRAIN)
    assert np.flatnonzero(~found.linked).tolist() == [0, 14]
    np.testing.assert_allclose(found.positions_px[[0, 14]], found.prior.applied(asked)[[0, 14]], atol=1e-9)
    held = np.delete(np.arange(SIDE**2), [0, 14])
    assert rms(found.positions_px[held], true[held]) < 0.06


def test_without_any_overlap_all_tiles_stay_where_the_stage_put_them():
    asked, _ = stage(2)
    found = place_tiles(asked, [])
    np.testing.assert_array_equal(found.positions_px, asked)
    assert not found.linked.any()
    assert np.isnan(found.residual_px)


def test_islands_of_tissue_keep_their_distance_by_the_stage():
    asked, true = stage(3, scatter=1.5)
    gap = [number for number in range(SIDE**2) if number % SIDE in (2, 3)]
    found = place_tiles(asked, links_of(true, silent=gap), strain=CALIBRATED_STRAIN)
    left, right = ([n for n in range(SIDE**2) if n % SIDE in columns] for columns in ((0, 1), (4, 5)))
    for island in (left, right):
        assert rms(found.positions_px[island], true[island]) < 0.06
    between = (found.positions_px - true)[right].mean(axis=0) - (found.positions_px - true)[left].mean(axis=0)
    assert np.abs(between).max() < 3


@given(shift=st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)))
@settings(max_examples=10)
def test_the_origin_of_the_stage_does_not_matter(shift):
    asked, true = stage(4, side=3)
    links = links_of(true)
    here, there = (place_tiles(places, links).positions_px for places in (asked, asked + shift))
    np.testing.assert_allclose(there - shift, here, atol=1e-6)


def test_a_turned_and_scaled_stage_does_not_strain_the_mosaic():
    asked, true = stage(5)
    turn = 1.01 * np.array([[np.cos(0.01), -np.sin(0.01)], [np.sin(0.01), np.cos(0.01)]])
    found = place_tiles(asked, links_of(true @ turn.T))
    assert rms(found.positions_px, true @ turn.T) < 0.06
    assert found.prior.scale == pytest.approx(1.01, abs=0.002)
    assert found.prior.rotation_deg == pytest.approx(np.rad2deg(0.01), abs=0.1)
    assert found.prior.scatter_px == pytest.approx(2.7, rel=0.4)


def test_an_overlap_of_a_tile_that_is_not_there_is_refused():
    asked, true = stage(6, side=2)
    with pytest.raises(MeasurementError, match="names tile 7 and there are 4"):
        place_tiles(asked, [link(0, 7, np.zeros((8, 2)), (0, 0)), *links_of(true)])


def test_tiles_of_real_tissue_are_laid_within_a_twentieth_of_a_pixel(tissue, view):
    asked = np.array([(150.0 * c, 150.0 * r) for r in range(4) for c in range(4)])
    true = asked + np.random.default_rng(7).normal(scale=3, size=asked.shape)
    tiles = [view(tissue, (120 + x, 120 + y), (190, 190), seed=n) for n, (x, y) in enumerate(true)]
    links = measure_links(enumerate(tiles), neighbours(asked, (190, 190)), search_px=20)
    found = place_tiles(asked, list(links), strain=CALIBRATED_STRAIN)
    assert found.linked.all()
    assert rms(found.positions_px, true) < 0.05
