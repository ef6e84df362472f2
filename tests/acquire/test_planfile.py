"""Plan files: what they may hold, and that a plan written and read again is the same."""

import json

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.errors import PlanError
from acquire.plan import Plan, StackPlan
from acquire.planfile import load_plan, parse_plan, plan_document
from acquire.policy import Policies
from acquire.positions import StagePosition
from acquire.subfields import SubFields
from acquire.suspendrules import SuspendRules
from acquire.tissue import Tissue
from calibration.rig import load_rig
from tests.acquire.test_positions import version_2

RIG = load_rig("simulated")
um = st.floats(-1e5, 1e5)
point = st.tuples(um, um)
span = st.tuples(st.floats(0, 500), st.floats(500, 900))
words = st.text(st.characters(categories=["L", "N"], include_characters="-_. "), min_size=1, max_size=8)

places = st.one_of(
    st.fixed_dictionaries({"sites_um": st.lists(point, min_size=1, max_size=5).map(tuple)}),
    st.fixed_dictionaries({"region_um": st.fixed_dictionaries({"x": span, "y": span})}),
    st.fixed_dictionaries({"polygon_um": st.lists(point, min_size=3, max_size=6).map(tuple)}),
    st.fixed_dictionaries(
        {
            "positions": st.lists(
                st.builds(StagePosition, x_um=um, y_um=um, z_um=um, label=words), min_size=1, max_size=4
            ).map(tuple)
        }
    ),
)
tissues = st.builds(
    Tissue,
    overview=words,
    at_um=point,
    um_per_px=st.tuples(point, point),
    least_percent=st.floats(0, 100),
    density=st.floats(0.01, 1),
    blank=st.lists(st.integers(1, 99), max_size=4, unique=True).map(lambda numbers: tuple(sorted(numbers))),
)
subfields = st.builds(SubFields, columns=st.integers(1, 5), rows=st.integers(1, 5), margin_um=st.floats(0, 20))
stacks = st.builds(StackPlan, planes=st.integers(1, 99), step_um=st.floats(0.01, 5))
offsets = st.dictionaries(st.sampled_from(["40x", "100x"]), st.floats(-1, 1))
ladders = st.dictionaries(st.just("camera"), st.sampled_from([("retry", "skip"), ("abort",)]))


@st.composite
def plans(draw):
    where = draw(places)
    focus = draw(st.sampled_from(["surface", "each", "as_positions"]))
    return Plan(
        slide=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)),
        objectives=("40x", "100x"),
        exposure_ms=draw(st.fixed_dictionaries({"40x": st.floats(0.1, 1000), "100x": st.floats(0.1, 1000)})),
        **where,
        tissue=draw(st.none() | tissues),
        overlap_percent=draw(st.floats(0, 89)),
        fields=draw(st.dictionaries(st.just("100x"), subfields)),
        stack=draw(st.dictionaries(st.just("100x"), stacks)),
        focus=focus,
        focus_every=draw(st.integers(1, 50)),
        focus_offset_um={} if focus == "as_positions" else draw(offsets),
        background_um=draw(st.none() | point),
        background_every=draw(st.integers(0, 100)),
        policies=Policies(ladders=draw(ladders)),
        suspend=SuspendRules(disk_floor_gb=draw(st.floats(0, 50)), drift_um=draw(st.floats(0, 9))),
    )


@given(plan=plans())
@settings(deadline=None)
def test_a_plan_written_and_read_again_is_the_same_and_needs_no_other_file(plan):
    assert parse_plan(yaml.safe_load(yaml.safe_dump(plan_document(plan))), RIG) == plan


@given(plan=plans())
@settings(deadline=None)
def test_a_plan_is_the_same_by_way_of_json(plan):
    assert parse_plan(json.loads(json.dumps(plan_document(plan))), RIG) == plan


def document(**changes):
    plan = {
        "slide": "S-014",
        "sites_um": [[100, 100], [300, 100]],
        "objectives": ["40x", "100x"],
        "stack": {"100x": {"planes": 5, "step_um": 0.4}},
        "exposure_ms": {"40x": 8, "100x": 50},
    } | changes
    return {key: value for key, value in plan.items() if value is not None}


