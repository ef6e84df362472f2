"""The command `plan`: its answer, its map, and what it exchanges with other programs."""

import json

import cv2
import numpy as np
import pytest
import useq
import yaml
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from typer.testing import CliRunner

from acquire.item import Item
from acquire.planfile import load_plan, parse_plan
from acquire.rigstate import open_state
from acquire.runopen import create_run
from acquire.tissue import read_overview
from calibration import record
from calibration.rig import dump_rig, load_rig
from parfocal.commands import app
from parfocal.plan_fields import RED
from parfocal.plan_picture import plan_figure
from tests.acquire.turned import turned

RIG = load_rig("simulated")
PLAN = {
    "slide": "S1",
    "sites_um": [[500, 500], [700, 500]],
    "objectives": ["40x", "100x"],
    "stack": {"100x": {"planes": 5, "step_um": 0.4}},
    "exposure_ms": {"40x": 8, "100x": 50},
}


@pytest.fixture
def plan(tmp_path):
    def write(**changes):
        file = tmp_path / "plan.yaml"
        document = {key: value for key, value in (PLAN | changes).items() if value is not None}
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return file

    return write


def run(*arguments):
    return CliRunner().invoke(app, ["plan", *(str(argument) for argument in arguments), "--json"])


def answer(result, code=0):
    assert result.exit_code == code, result.output
    return json.loads(result.stdout.splitlines()[-1])


def states(found):
    return {item["name"]: item["state"] for item in found["items"]}


def test_the_answer_has_the_keys_of_the_contract(plan):
    found = answer(run(plan(), "--rig", "simulated"))
    assert found["passed"] is True
    assert all(set(item) == {"name", "state", "says"} for item in found["items"])
    assert set(states(found).values()) <= {"pass", "warn", "fail"}


def test_a_plan_that_fails_ends_with_1_and_says_what_to_change(plan):
    found = answer(run(plan(sites_um=[[-500, 500]]), "--rig", "simulated"), code=1)
    assert found["passed"] is False
    assert "outside limits_um" in found["error"]


def test_what_is_known_of_the_rig_is_looked_at(plan):
    open_state(RIG).latch("the stage did not arrive")
    found = answer(run(plan(), "--rig", "simulated"), code=1)
    assert "the stage did not arrive" in found["error"]


def test_a_calibration_is_looked_at_and_not_only_refused(plan, tmp_path):
    path = tmp_path / "cal.yaml"
    record.save(turned(RIG), path)
    assert states(answer(run(plan(), "--rig", "simulated", "--calibration", path)))["calibration"] == "pass"
    other = tmp_path / "stand.yaml"
    other.write_text(dump_rig(RIG).replace("condenser_na: 0.55", "condenser_na: 0.7"), encoding="utf-8")
    assert states(answer(run(plan(), "--rig", other, "--calibration", path), code=1))["calibration"] == "fail"


@pytest.fixture
def stand(tmp_path):
    file = tmp_path / "stand.yaml"
    rig = yaml.safe_load(dump_rig(RIG)) | {"microscope": {"port": 4827}, "simulated": {}}
    file.write_text(yaml.safe_dump(rig), encoding="utf-8")
    return file


def test_on_a_stand_a_person_is_asked_and_their_word_is_taken(plan, stand, tmp_path):
    asked = ("Köhler", "condenser aperture", "correction collar", "cover glass")
    silent = states(answer(run(plan(), "--rig", stand)))
    named = states(answer(run(plan(), "--rig", stand, "--confirm-all", "A. Person")))
    assert {silent[name] for name in asked} == {"warn"}
    assert {named[name] for name in asked} == {"pass"}
    said = tmp_path / "said.yaml"
    said.write_text("by: A. Person\nat: 2020-01-01\nkoehler: yes\n", encoding="utf-8")
    assert states(answer(run(plan(), "--rig", stand, "--confirmed", said)))["Köhler"] == "warn"
    both = run(plan(), "--rig", stand, "--confirmed", said, "--confirm-all", "A. Person")
    assert "give one of them" in answer(both, code=1)["error"]


