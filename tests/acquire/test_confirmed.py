"""What only a person can see: warned of until confirmed, and kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquire.confirmed import Confirmed, confirm_all, confirmed_items, from_event, read_confirmed
from acquire.errors import PlanError
from acquire.planfile import parse_plan
from calibration.optics import Source
from calibration.rig import load_rig

STAND = replace(load_rig("simulated"), source=Source(kind="running"))
NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
PLAN = parse_plan(
    {"slide": "S1", "sites_um": [[0, 0]], "objectives": ["40x", "100x"], "exposure_ms": {"40x": 8, "100x": 50}}, STAND
)
ALL = ["Köhler", "condenser aperture", "correction collar", "cover glass"]


def states(said, rig=STAND, plan=PLAN, now=NOW):
    return {item.name: item.state for item in confirmed_items(plan, rig, said, now=now)}


def says(said, name):
    return next(item.says for item in confirmed_items(PLAN, STAND, said, now=NOW) if item.name == name)


def person(**said):
    return Confirmed(**{"by": "A. Person", "at": NOW} | said)


def test_each_warns_until_a_person_has_confirmed_it_and_says_how():
    assert states(None) == dict.fromkeys(ALL, "warn")
    assert all("--confirm-all NAME" in says(None, name) for name in ALL)
    assert states(confirm_all("A. Person", NOW)) == dict.fromkeys(ALL, "pass")
    assert "A. Person" in says(confirm_all("A. Person", NOW), "Köhler")


def test_what_was_left_out_still_warns():
    assert states(person(koehler=True)) == dict.fromkeys(ALL, "warn") | {"Köhler": "pass"}


def test_a_confirmation_holds_for_a_day():
    said = confirm_all("A. Person", NOW)
    assert set(states(said, now=NOW + timedelta(hours=23)).values()) == {"pass"}
    assert set(states(said, now=NOW + timedelta(hours=25)).values()) == {"warn"}


@pytest.mark.parametrize(
    ("said", "name", "state"),
    [
        ({"condenser_na": 0.55}, "condenser aperture", "pass"),
        ({"condenser_na": 0.9}, "condenser aperture", "warn"),
        ({"cover_glass_um": 170, "correction_collar_mm": {"40x": 0.17}}, "correction collar", "pass"),
        ({"cover_glass_um": 150, "correction_collar_mm": {"40x": 0.17}}, "correction collar", "warn"),
        ({"cover_glass_um": 150, "correction_collar_mm": {"40x": 0.15}}, "correction collar", "pass"),
        ({"cover_glass_um": 150}, "correction collar", "warn"),
        ({"cover_glass_um": 168}, "cover glass", "pass"),
    ],
)
def test_a_value_is_compared_with_the_rig_and_with_the_others(said, name, state):
    assert states(person(**said))[name] == state


def test_without_a_lens_with_a_collar_the_cover_glass_itself_must_be_right():
    oil = parse_plan({"slide": "S1", "sites_um": [[0, 0]], "objectives": ["100x"], "exposure_ms": {"100x": 50}}, STAND)
    assert "correction collar" not in states(None, plan=oil)
    assert states(person(cover_glass_um=130), plan=oil)["cover glass"] == "warn"
    assert states(person(cover_glass_um=165), plan=oil)["cover glass"] == "pass"


@pytest.mark.parametrize("name", ["simulated", "demo"])
def test_a_rig_without_glass_asks_nothing(name):
    rig = load_rig(name)
    first = rig.objectives[0].name
    plan = parse_plan({"slide": "S", "sites_um": [[0, 0]], "objectives": [first], "exposure_ms": {first: 8}}, rig)
    assert set(states(None, rig, plan).values()) == {"pass"}


@given(
    said=st.builds(
        Confirmed,
        by=st.text(min_size=1, max_size=20),
        at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
        koehler=st.booleans(),
        condenser_na=st.none() | st.floats(0.05, 1.4),
        correction_collar_mm=st.dictionaries(st.just("40x"), st.floats(0.1, 0.2)),
        cover_glass_um=st.none() | st.floats(100, 250),
        everything=st.booleans(),
    )
)
@settings(deadline=None)
def test_what_was_said_is_the_same_out_of_the_journal(said):
    assert from_event(said.event() | {"time_s": 1.0}) == said


def test_it_is_read_from_a_file_a_person_writes(tmp_path):
    path = tmp_path / "today.yaml"
    path.write_text(
        "by: A. Person\nat: 2026-11-26T17:30:00Z\nkoehler: yes\ncondenser_na: 0.55\n"
        "correction_collar_mm: {40x: 0.17}\ncover_glass_um: 171\n",
        encoding="utf-8",
    )
    said = read_confirmed(path)
    assert said.at == datetime(2026, 11, 26, 17, 30, tzinfo=UTC)
    assert states(said) == dict.fromkeys(ALL, "pass")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no file"),
        ("at: 2026-11-26\n", "'by' is missing"),
        ("by: A\n", "'at' is missing"),
        ("by: A\nat: 2026-11-26\nkohler: yes\n", "'kohler' is not known"),
        ("by: [", "is not YAML"),
    ],
)
def test_a_file_that_is_not_right_is_refused_in_one_sentence(tmp_path, content, says):
    path = tmp_path / "today.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(PlanError, match=says) as caught:
        read_confirmed(path)
    assert "\n" not in str(caught.value)
