"""Patches: squares that cover a pair with the overlap asked for, alike on both sides, kept in arrays of their own."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhance.errors import PairsError
from enhance.patches import LEAST_STD, Cut, nearest_side, write_shard

RATIOS = st.sampled_from([Fraction(5, 2), Fraction(2), Fraction(3, 2), Fraction(7, 3), Fraction(1)])


@given(ratio=RATIOS, length=st.integers(1, 700), overlap=st.floats(0, 0.9))
def test_patches_cover_the_whole_side_on_multiples_of_q_with_the_overlap_asked_for(ratio, length, overlap):
    cut = Cut(ratio=ratio, low_px=nearest_side(ratio), overlap=overlap)
    origins = cut.origins(length)
    if length < cut.low_px:
        assert origins == []
        return
    steps = np.diff(origins)
    assert origins[0] == 0
    assert length - (origins[-1] + cut.low_px) < ratio.denominator
    assert all(origin % ratio.denominator == 0 for origin in origins)
    assert all(0 < step <= max(cut.low_px * (1 - overlap), 1) + ratio.denominator for step in steps)


def test_the_paper_s_patches_are_60_and_150_pixels_36_apart():
    cut = Cut(ratio=Fraction(5, 2), low_px=60)
    assert (cut.high_px, cut.origins(204)) == (150, [0, 36, 72, 108, 144])


def _ramp(rows, columns, factor):
    """A picture whose value at a place is the same at any sampling: coarse pixel (r, c) spans factor² fine ones."""
    r, c = (np.floor((np.arange(n) + 0.5) / factor).astype(int) for n in (rows, columns))
    return np.stack(np.broadcast_arrays((7 * r)[:, None] % 256, (11 * c)[None] % 256, 99), axis=-1).astype(np.uint8)


@pytest.fixture
def pair(tmp_path):
    np.save(tmp_path / "a_low.npy", _ramp(100, 140, 2))
    np.save(tmp_path / "a_high.npy", _ramp(250, 350, 5))
    return "a", tmp_path / "a_low.npy", tmp_path / "a_high.npy"


def test_both_sides_of_a_patch_show_the_same_square(tmp_path, pair):
    cut = Cut(ratio=Fraction(5, 2), low_px=60)
    shard = write_shard(tmp_path, "train", [pair], cut)
    low, high = (np.load(tmp_path / f"train_{side}.npy") for side in ("low", "high"))
    assert low.shape == (len(shard.rows), 60, 60, 3)
    assert high.shape == (len(shard.rows), 150, 150, 3)
    assert np.array_equal(low[:, ::2, ::2], high[:, ::5, ::5])


def test_the_index_says_where_each_patch_lies(tmp_path, pair):
    cut = Cut(ratio=Fraction(5, 2), low_px=60)
    shard = write_shard(tmp_path, "train", [pair, ("b", *pair[1:])], cut)
    low, picture = np.load(tmp_path / "train_low.npy"), np.load(pair[1])
    assert [row.number for row in shard.rows] == list(range(len(low)))
    assert {row.id for row in shard.rows} == {"a", "b"}
    for row in shard.rows:
        assert np.array_equal(low[row.number], picture[row.row : row.row + 60, row.column : row.column + 60])


def test_patches_of_glass_and_noise_are_dropped_and_counted(tmp_path):
    low = np.full((60, 240, 3), 230, np.uint8)
    low[:, 180:] = np.random.default_rng(0).integers(0, 200, (60, 60, 3))
    low[:, :180] += np.random.default_rng(1).normal(0, 2, (60, 180, 3)).round().astype(np.int8).astype(np.uint8)
    np.save(tmp_path / "low.npy", low)
    np.save(tmp_path / "high.npy", np.zeros((120, 480, 3), np.uint8))
    cut = Cut(ratio=Fraction(2), low_px=60, overlap=0)
    shard = write_shard(tmp_path, "train", [("a", tmp_path / "low.npy", tmp_path / "high.npy")], cut)
    assert [(row.row, row.column) for row in shard.rows] == [(0, 180)]
    assert shard.dropped == 3
    assert shard.rows[0].std > LEAST_STD


def test_a_split_without_pairs_has_empty_arrays_that_load(tmp_path):
    shard = write_shard(tmp_path, "validation", [], Cut(ratio=Fraction(5, 2), low_px=60))
    assert shard.rows == ()
    assert np.load(tmp_path / "validation_high.npy", mmap_mode="r").shape == (0, 150, 150, 3)


@pytest.mark.parametrize(("low_px", "overlap"), [(61, 0.4), (0, 0.4), (60, 1.0), (60, -0.1)])
def test_patches_that_cannot_be_cut_are_refused_in_words(low_px, overlap):
    with pytest.raises(PairsError, match="cannot be cut at a ratio of 5/2"):
        Cut(ratio=Fraction(5, 2), low_px=low_px, overlap=overlap)
