"""The reduced form of the mosaic of 100 × 100 tiles of 1024²: see `benchmarks.mosaic --side 100`."""

import tracemalloc

import pytest
import tifffile

from enhance.mosaic import stitch
from tests.enhance.periodic_tiles import PeriodicTiles

SIDE, TILE_PX = 20, 512
LARGEST_RMS_PX = 0.15
LARGEST_MB = 1500 * SIDE * TILE_PX / (100 * 1024)
"""The limit of the large one, in proportion to its width: only rows of tiles are held."""


@pytest.mark.truth
def test_twenty_by_twenty_tiles_are_laid_and_written_in_the_memory_of_a_few_rows(tmp_path):
    made = PeriodicTiles(side=SIDE, rows=SIDE, tile_px=TILE_PX)
    tiles = made.tiles()
    tracemalloc.start()
    try:
        result = stitch(tiles, tmp_path / "large.ome.tif")
        peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert peak_mb < LARGEST_MB
    assert result.links == result.overlaps == 2 * SIDE * (SIDE - 1)
    assert made.error_px(result.table) <= LARGEST_RMS_PX
    with tifffile.TiffFile(result.out) as file:
        assert file.pages[0].shape == (*result.shape, 3)
        assert len(file.series[0].levels) == result.levels == 6
