"""The command that measures resolution: keys, plots, and words for bad input."""

import json
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from enhance.picturefile import write_picture
from parfocal.commands import app
from tests.calibration.drawn_edge import BLACK, edge_picture
from tests.calibration.seen_target import SeenTarget


@pytest.fixture
def run():
    def call(*arguments):
        return CliRunner().invoke(app, ["mtf", *(str(argument) for argument in arguments)])

    return call


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Files of a target (two exposures) and of an edge."""
    folder = tmp_path_factory.mktemp("pictures")
    seen = SeenTarget("100x", turn_deg=8.0, side=320)
    shown = {"target": seen.picture(1), "again": seen.picture(2), "edge": edge_picture(5.0, 0.6)}
    for name, pixels in shown.items():
        cv2.imwrite(str(folder / f"{name}.png"), pixels[..., ::-1])
    write_picture(folder / "edge.ome.tif", shown["edge"], pixel_um=0.074)
    return folder


def answer(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def sentence(result):
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.stderr.splitlines()[-1]


def test_a_target_is_answered_element_by_element(run, pictures):
    keys = answer(run(pictures / "target.png", "--pixel-um", 0.074, "--black-level", 1000, "--json"))
    element = next(e for e in keys["elements"] if (e["group"], e["element"]) == (11, 1))
    assert element["cycles_per_mm"] == 2048
    assert element["contrast"] == pytest.approx(0.99, abs=0.03)
    assert element["contrast"] == pytest.approx((element["contrast_horizontal"] + element["contrast_vertical"]) / 2)
    assert keys["finest"]["group"] == 11
    assert keys["pixel_um"] == pytest.approx(0.074, rel=1e-3)


def test_people_read_a_table_and_the_finest_element(run, pictures):
    said = run(pictures / "target.png", "--pixel-um", 0.074, "--black-level", 1000).stdout
    assert "element" in said
    assert "finest resolved: group 11 element" in said


def test_an_edge_is_answered_by_frequencies_and_mtf(run, pictures):
    keys = answer(run(pictures / "edge.png", "--edge", "--pixel-um", 0.1, "--black-level", BLACK, "--json"))
    assert len(keys["mtf"]) == len(keys["frequency_cycles_per_um"])
    assert keys["mtf"][0] == 1
    assert keys["frequency_cycles_per_um"][-1] == pytest.approx(5.0, rel=0.02)


def test_the_pixel_size_of_an_ome_header_is_used(run, pictures):
    keys = answer(run(pictures / "edge.ome.tif", "--edge", "--json"))
    assert keys["frequency_cycles_per_um"][-1] == pytest.approx(0.5 / 0.074, rel=0.02)


def test_two_exposures_are_answered_by_ring_correlation(run, pictures):
    told = run(pictures / "target.png", "--second", pictures / "again.png", "--pixel-um", 0.074, "--json")
    keys = answer(told)
    assert len(keys["frc"]) == len(keys["frequency_cycles_per_um"])
    assert 0.14 < keys["resolution_um"] < 0.35
    assert keys["drift_px"] == pytest.approx([0, 0], abs=0.05)


@pytest.mark.parametrize("options", [[], ["--edge"], ["--second", "again.png"]], ids=["target", "edge", "rings"])
@pytest.mark.parametrize("ending", ["png", "svg"])
def test_each_measurement_is_drawn_as_png_and_svg(run, pictures, tmp_path, options, ending):
    chart = tmp_path / f"chart.{ending}"
    image = pictures / ("edge.png" if "--edge" in options else "target.png")
    told = [pictures / option if option.endswith(".png") else option for option in options]
    answer(run(image, "--pixel-um", 0.074, *told, "--plot", chart, "--json"))
    if ending == "png":
        assert np.ptp(cv2.imread(str(chart))) > 100
    else:
        assert ElementTree.parse(chart).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["edge.png", "--edge"], "give --pixel-um"),
        (["edge.png", "--edge", "--pixel-um", "-1"], "given as -1"),
        (["edge.png", "--edge", "--second", "edge.png"], "give one of them"),
        (["edge.png", "--pixel-um", "0.1"], "triplets of bars"),
        (["target.png", "--second", "edge.png", "--pixel-um", "0.1"], "of one size"),
        (["target.png", "--pixel-um", "0.09"], "fit no USAF target"),
        (["target.png", "--plot", "chart.gif"], "cannot hold a chart"),
        (["target.png", "--template", "edge.png"], "the template shows 0 triplets"),
        (["nothing.png"], "there is no picture"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(run, pictures, arguments, says):
    told = [pictures / word if word.endswith((".png", ".gif")) else word for word in arguments]
    assert says in sentence(run(*told))
