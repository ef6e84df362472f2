"""Colours from the driver to the file and to the network: the camera's colour test pattern arrives as painted."""

import numpy as np
import pytest
import tifffile
import yaml
from typer.testing import CliRunner

from enhance.stackfile import read_stack
from parfocal.commands import app

pytestmark = pytest.mark.core
BAND_ROWS = 64
BANDS = ((0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1))
"""Which of red, green and blue the camera paints in each band of 64 rows; each is a ramp from left to right."""
DARK, BRIGHT = 20, 200


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("colour")
    plan = {
        "slide": "S1",
        "sites_um": [[100, 100]],
        "objectives": ["10x"],
        "stack": {"10x": {"planes": 3, "step_um": 1.0}},
        "exposure_ms": {"10x": 5},
    }
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    arguments = ["capture", str(folder / "plan.yaml"), "--rig", "demo", "--out", str(folder / "run")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return folder / "run" / "sites" / "0001_10x.ome.tif"


def check_bands(planes):
    """Every plane holds the ramps where they were painted: bright at the right edge in the band's colours only."""
    for plane in planes:
        painted = [plane[band * BAND_ROWS + BAND_ROWS // 2, -1] for band in range(len(BANDS))]
        for colour, wanted in zip(painted, BANDS, strict=True):
            on = np.array(wanted, dtype=bool)
            assert (colour[on] > BRIGHT).all()
            assert (colour[~on] < DARK).all()


def test_another_program_reads_the_file_with_its_colours_in_place(stack):
    with tifffile.TiffFile(stack) as file:
        assert file.series[0].axes == "ZYXS"
        check_bands(file.series[0].asarray())


def test_fusion_and_network_are_given_the_same_colours(stack):
    check_bands(read_stack(stack).planes)
