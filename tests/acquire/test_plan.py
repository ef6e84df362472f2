"""Plans."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from acquire.errors import PlanError
from acquire.fieldview import slack_um, view_of
from acquire.plan import StackPlan
from acquire.planfile import load_plan, parse_plan
from calibration.rig import load_rig
from tests.acquire.turned import turned

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
@settings(deadline=None)
def test_a_stack_lies_evenly_about_the_focus(planes, step_um):
    offsets = StackPlan(planes=planes, step_um=step_um).offsets_um()
    assert len(offsets) == planes
    assert sum(offsets) == pytest.approx(0, abs=1e-9)
    assert all(b - a == pytest.approx(step_um) for a, b in pairwise(offsets))


@given(width=st.floats(10, 2000), height=st.floats(10, 2000), overlap=st.floats(0, 80))
@settings(deadline=None)
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
@settings(deadline=None)
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


def test_a_missing_plan_is_named(tmp_path):
    with pytest.raises(PlanError, match="there is no plan"):
        load_plan(tmp_path / "plan.yaml", RIG)


@given(
    turn_deg=st.floats(-180, 180),
    further_deg=st.floats(-3, 3),
    parcentric_um=st.tuples(st.floats(-30, 30), st.floats(-30, 30)),
    columns=st.integers(1, 3),
    rows=st.integers(1, 3),
)
@settings(deadline=None)
def test_every_further_field_lies_in_the_field_of_its_partner(turn_deg, further_deg, parcentric_um, columns, rows):
    calibration = turned(RIG, turn_deg=turn_deg, further_deg=further_deg, parcentric_um=parcentric_um)
    plan = parse_plan(document(fields={"100x": {"columns": columns, "rows": rows, "margin_um": 5}}), RIG)
    visits = list(plan.visits(RIG, calibration))
    first = {visit.site: visit for visit in visits if visit.objective == "40x"}
    views = {name: view_of(RIG, calibration, name) for name in plan.objectives}
    further = [visit for visit in visits if visit.objective == "100x"]
    assert len(further) == len(first) * columns * rows
    for visit in further:
        partner = first[visit.partner]
        inside_um = slack_um(views["100x"], (visit.x_um, visit.y_um), views["40x"], (partner.x_um, partner.y_um))
        assert inside_um >= 5 - 1e-6


@given(columns=st.integers(1, 4), rows=st.integers(1, 4))
@settings(deadline=None)
def test_visits_have_names_of_their_own_and_one_turn_of_the_nosepiece_between_them(columns, rows):
    plan = parse_plan(document(fields={"100x": {"columns": columns, "rows": rows}}), RIG)
    visits = list(plan.visits(RIG))
    assert len({(visit.site, visit.objective) for visit in visits}) == len(visits)
    assert sum(a.objective != b.objective for a, b in pairwise(visits)) == 1


def test_a_single_field_has_the_name_of_its_partner_and_several_are_numbered():
    single = list(parse_plan(document(), RIG).visits(RIG))
    several = list(parse_plan(document(fields={"100x": {"columns": 2}}), RIG).visits(RIG))
    assert all(visit.partner == visit.site for visit in single)
    assert [(v.site, v.partner) for v in several if v.objective == "100x"] == [
        ("0001-1", "0001"), ("0001-2", "0001"), ("0002-1", "0002"), ("0002-2", "0002"),
    ]  # fmt: skip


def test_the_offsets_between_objectives_are_added_once():
    calibration = turned(RIG, parcentric_um=(12.0, -7.0), parfocal_um=3.5)
    visits = list(parse_plan(document(), RIG).visits(RIG, calibration))
    assert [(v.x_um, v.y_um, v.z_offset_um) for v in visits[:2]] == [(100, 100, 0), (300, 100, 0)]
    assert [(v.x_um, v.y_um, v.z_offset_um) for v in visits[2:]] == [(112, 93, 3.5), (312, 93, 3.5)]


@given(width=st.floats(10, 900), height=st.floats(10, 900), overlap=st.floats(0, 80))
@settings(deadline=None)
def test_each_tile_of_a_region_is_a_neighbour_of_the_one_before(width, height, overlap):
    region = {"x": [0, width], "y": [0, height]}
    sites = parse_plan(document(sites_um=None, region_um=region, overlap_percent=overlap), RIG).sites(RIG)
    step = RIG.field_um("40x")[0] * (1 - overlap / 100)
    for one, next_one in pairwise(sites):
        assert abs(one.x_um - next_one.x_um) + abs(one.y_um - next_one.y_um) == pytest.approx(step)
