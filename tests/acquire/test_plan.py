"""Plans."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from acquire.errors import PlanError
from acquire.plan import StackPlan
from acquire.planfile import load_plan, parse_plan, plan_document
from calibration.rig import load_rig

RIG = load_rig("simulated")


def document(**changes):
    plan = {
        "slide": "S-014",
        "sites_um": [[100, 100], [300, 100]],
        "objectives": ["40x", "100x"],
        "stack": {"100x": {"planes": 5, "step_um": 0.4}},
        "exposure_ms": {"40x": 8, "100x": 50},
    } | changes
    return {key: value for key, value in plan.items() if value is not None}


def test_all_sites_come_with_the_first_objective_before_any_with_the_next():
    visits = list(parse_plan(document(), RIG).visits(RIG))
    assert [(v.objective, v.site) for v in visits] == [
        ("40x", "0001"), ("40x", "0002"), ("100x", "0001"), ("100x", "0002"),
    ]  # fmt: skip


def test_only_the_objectives_named_under_stack_take_several_planes():
    visits = list(parse_plan(document(), RIG).visits(RIG))
    assert [v.stack.planes for v in visits] == [1, 1, 5, 5]


@given(planes=st.integers(1, 30), step_um=st.floats(0.05, 5))
def test_a_stack_lies_evenly_about_the_focus(planes, step_um):
    offsets = StackPlan(planes=planes, step_um=step_um).offsets_um()
    assert len(offsets) == planes
    assert sum(offsets) == pytest.approx(0, abs=1e-9)
    assert all(b - a == pytest.approx(step_um) for a, b in pairwise(offsets))


@given(width=st.floats(10, 2000), height=st.floats(10, 2000), overlap=st.floats(0, 80))
def test_the_fields_over_a_region_cover_it_whole(width, height, overlap):
    plan = parse_plan(
        document(sites_um=None, region_um={"x": [0, width], "y": [0, height]}, overlap_percent=overlap), RIG
    )
    half = RIG.field_um("40x")[0] / 2
    xs = sorted({s.x_um for s in plan.sites(RIG)})
    ys = sorted({s.y_um for s in plan.sites(RIG)})
    for points, length in ((xs, width), (ys, height)):
        assert points[0] - half <= 1e-6
        assert points[-1] + half >= length - 1e-6
        gaps = [b - a for a, b in pairwise(points)]
        assert all(gap <= 2 * half * (1 - overlap / 100) + 1e-6 for gap in gaps)


def test_a_region_is_walked_in_a_serpentine():
    plan = parse_plan(document(sites_um=None, region_um={"x": [0, 300], "y": [0, 150]}), RIG)
    rows = {}
    for site in plan.sites(RIG):
        rows.setdefault(site.y_um, []).append(site.x_um)
    first, second = list(rows.values())[:2]
    assert first == sorted(first)
    assert second == sorted(second, reverse=True)


def test_a_region_in_the_wrong_unit_is_refused_before_its_fields_are_counted_out():
    with pytest.raises(PlanError, match="is in µm"):
        parse_plan(document(sites_um=None, region_um={"x": [0, 6e8], "y": [0, 4e8]}), RIG).sites(RIG)


@given(
    corners=st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=3, max_size=7),
    weights=st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    overlap=st.floats(0, 60),
)
def test_every_point_of_a_polygon_lies_in_some_field(corners, weights, overlap):
    plan = parse_plan(document(sites_um=None, polygon_um=corners, overlap_percent=overlap), RIG)
    half = np.array(RIG.field_um("40x")) / 2 + 1e-6
    middles = np.array([(site.x_um, site.y_um) for site in plan.sites(RIG)])
    for point in points_of(corners, weights):
        assert np.any(np.all(np.abs(middles - point) <= half, axis=1))


def points_of(corners, weights):
    """Points on the sides, and in the interior as far as the even-odd rule counts them in."""
    corners = np.array(corners)
    yield from corners
    yield from weights[0] * corners + (1 - weights[0]) * np.roll(corners, 1, axis=0)
    triples = np.array(list(combinations(corners, 3)))
    inner = np.einsum("tkp,k->tp", triples, np.array(weights) / sum(weights))
    yield from inner[points_in_poly(inner, corners)]


def test_a_field_that_the_polygon_does_not_touch_is_not_visited():
    width, _ = RIG.field_um("40x")
    plan = parse_plan(document(sites_um=None, polygon_um=[[0, 0], [600, 0], [0, 600]], overlap_percent=0), RIG)
    assert all(site.x_um + site.y_um <= 600 + width for site in plan.sites(RIG))
    assert any(site.x_um + site.y_um > 600 for site in plan.sites(RIG))


def test_a_polygon_within_one_field_is_one_site():
    plan = parse_plan(document(sites_um=None, polygon_um=[[100, 100], [110, 100], [100, 110]]), RIG)
    assert [(site.x_um, site.y_um) for site in plan.sites(RIG)] == [(105, 105)]


def test_a_rectangle_drawn_as_a_polygon_is_covered_as_the_region_is():
    as_region = parse_plan(document(sites_um=None, region_um={"x": [0, 300], "y": [0, 150]}), RIG)
    corners = [[0, 0], [300, 0], [300, 150], [0, 150]]
    assert parse_plan(document(sites_um=None, polygon_um=corners), RIG).sites(RIG) == as_region.sites(RIG)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"objectives": ["40x", "63x"]}, "'63x' is not in rig 'simulated'"),
        ({"sites_um": None}, "exactly one of sites_um, region_um, polygon_um"),
        ({"exposure_ms": {"40x": 8}}, r"exposure_ms has no entry for \['100x'\]"),
        ({"overlap": 10}, "'overlap' is not known"),
        ({"slide": "a/b"}, "slide"),
        ({"stack": {"100x": {"planes": 0}}}, "stack.100x.planes"),
        ({"focus": {"method": "hardware"}}, "hardware"),
        ({"exposure_ms": {"40x": 0, "100x": 50}}, "exposure_ms.40x"),
        ({"sites_um": [[float("inf"), 100]]}, "sites_um"),
        ({"objectives": ["40x", "40x"]}, "names one twice"),
        ({"objectives": ["100x", "40x"]}, "name the dry ones first"),
    ],
)
def test_a_fault_is_named_in_one_sentence(changes, says):
    with pytest.raises(PlanError, match=says) as caught:
        parse_plan(document(**changes), RIG)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [{}, {"sites_um": None, "region_um": {"x": [0, 100], "y": [5, 50]}}, {"focus": {"method": "each"}}],
)
def test_a_plan_written_and_read_again_is_the_same(changes):
    plan = parse_plan(document(**changes), RIG)
    assert parse_plan(yaml.safe_load(yaml.safe_dump(plan_document(plan))), RIG) == plan


def test_a_missing_plan_is_named(tmp_path):
    with pytest.raises(PlanError, match="there is no plan"):
        load_plan(tmp_path / "plan.yaml", RIG)
