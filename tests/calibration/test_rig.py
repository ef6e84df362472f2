"""Rig files."""

import pytest

from calibration.errors import RigError
from calibration.rig import BUILT_IN, dump_rig, load_rig, parse_rig


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_rig_written_and_read_again_is_the_same(name):
    rig = load_rig(name)
    assert parse_rig(dump_rig(rig), name=name) == rig


def test_a_folder_is_not_a_rig_file(tmp_path):
    with pytest.raises(RigError, match="is a folder: give the path of a YAML file"):
        load_rig(tmp_path)


def test_a_missing_file_is_named():
    with pytest.raises(RigError, match=r"there is no rig file nowhere\.yaml"):
        load_rig("nowhere.yaml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("z_safe_um", "z_save_um", "z_save_um|z_safe_um"),
        ("toward_slide: 1", "toward_slide: 0", "toward_slide"),
        ("na: 0.95", "na: 1.4", "NA 1.4 is not between 0 and 1.0"),
        ("z_safe_um: -280", "z_safe_um: -500", "the nosepiece could never turn"),
        ("magnification: 40", "magnification: many", "magnification"),
        ("near_margin_um: 60.0", "near_margin_um: .nan", "near_margin_um"),
        ("100x/1.40 oil", "40x/0.95 air", "two have one label"),
        ("  40x:", "  40x/0.95:", "40x/0.95"),
        ("condenser_na: 0.55", "condenser_na: 0", "condenser_na 0.0 is not between"),
        ("stand: unknown", "stand: sideways", "stand"),
        ("settle_ms:\n  xy: 0.0", "settle_ms:\n  xy: -1", "settle_ms.xy"),
        ("oil_pose_um: null", "oil_pose_um: [100, 30000]", "oil_pose_um y 30000.0 is outside limits_um y"),
    ],
)
def test_a_fault_in_the_file_is_named_by_its_key(old, new, says):
    text = dump_rig(load_rig("simulated"))
    assert old in text
    with pytest.raises(RigError, match=says):
        parse_rig(text.replace(old, new), name="mine")


@pytest.mark.parametrize("text", ["hello", "[1, 2]", ""])
def test_a_file_that_holds_no_keys_at_all_is_refused_without_names_of_the_program(text):
    with pytest.raises(RigError, match=r"rig 'x': the file holds .* where keys with values are needed"):
        parse_rig(text, name="x")


def test_the_direction_of_the_slide_has_no_default():
    text = dump_rig(load_rig("simulated")).replace("  toward_slide: 1\n", "")
    with pytest.raises(RigError, match=r"z\.toward_slide.*no default"):
        parse_rig(text, name="mine")


def test_an_unknown_objective_is_answered_with_the_known_ones():
    with pytest.raises(RigError, match=r"'63x' is not in rig 'simulated', which has \['40x', '100x'\]"):
        load_rig("simulated").objective("63x")


def test_pixel_and_field_follow_from_magnification():
    rig = load_rig("simulated")
    assert rig.pixel_um("100x") == pytest.approx(0.074)
    assert rig.field_um("40x") == pytest.approx((94.72, 94.72))


def test_the_empty_position_of_the_nosepiece_is_kept_and_is_no_objective():
    text = dump_rig(load_rig("simulated"))
    rig = parse_rig(text.replace("nosepiece_empty: none", "nosepiece_empty: 6-Empty"), name="stand")
    assert rig.nosepiece_empty == "6-Empty"
    assert parse_rig(dump_rig(rig), name="stand") == rig
    with pytest.raises(RigError, match=r"nosepiece_empty: '40x/0\.95 air' is an objective"):
        parse_rig(text.replace("nosepiece_empty: none", "nosepiece_empty: 40x/0.95 air"), name="stand")
