from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhance.architecture import Architecture
from enhance.tiling import Tiling, mirrored, run_tiled, tiling_of

tilings = st.builds(
    Tiling,
    scale=st.just(Fraction(5, 2)),
    step=st.sampled_from([2, 4]),
    halo_px=st.sampled_from([0, 4, 16]),
    largest_px=st.sampled_from([4, 8, 20]),
    mirrored=st.booleans(),
)


@given(tiling=tilings, length=st.integers(1, 300))
def test_spans_follow_each_other_without_gap_and_start_at_whole_steps(tiling, length):
    spans = tiling.spans(length)
    assert [s.start for s in spans] == [0, *(s.stop for s in spans[:-1])]
    assert spans[-1].stop == length
    assert all(s.start % tiling.step == 0 and s.stop - s.start <= tiling.largest_px for s in spans)


@given(tiling=tilings, length=st.integers(1, 300))
def test_every_span_reads_its_halo_as_far_as_the_picture_or_its_mirror_goes(tiling, length):
    for span in tiling.spans(length):
        before, after = span.start - tiling.halo_px, span.stop + tiling.halo_px
        if tiling.mirrored:
            assert span.read_start == before
            assert span.read_stop >= after
        else:
            assert (span.read_start, span.read_stop) == (max(0, before), min(length, after))


@given(length=st.integers(1, 10_000))
def test_tiles_are_even_so_that_none_is_mostly_halo(length):
    tiling = tiling_of(Architecture(), largest_px=256)
    sides = [s.stop - s.start for s in tiling.spans(length)]
    assert len(sides) == -(-length // 256)
    assert max(sides) - min(sides) <= 2 * len(sides)


@given(first=st.integers(-50, 0), last=st.integers(1, 90), length=st.integers(2, 30))
def test_the_mirror_is_numpys_reflection(first, last, length):
    padded = np.pad(np.arange(length), (-first, max(0, last - length)), mode="reflect")
    assert np.array_equal(mirrored(first, last, length), padded[: last - first])


@given(tiling=tilings, rows=st.integers(1, 60), columns=st.integers(1, 60))
def test_tiles_of_a_picture_that_is_only_repeated_join_to_the_repeated_picture(tiling, rows, columns):
    doubling = Tiling(
        scale=Fraction(2), step=tiling.step, halo_px=tiling.halo_px, largest_px=8, mirrored=tiling.mirrored
    )
    picture = np.random.default_rng(rows).random((rows, columns, 3))
    out = np.full((2 * rows, 2 * columns, 3), np.nan)
    run_tiled(picture, lambda piece: piece.repeat(2, axis=0).repeat(2, axis=1), out, doubling)
    assert np.array_equal(out, picture.repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize(("passes", "halo", "step"), [(1, 14, 2), (2, 20, 4)])
def test_the_halo_of_the_papers_network_is_14_and_20_for_two_passes(passes, halo, step):
    tiling = tiling_of(Architecture(), passes=passes, largest_px=64)
    assert (tiling.halo_px, tiling.step) == (halo, step)
