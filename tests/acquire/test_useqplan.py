"""Plans of one objective as useq-schema sequences, and back."""

import json
import sys

import pytest
import useq
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquire.errors import MissingExtraError, PlanError
from acquire.planfile import load_plan, parse_plan
from acquire.useqplan import write_sequence
from calibration.rig import load_rig
from tests.acquire.turned import turned

RIG = load_rig("simulated")
EVENT = {"stage_positions": [{"x": 1, "y": 2, "z": 3}], "channels": [{"config": "BF", "exposure": 8}]}


def plan(**changes):
    document = {
        "slide": "S-014",
        "sites_um": [[100, 100], [300, 100]],
        "objectives": ["40x", "100x"],
        "stack": {"100x": {"planes": 5, "step_um": 0.4}},
        "exposure_ms": {"40x": 8, "100x": 50},
    } | changes
    return parse_plan({key: value for key, value in document.items() if value is not None}, RIG)


def seen(visits, objective):
    return [(v.x_um, v.y_um, v.exposure_ms, v.stack.planes) for v in visits if v.objective == objective]


def sequence(folder, name="sites.yaml", **changes):
    path = folder / name
    document = EVENT | changes
    path.write_text(json.dumps(document) if name.endswith("json") else yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@given(
    sites=st.lists(st.tuples(st.floats(0, 2e4), st.floats(0, 2e4)), min_size=1, max_size=5),
    planes=st.integers(1, 40),
    step_um=st.floats(0.05, 5).map(lambda step: round(step, 3)),
    objective=st.sampled_from(["40x", "100x"]),
)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_one_objective_does_comes_back_as_it_was(suffix, sites, planes, step_um, objective, tmp_path):
    asked = plan(sites_um=sites, stack={objective: {"planes": planes, "step_um": step_um}})
    calibration = turned(RIG, parcentric_um=(12.0, -7.0))
    path = tmp_path / f"sites.{suffix}"
    assert write_sequence(asked, RIG, calibration, path, objective=objective) == objective
    again = load_plan(path, RIG)
    assert (again.slide, again.objectives, again.focus) == ("S-014", (objective,), "surface")
    assert seen(again.visits(RIG), objective) == [
        pytest.approx(one) for one in seen(asked.visits(RIG, calibration), objective)
    ]
    if planes > 1:
        assert again.stack[objective].step_um == pytest.approx(step_um, abs=1e-5)


def test_useq_itself_visits_what_the_plan_visits(tmp_path):
    path = tmp_path / "sites.yaml"
    write_sequence(plan(), RIG, None, path, objective="100x")
    events = list(useq.MDASequence.from_file(path))
    assert [(event.x_pos, event.y_pos) for event in events] == [(100, 100)] * 5 + [(300, 100)] * 5
    assert {event.exposure for event in events} == {50}
    assert [event.z_pos for event in events[:5]] == pytest.approx([-0.8, -0.4, 0, 0.4, 0.8])


def test_the_z_of_positions_goes_along_with_the_parfocal_offset(tmp_path):
    positions = [{"x_um": 1, "y_um": 2, "z_um": 10}]
    asked = plan(sites_um=None, positions=positions, focus={"method": "as_positions"})
    write_sequence(asked, RIG, turned(RIG, parfocal_um=3.0), tmp_path / "s.yaml", objective="100x")
    again = load_plan(tmp_path / "s.yaml", RIG)
    assert (again.positions[0].z_um, again.focus) == (13.0, "as_positions")


@pytest.mark.parametrize("name", ["sites.yaml", "sites.json"])
def test_a_sequence_of_another_program_is_a_plan_when_its_objective_is_said(tmp_path, name):
    read = load_plan(sequence(tmp_path, name, z_plan={"top": 5, "bottom": 3, "step": 0.5}), RIG, objective="40x")
    assert [(p.x_um, p.y_um, p.z_um) for p in read.positions] == [(1, 2, 4)]
    assert (read.stack["40x"].planes, read.stack["40x"].step_um) == (5, 0.5)
    assert (read.slide, read.exposure_ms, read.focus) == ("sites", {"40x": 8.0}, "as_positions")


def test_a_grid_that_leaves_its_field_open_takes_that_of_the_objective(tmp_path):
    path = sequence(tmp_path, stage_positions=[{"x": 1000, "y": 1000}], grid_plan={"rows": 2, "columns": 3})
    positions = load_plan(path, RIG, objective="40x").positions
    width_um, height_um = RIG.field_um("40x")
    assert len(positions) == 6
    assert max(p.x_um for p in positions) - min(p.x_um for p in positions) == pytest.approx(2 * width_um)
    assert max(p.y_um for p in positions) - min(p.y_um for p in positions) == pytest.approx(height_um)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"channels": [{"config": "BF", "exposure": 8}, {"config": "GFP", "exposure": 8}]}, "several channels"),
        ({"time_plan": {"interval": 1, "loops": 3}}, "a time plan"),
        (
            {"stage_positions": [{"x": 1, "y": 2, "sequence": {"z_plan": {"range": 2, "step": 1}}}]},
            "at single positions",
        ),
        ({"z_plan": {"above": 3, "below": 1, "step": 1}}, "evenly about the focus"),
        ({"z_plan": {"relative": [-1, 0, 2]}}, "unequal distances"),
        ({"channels": [{"config": "BF"}]}, "gives no exposure"),
        ({"stage_positions": []}, "no stage position"),
        ({"stage_positions": "everywhere"}, "is no useq-schema sequence"),
    ],
)
def test_what_a_plan_cannot_do_is_refused_and_not_left_out(tmp_path, changes, says):
    with pytest.raises(PlanError, match=says) as caught:
        load_plan(sequence(tmp_path, **changes), RIG, objective="40x")
    assert "\n" not in str(caught.value)


def test_a_sequence_that_does_not_say_for_which_objective_is_refused(tmp_path):
    with pytest.raises(PlanError, match="give --objective"):
        load_plan(sequence(tmp_path), RIG)


def test_an_objective_that_the_plan_lacks_is_not_written(tmp_path):
    with pytest.raises(PlanError, match="'63x' is not in the plan"):
        write_sequence(plan(), RIG, None, tmp_path / "s.yaml", objective="63x")
    assert not (tmp_path / "s.yaml").exists()


def test_without_useq_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "useq", None)
    with pytest.raises(MissingExtraError, match=r"pip install parfocal\[useq\]"):
        load_plan(sequence(tmp_path), RIG, objective="40x")