def test_a_run_that_was_begun_counts_only_what_is_missing(plan, tmp_path):
    run_folder = create_run(tmp_path / "run", load_plan(plan(), RIG), RIG, None).path
    found = answer(run(plan(), "--rig", "simulated", "--out", run_folder))
    assert "12 frames" in next(item["says"] for item in found["items"] if item["name"] == "time")


def test_a_useq_sequence_is_written_and_is_a_plan_again(plan, tmp_path):
    path = tmp_path / "sites.yaml"
    answer(run(plan(), "--rig", "simulated", "--export-useq", path, "--objective", "100x"))
    assert len(list(useq.MDASequence.from_file(path))) == 10
    found = answer(run(path, "--rig", "simulated"))
    assert "2 fields with 100x, 10 frames" in next(i["says"] for i in found["items"] if i["name"] == "sites")


def painted(figure, colour):
    """How many fields of the map have edges of a colour."""
    fields = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection)]
    own = [c for c in fields if len(c.get_edgecolor()) and np.allclose(c.get_edgecolor()[0][:3], to_rgb(colour))]
    return sum(len(c.get_paths()) for c in own)


def figure_of(**changes):
    document = {key: value for key, value in (PLAN | changes).items() if value is not None}
    calibration = turned(RIG, turn_deg=1.0, parcentric_um=(20.0, -9.0))
    return plan_figure(parse_plan(document, RIG), RIG, calibration)


def test_every_field_is_on_the_map_and_only_what_cannot_be_made_is_red():
    fields = {"100x": {"columns": 2, "rows": 2}}
    fine = figure_of(fields=fields)
    wrong = figure_of(fields=fields, sites_um=[[500, 500], [-500, 500]])
    drawn = [len(c.get_paths()) for c in fine.axes[0].collections if isinstance(c, PolyCollection)]
    assert sum(drawn) == 2 + 8
    assert (painted(fine, RED), painted(wrong, RED)) == (0, 1 + 4)


def test_a_field_that_leaves_its_partner_is_red_too():
    assert painted(figure_of(fields={"100x": {"margin_um": 40}}), RED) == 2


def test_the_map_shows_all_fields_with_y_downwards():
    axes = figure_of(sites_um=[[500, 500], [900, 1300]]).axes[0]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert (left < 450, right > 950) == (True, True)
    assert (top < 450, bottom > 1350) == (True, True)


def test_the_overview_lies_where_the_plan_says(tmp_path):
    picture = np.full((200, 300, 3), 240, np.uint8)
    picture[60:80, 200:220] = (200, 20, 30)
    cv2.imwrite(str(tmp_path / "o.png"), picture[..., ::-1])
    tissue = {"overview": "o.png", "at_um": [1000, 1000], "um_per_px": [[0, 4], [-4, 0]], "least_percent": 1}
    document = PLAN | {"sites_um": [[1000, 1000], [880, 760]], "tissue": tissue}
    plan = parse_plan(document, RIG, folder=tmp_path)
    figure = plan_figure(plan, RIG, None, overview=read_overview(tmp_path / "o.png", plan.tissue))
    image = figure.axes[0].images[0]
    spot = image.get_transform() - figure.axes[0].transData
    assert spot.transform((209.5, 69.5)) == pytest.approx((1000 + 4 * (69.5 - 99.5), 1000 - 4 * (209.5 - 149.5)))
    assert plan.sites(RIG)[0].x_um == 880  # the only site with anything on it


def test_a_failed_item_stands_above_those_that_passed(tmp_path):
    items = [Item(name="aaa", state="pass", says="fine"), Item(name="zzz", state="fail", says="change it")]
    figure = plan_figure(parse_plan(PLAN, RIG), RIG, None, items=items)
    heights = {text.get_text(): text.get_position()[1] for text in figure.axes[1].texts}
    assert heights["zzz"] > heights["aaa"]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_map_is_written_in_each_format(plan, tmp_path, suffix):
    answer(run(plan(), "--rig", "simulated", "--picture", tmp_path / f"map.{suffix}"))
    assert (tmp_path / f"map.{suffix}").stat().st_size > 5000
