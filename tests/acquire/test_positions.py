"""Micro-Manager position lists of both formats."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquire.errors import PlanError
from acquire.positions import StagePosition, read_positions

numbers = st.floats(-1e5, 1e5)
entries = st.lists(
    st.builds(StagePosition, x_um=numbers, y_um=numbers, z_um=st.none() | numbers, label=st.text(max_size=12)),
    min_size=1,
    max_size=6,
)


def text(value):
    return {"type": "STRING", "scalar": value}


def version_2(positions):
    array = []
    for position in positions:
        devices = [
            {"Device": text("XYStage"), "Position_um": {"type": "DOUBLE", "array": [position.x_um, position.y_um]}}
        ]
        if position.z_um is not None:
            devices.append({"Device": text("Z"), "Position_um": {"type": "DOUBLE", "array": [position.z_um]}})
            devices.append({"Device": text("Piezo"), "Position_um": {"type": "DOUBLE", "array": [50.0]}})
        array.append(
            {
                "DefaultXYStage": text("XYStage"),
                "DefaultZStage": text("Z" if position.z_um is not None else ""),
                "DevicePositions": {"type": "PROPERTY_MAP", "array": devices},
                "GridCol": {"type": "INTEGER", "scalar": 0},
                "GridRow": {"type": "INTEGER", "scalar": 0},
                "Label": text(position.label),
                "Properties": {"type": "PROPERTY_MAP", "scalar": {}},
            }
        )
    return {
        "encoding": "UTF-8",
        "format": "Micro-Manager Property Map",
        "major_version": 2,
        "minor_version": 0,
        "map": {"StagePositions": {"type": "PROPERTY_MAP", "array": array}},
    }


def version_1(positions):
    listed = []
    for position in positions:
        devices = [{"DEVICE": "XYStage", "AXES": 2, "X": position.x_um, "Y": position.y_um, "Z": 0}]
        if position.z_um is not None:
            devices.insert(0, {"DEVICE": "Z", "AXES": 1, "X": position.z_um, "Y": 0, "Z": 0})
        listed.append(
            {
                "GRID_COL": 0,
                "GRID_ROW": 0,
                "DEVICES": devices,
                "PROPERTIES": {},
                "DEFAULT_Z_STAGE": "Z",
                "DEFAULT_XY_STAGE": "XYStage",
                "LABEL": position.label,
            }
        )
    return {"VERSION": 3, "ID": "Micro-Manager XY-list", "POSITIONS": listed}


@pytest.mark.parametrize("form", [version_1, version_2])
@given(positions=entries)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_is_read_as_it_was_saved(form, positions, tmp_path):
    path = tmp_path / "sites.pos"
    path.write_text(json.dumps(form(positions)), encoding="utf-8")
    assert read_positions(path, z_device="Z") == tuple(positions)


def test_the_focus_drive_of_the_rig_is_taken_where_an_entry_holds_several(tmp_path):
    path = tmp_path / "sites.pos"
    path.write_text(json.dumps(version_2([StagePosition(x_um=1, y_um=2, z_um=3)])), encoding="utf-8")
    assert read_positions(path, z_device="Piezo")[0].z_um == 50.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no position list"),
        ("not json", "is no position list"),
        ('{"map": {}}', "is no position list"),
        ("[1, 2]", "is no position list"),
        (json.dumps(version_2([])), "is empty"),
        (json.dumps(version_1([])), "is empty"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(tmp_path, content, says):
    path = tmp_path / "sites.pos"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(PlanError, match=says) as caught:
        read_positions(path, z_device="Z")
    assert "\n" not in str(caught.value)


def test_an_entry_without_the_stage_is_named(tmp_path):
    document = version_1([StagePosition(x_um=1, y_um=2, z_um=3, label="Pos7")])
    del document["POSITIONS"][0]["DEVICES"][1]
    path = tmp_path / "sites.pos"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(PlanError, match=r"'Pos7' .* holds no XY stage"):
        read_positions(path, z_device="Z")
