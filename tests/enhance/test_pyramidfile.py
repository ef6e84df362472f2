import tracemalloc
from itertools import pairwise

import cv2
import numpy as np
import ome_types
import pytest
import tifffile

from enhance.errors import ImageError
from enhance.pyramidfile import write_pyramid
from enhance.reduction import TILE_PX

WHITE = {np.uint8: 255, np.uint16: 4095}


def picture(rows, columns, dtype=np.uint8, seed=0):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, WHITE[dtype] + 1, (rows // 8 + 2, columns // 8 + 2, 3))
    large = cv2.resize(small.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.clip(large + rng.normal(0, 2, large.shape), 0, WHITE[dtype]).astype(dtype)


def blocks(whole):
    for top in range(0, whole.shape[0], TILE_PX):
        for left in range(0, whole.shape[1], TILE_PX):
            yield whole[top : top + TILE_PX, left : left + TILE_PX]


def halved(level):
    """The next level, by its definition: means of 2×2 pixels, a last odd one counting as two."""
    rows, columns = (length % 2 for length in level.shape[:2])
    even = np.pad(level, ((0, rows), (0, columns), (0, 0)), mode="edge").astype(float)
    return even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(100, 70), (512, 512), (513, 512), (1025, 1300), (700, 2049)])
def test_every_level_reads_back_as_the_means_of_the_one_above(tmp_path, shape, dtype):
    whole, file = picture(*shape, dtype), tmp_path / "slide.ome.tif"
    count = write_pyramid(file, blocks(whole), shape=shape, white_level=WHITE[dtype])
    with tifffile.TiffFile(file) as tif:
        levels = [level.asarray() for level in tif.series[0].levels]
    assert len(levels) == count
    assert max(levels[-1].shape) <= TILE_PX
    np.testing.assert_array_equal(levels[0], whole)
    for above, level in pairwise(levels):
        assert level.dtype == dtype
        expected = halved(above)
        assert level.shape == expected.shape
        assert np.abs(level - expected).max() <= 0.5


def test_another_reader_sees_the_same_pixels(tmp_path):
    whole, file = picture(600, 900), tmp_path / "slide.ome.tif"
    write_pyramid(file, blocks(whole), shape=(600, 900))
    seen = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)  # by libtiff
    np.testing.assert_array_equal(seen[..., ::-1], whole)


def test_the_file_is_a_tiled_bigtiff_with_levels_in_subifds_as_ome_asks(tmp_path):
    whole, file = picture(1500, 1100), tmp_path / "slide.ome.tif"
    write_pyramid(file, blocks(whole), shape=(1500, 1100), pixel_um=0.185, description="of a test")
    with tifffile.TiffFile(file) as tif:
        page = tif.pages[0]
        assert tif.is_bigtiff
        assert tif.is_ome
        assert (page.tilewidth, page.tilelength) == (TILE_PX, TILE_PX)
        assert len(page.subifds) == 2
        assert len(tif.pages) == 1
        told = ome_types.from_xml(tif.ome_metadata).images[0]
    assert told.description == "of a test"
    assert told.pixels.physical_size_x == 0.185
    assert (told.pixels.size_x, told.pixels.size_y, told.pixels.size_c) == (1100, 1500, 3)


def test_the_bits_of_a_camera_are_kept(tmp_path):
    whole, file = picture(90, 80, np.uint16), tmp_path / "slide.ome.tif"
    write_pyramid(file, blocks(whole), shape=(90, 80), white_level=4095)
    told = ome_types.from_xml(tifffile.tiffcomment(file)).images[0]
    assert told.pixels.significant_bits == 12


def test_memory_does_not_grow_with_the_height_of_the_picture(tmp_path):
    def peak(rows):
        block = picture(TILE_PX, TILE_PX)
        stream = (block for _ in range(rows * 3))
        tracemalloc.start()
        write_pyramid(tmp_path / "slide.ome.tif", stream, shape=(rows * TILE_PX, 3 * TILE_PX))
        largest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return largest

    assert peak(12) < 1.4 * peak(4)


def test_a_stream_that_breaks_leaves_nothing_behind(tmp_path):
    def breaking():
        yield from list(blocks(picture(1024, 1024)))[:3]
        raise OSError("the disk of the tiles is gone")

    with pytest.raises(ImageError, match="the disk of the tiles is gone"):
        write_pyramid(tmp_path / "slide.ome.tif", breaking(), shape=(1024, 1024))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["slide.tif", "slide.png", "slide"])
def test_a_name_that_is_no_ome_tiff_is_refused(tmp_path, name):
    with pytest.raises(ImageError, match=r"ends in \.ome\.tif"):
        write_pyramid(tmp_path / name, [], shape=(1, 1))
