import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from enhance.checkpoint import save
from parfocal.commands import app
from parfocal.evaluation_crops import PERCENTILES, look
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import write_pairs


class Page(HTMLParser):
    """What a browser would fetch, and how many pictures and marks of simulation there are."""

    def __init__(self, html):
        super().__init__()
        self.fetched, self.pictures, self.marks = [], 0, 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.pictures += tag == "img"
        self.marks += dict(attrs).get("class") in ("badge", "stamp")
        if tag != "a":
            self.fetched += [value for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small network that is only its bicubic skip, a rival with weights, and what evaluate makes of both."""
    folder = tmp_path_factory.mktemp("evaluate")
    ours = checkpoint(blocks=1)
    ours = checkpoint(blocks=1, weights={name: np.zeros_like(weight) for name, weight in ours.weights.items()})
    save(ours, folder / "model")
    save(checkpoint(blocks=1, seed=4), folder / "espcn")
    write_pairs(folder / "PAIRS", splits=("train", "validation", "test", "test"), low_px=48)
    arguments = ("evaluate", folder / "model", folder / "PAIRS", "--rival", folder / "espcn", "--out", folder / "out")
    said = run(*arguments, "--json").splitlines()[-1]
    return folder, json.loads(said), (folder / "out" / "report.html").read_text()


def test_the_contract_of_the_json_holds_and_the_rival_is_in_it(made):
    _, keys, _ = made
    assert {"bicubic", "network", "network_self_fed", "one_100x_exposure", "espcn"} <= set(keys["methods"])
    for marks in keys["methods"].values():
        assert {"psnr_db", "ssim", "frc_um", "delta_e", "worst_decile_db", "correlation"} <= set(marks)
    assert set(keys["sites"]) == {"slide2_s0", "slide3_s0"}
    assert Path(keys["report"]).is_file()
    assert keys["paired"]["espcn"]["psnr_db"]["of"] == 2


def test_the_page_says_at_the_top_and_at_every_picture_that_it_is_simulated(made):
    html = made[2]
    page = Page(html)
    assert html.index("Simulated") < html.index("<h1>")
    assert page.marks >= page.pictures > 20
    assert all(each.startswith(("data:", "#")) for each in page.fetched)


def test_the_page_names_every_method_and_the_parameters_that_were_found(made):
    html = made[2]
    for words in ("best linear filter", "Richardson–Lucy", "espcn", "one 100× exposure", "network, self-fed"):
        assert words in html
    assert "signed kernel of the optics" in html
    assert "Wilcoxon" in html


def test_what_was_scored_travels_with_the_model_and_enhance_says_it(made, tmp_path):
    folder, keys, _ = made
    assert keys["evidence"] == str(folder / "model" / "evidence.yaml")
    source = folder / "PAIRS" / "pairs.png"
    if not source.is_file():
        from skimage.io import imsave

        imsave(source, np.load(folder / "PAIRS" / "pairs" / "slide2_s0_low.npy"))
    said = json.loads(
        run("enhance", source, tmp_path / "out.png", "--model", folder / "model", "--json").splitlines()[-1]
    )
    assert said["evidence"].startswith("never tested on this rig; tested on ")
    assert "2 sites of 2 simulated slides" in said["evidence"]
    other = json.loads(
        run("enhance", source, tmp_path / "2.png", "--model", folder / "espcn", "--json").splitlines()[-1]
    )
    assert other["evidence"] == "never tested on this rig"


def test_the_table_for_people_fits_eighty_columns_and_holds_every_method(made):
    folder = made[0]
    said = run("evaluate", folder / "model", folder / "PAIRS", "--split", "validation")
    rows = said.split("the model was")[0]
    assert all(len(line.rstrip()) <= 80 for line in rows.splitlines())
    assert "…" not in rows
    assert "best linear filter" in rows


def test_a_rival_under_the_name_of_a_method_is_refused(made, tmp_path):
    folder = made[0]
    save(checkpoint(blocks=1), tmp_path / "bicubic")
    result = CliRunner().invoke(
        app, ["evaluate", str(folder / "model"), str(folder / "PAIRS"), "--rival", str(tmp_path / "bicubic")]
    )
    assert result.exit_code == 1
    assert "has the name of another method" in result.stderr


def test_crops_of_one_place_have_one_contrast_and_one_size(made):
    from enhance.classical.method import Method
    from enhance.trainingset import open_training_set

    data = open_training_set(made[0] / "PAIRS")
    site = data.of("test")[0]
    truth = np.array(data.picture(site, "truth"))
    oracle = Method(
        name="oracle", enlarge=lambda low: np.full((low.shape[0] * 5 // 2, low.shape[1] * 5 // 2, 3), 0, "u1")
    )
    shown = look("A site", data, site, (oracle,), low="40×", high="100×")
    assert [panel.name for panel in shown.panels] == [
        "40×, its own pixels",
        "oracle",
        "one 100× exposure",
        "truth, 100× without noise",
    ]
    assert len({panel.picture.shape for panel in shown.panels[1:]}) == 1
    assert shown.panels[1].picture.max() == 0
    ends = np.percentile(shown.panels[-1].picture, PERCENTILES)
    assert ends == pytest.approx([0, 255], abs=4)
    assert truth.min() > 0