def written(folder, **changes):
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(document(**changes)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"fields": {"40x": {"columns": 2}}}, "fields names 40x, the first objective"),
        ({"fields": {"100x": {"columns": 0}}}, "fields.100x.columns"),
        ({"fields": {"63x": {}}}, "'63x' is not in rig"),
        ({"policies": {"camera": "pray"}}, "policies.camera"),
        ({"suspend": {"moon": 1}}, "suspend.moon is not known"),
        ({"focus": {"method": "surface", "every": 0}}, "focus.every"),
        ({"background_um": [1]}, "background_um"),
        ({"sites_um": None, "positions": []}, "exactly one of sites_um, region_um, polygon_um, positions"),
        ({"sites_um": None, "positions": "none.pos"}, "there is no position list none.pos"),
        ({"tissue": {"overview": "none.png", "at_um": [0, 0], "um_per_px": 2}}, "there is no overview none.png"),
        ({"tissue": {"overview": "o.png", "at_um": [0, 0], "um_per_px": 0}}, "tissue.um_per_px"),
    ],
)
def test_a_fault_in_a_new_key_is_named_in_one_sentence(changes, says):
    with pytest.raises(PlanError, match=says) as caught:
        parse_plan(document(**changes), RIG)
    assert "\n" not in str(caught.value)


def test_a_position_list_is_found_beside_its_plan_and_its_z_is_kept(tmp_path):
    listed = [StagePosition(x_um=10, y_um=20, z_um=3.5, label="a"), StagePosition(x_um=50, y_um=20, z_um=4.5)]
    (tmp_path / "sites.pos").write_text(json.dumps(version_2(listed)), encoding="utf-8")
    plan = load_plan(written(tmp_path, sites_um=None, positions="sites.pos", focus={"method": "as_positions"}), RIG)
    assert [(visit.x_um, visit.z_um) for visit in plan.visits(RIG)] == [(10, 3.5), (50, 4.5)] * 2


def test_positions_of_which_only_some_hold_z_cannot_give_the_focus(tmp_path):
    listed = [{"x_um": 1, "y_um": 2, "z_um": 3}, {"x_um": 5, "y_um": 2, "label": "Pos1"}]
    with pytest.raises(PlanError, match="position Pos1 holds no Z"):
        parse_plan(document(sites_um=None, positions=listed, focus={"method": "as_positions"}), RIG)
    assert parse_plan(document(sites_um=None, positions=listed), RIG).focus == "surface"


def overview(folder, tissue_columns):
    """Glass on the right, tissue in the left columns of 500; 2 µm for each pixel."""
    picture = np.full((500, 500, 3), 240, np.uint8)
    picture[:, :tissue_columns] = (150, 90, 160)
    cv2.imwrite(str(folder / "overview.png"), picture)
    return {"overview": "overview.png", "at_um": [500, 500], "um_per_px": 2}


def test_tiles_without_tissue_are_skipped_and_the_others_keep_their_order(tmp_path):
    region = {"x": [0, 1000], "y": [0, 1000]}
    plan = load_plan(written(tmp_path, sites_um=None, region_um=region, tissue=overview(tmp_path, 200)), RIG)
    tiles, sites = plan.tiles(RIG), plan.sites(RIG)
    half = RIG.field_um("40x")[0] / 2
    assert [(s.x_um, s.y_um) for s in sites] == [(t.x_um, t.y_um) for t in tiles if t.x_um - half < 395]
    assert [site.name for site in sites] == [f"{number:04d}" for number in range(1, len(sites) + 1)]


def test_a_plan_whose_overview_was_read_is_the_same_without_it(tmp_path):
    path = written(tmp_path, sites_um=None, region_um={"x": [0, 1000], "y": [0, 300]}, tissue=overview(tmp_path, 200))
    plan = load_plan(path, RIG)
    (tmp_path / "overview.png").unlink()
    assert parse_plan(plan_document(plan), RIG) == plan


def test_an_overview_of_nothing_but_glass_is_refused(tmp_path):
    path = written(tmp_path, sites_um=None, region_um={"x": [0, 900], "y": [0, 900]}, tissue=overview(tmp_path, 0))
    with pytest.raises(PlanError, match="shows no tissue at any of"):
        load_plan(path, RIG)


def test_an_offset_that_leaves_the_focus_outside_the_stack_is_refused():
    focus = {"offset_um": {"100x": -0.8}}
    with pytest.raises(PlanError, match=r"100x is -0\.8 and its stack reaches 0\.8 µm"):
        parse_plan(document(focus=focus), RIG)
    assert parse_plan(document(focus={"offset_um": {"100x": -0.7}}), RIG).focus_offset_um == {"100x": -0.7}


def test_positions_that_bring_their_own_z_take_no_offset():
    with pytest.raises(PlanError, match="takes the Z of the positions as it is and has no offset_um"):
        parse_plan(document(focus={"method": "as_positions", "offset_um": {"40x": 0.2}}), RIG)


@pytest.mark.parametrize("offset_um", [{"40x": 1.1}, {"40x": -1.1}, {"20x": 0.1}])
def test_an_offset_beyond_a_micrometre_or_of_a_lens_the_rig_lacks_is_refused(offset_um):
    with pytest.raises(PlanError, match=r"offset_um|20x"):
        parse_plan(document(focus={"offset_um": offset_um}), RIG)
