"""Fusion in pieces: the picture does not know how it was cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance import pieces
from enhance.edf import fuse
from enhance.merging import METHODS
from enhance.pieces import HALO_PX, STEP_PX, cut
from tests.enhance.reliefs import relief

Z_UM = (-0.8, -0.4, 0.0, 0.4, 0.8)


def wide_stack():
    """Wide enough for pieces that do not see the ends of the picture."""
    planes = np.concatenate([relief(seed, noise=2.0).planes for seed in (11, 12, 13)], axis=2)
    return planes[:, :45, :448]


@given(rows=st.integers(1, 3000), columns=st.integers(1, 3000), core_px=st.integers(1, 2000))
def test_pieces_cover_a_picture_once_and_start_where_the_scales_do(rows, columns, core_px):
    parts = cut(rows, columns, core_px=core_px)
    kept = sum((part.kept[0].stop - part.kept[0].start) * (part.kept[1].stop - part.kept[1].start) for part in parts)
    assert kept == rows * columns
    assert len({(part.kept[0].start, part.kept[1].start) for part in parts}) == len(parts)
    assert all(side.start % STEP_PX == 0 for part in parts for side in (*part.kept, *part.read))


@given(rows=st.integers(1, 3000), columns=st.integers(1, 3000))
def test_the_inner_part_of_what_is_read_is_what_is_kept(rows, columns):
    column = np.arange(columns)
    for part in cut(rows, columns, core_px=500):
        assert np.array_equal(column[part.read[1]][part.inner[1]], column[part.kept[1]])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("align", ["none", "translation"])
def test_pieces_give_what_the_whole_gives(method, align):
    planes = wide_stack()
    planes[1] = np.roll(planes[1], 2, axis=1)
    whole = fuse(planes, z_um=Z_UM, method=method, align=align, core_px=10_000)
    in_pieces = fuse(planes, z_um=Z_UM, method=method, align=align, core_px=STEP_PX)
    assert len(cut(*planes.shape[1:3], core_px=STEP_PX)) > 20
    assert np.array_equal(in_pieces.image, whole.image)
    assert np.array_equal(in_pieces.depth, whole.depth, equal_nan=True)
    assert in_pieces.quality == whole.quality


@pytest.mark.parametrize("method", ["forster", "energy"])
def test_a_smaller_surrounding_would_show(monkeypatch, method):
    planes = wide_stack()
    whole = fuse(planes, method=method, core_px=10_000)
    monkeypatch.setattr(pieces, "HALO_PX", HALO_PX // 6)
    assert not np.array_equal(fuse(planes, method=method, core_px=STEP_PX).image, whole.image)


@settings(max_examples=5, deadline=None)
@given(rows=st.integers(1, 150), columns=st.integers(1, 150), seed=st.integers(0, 99))
def test_pieces_of_any_picture_give_what_the_whole_gives(rows, columns, seed):
    planes = np.random.default_rng(seed).uniform(0, 255, (2, rows, columns, 3)).astype(np.float32)
    whole, in_pieces = fuse(planes, core_px=10_000), fuse(planes, core_px=STEP_PX)
    assert np.array_equal(in_pieces.image, whole.image)
