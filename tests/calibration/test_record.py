from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.errors import RecordError
from calibration.flatfield import Correction
from calibration.optics import Camera, Limits, Objective, Rig, Source, ZDrive
from calibration.record import VALID_DAYS, Calibration, Measured, ObjectiveCalibration, load, rig_hash, save

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

numbers = st.floats(-1e6, 1e6)
measured = st.builds(Measured, value=numbers, interval95=st.tuples(numbers, numbers))
pairs = st.tuples(numbers, numbers)
objectives = st.builds(
    ObjectiveCalibration,
    stage_um_per_px=st.tuples(pairs, pairs),
    pixel_um=measured,
    rotation_deg=measured,
    parcentric_um=st.tuples(measured, measured),
    parfocal_um=measured,
)


def rig(**changes):
    values = {
        "name": "bench",
        "source": Source(kind="simulated"),
        "camera": Camera(pixel_um=7.4),
        "condenser_na": 0.55,
        "objectives": (
            Objective(name="40x", label="40x", magnification=40, na=0.95, immersion="air", near_margin_um=60),
        ),
        "nosepiece": "Objective",
        "z": ZDrive(device="Z", toward_slide=1),
        "limits_um": Limits(x=(0, 1), y=(0, 1), z=(-290, 100)),
        "z_safe_um": -280,
        "simulated": {},
    }
    return Rig(**(values | changes))


def calibration(**changes):
    one = Measured(value=0.185, interval95=(0.184, 0.186))
    values = {
        "rig_hash": rig_hash(rig()),
        "created": NOW,
        "objectives": {
            "40x": ObjectiveCalibration(
                stage_um_per_px=((0.185, 0.0), (0.0, -0.185)),
                pixel_um=one,
                rotation_deg=one,
                parcentric_um=(one, one),
                parfocal_um=one,
            )
        },
        "corrections": {
            "40x": Correction(dark=np.zeros((4, 5, 3), np.float32), flat=np.full((4, 5, 3), 0.8, np.float32))
        },
        "backlash_um": {"x": one},
        "residuals": {"camera_stage_um": 0.21},
        "simulated": True,
    }
    return Calibration(**(values | changes))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(objective=objectives, backlash=st.dictionaries(st.sampled_from("xyz"), measured), seed=st.integers(0, 99))
def test_load_gives_back_what_was_saved(tmp_path, objective, backlash, seed):
    flat = np.random.default_rng(seed).uniform(0.2, 1, (3, 4, 3)).astype(np.float32)
    correction = Correction(dark=np.zeros_like(flat), flat=flat)
    before = calibration(objectives={"40x": objective}, corrections={"40x": correction}, backlash_um=backlash)
    save(before, tmp_path / "cal.yaml")
    after = load(tmp_path / "cal.yaml")
    for name in ("rig_hash", "created", "objectives", "backlash_um", "residuals", "simulated"):
        assert getattr(after, name) == getattr(before, name)
    np.testing.assert_array_equal(after.corrections["40x"].flat, flat)


def test_a_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(RecordError, match=r"there is no calibration .*: run `parfocal calibrate` first"):
        load(tmp_path / "cal.yaml")


@pytest.mark.parametrize("content", ["", "just a text", "[1, 2", "rig_hash: 3", "a: 1\nb: 2\n"])
def test_a_foreign_file_is_refused_in_words(tmp_path, content):
    path = tmp_path / "cal.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RecordError, match="is not a calibration that Parfocal wrote"):
        load(path)


def test_a_binary_file_is_refused_in_words(tmp_path):
    path = tmp_path / "cal.yaml"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(RecordError, match="is not a calibration that Parfocal wrote"):
        load(path)


def test_a_folder_is_refused_in_words(tmp_path):
    with pytest.raises(RecordError, match="is not a calibration that Parfocal wrote"):
        load(tmp_path)


def test_an_unknown_key_is_refused(tmp_path):
    path = tmp_path / "cal.yaml"
    save(calibration(), path)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(document | {"surprise": 1}), encoding="utf-8")
    with pytest.raises(RecordError, match="is not a calibration"):
        load(path)


def test_missing_flat_fields_are_refused(tmp_path):
    save(calibration(), tmp_path / "cal.yaml")
    (tmp_path / "cal.npz").unlink()
    with pytest.raises(RecordError, match="copy both files together"):
        load(tmp_path / "cal.yaml")


def test_damaged_flat_fields_are_refused(tmp_path):
    save(calibration(), tmp_path / "cal.yaml")
    flats = tmp_path / "cal.npz"
    flats.write_bytes(flats.read_bytes()[:-7])
    with pytest.raises(RecordError, match="copy both files together"):
        load(tmp_path / "cal.yaml")


def test_an_objective_without_flat_field_is_refused(tmp_path):
    save(calibration(corrections={}), tmp_path / "cal.yaml")
    with pytest.raises(RecordError, match="40x"):
        load(tmp_path / "cal.yaml")


def test_nothing_half_written_stays_behind(tmp_path):
    save(calibration(), tmp_path / "deep" / "cal.yaml")
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["cal.npz", "cal.yaml"]


def test_a_calibration_of_this_rig_may_be_used_to_the_end_of_its_days_and_no_longer():
    kept = calibration()
    assert kept.expires == NOW + timedelta(days=VALID_DAYS)
    kept.check(rig(), now=kept.expires)
    with pytest.raises(RecordError, match="valid until"):
        kept.check(rig(), now=kept.expires + timedelta(microseconds=1))


def test_a_stale_calibration_is_refused():
    with pytest.raises(RecordError, match=f"{VALID_DAYS + 1} days old"):
        calibration().check(rig(), now=NOW + timedelta(days=VALID_DAYS + 1))


def test_a_calibration_of_another_rig_is_refused():
    with pytest.raises(RecordError, match="another rig than 'bench'"):
        calibration().check(rig(condenser_na=0.6), now=NOW)


def test_the_specimen_on_the_stage_does_not_make_another_rig():
    assert rig_hash(rig(simulated={"specimen": {"seed": 1}})) == rig_hash(rig(simulated={"specimen": {"seed": 2}}))


def test_the_faults_of_a_simulated_rig_make_another_rig():
    assert rig_hash(rig(simulated={"faults": "none"})) != rig_hash(rig(simulated={"faults": "realistic"}))


@pytest.mark.parametrize("name", ["cal.npz", "cal", "."])
def test_a_name_that_no_calibration_can_have_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(RecordError, match="cannot hold a calibration"):
        save(calibration(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def full(**changes):
    one = Measured(value=0.2, interval95=(0.1, 0.3))
    values = {
        "rig_name": "bench",
        "valid_until": NOW + timedelta(days=7),
        "stage_pixel_um": {"40x": one},
        "settle_ms": {"x": 12.0},
        "turret_um": {"40x parcentric": one},
        "curves": {"lamp": ((0.0, 1.0), (1.0, 1.5))},
        "remarks": ("The lamp was cold.",),
    }
    return calibration(**(values | changes))


def test_everything_that_is_measured_beside_comes_back_too(tmp_path):
    save(full(), tmp_path / "cal.yaml")
    after = load(tmp_path / "cal.yaml")
    for name in ("rig_name", "valid_until", "stage_pixel_um", "settle_ms", "turret_um", "curves", "remarks", "digest"):
        assert getattr(after, name) == getattr(full(), name)


def test_a_file_says_until_when_it_is_valid(tmp_path):
    save(calibration(), tmp_path / "cal.yaml")
    document = yaml.safe_load((tmp_path / "cal.yaml").read_text(encoding="utf-8"))
    assert datetime.fromisoformat(document["valid_until"]) == NOW + timedelta(days=VALID_DAYS)
    assert document["sha256"] == calibration().digest


def test_a_calibration_with_an_earlier_last_day_is_refused_after_it():
    with pytest.raises(RecordError, match="valid until 29 November 2026"):
        full().check(rig(), now=NOW + timedelta(days=8))


@pytest.mark.parametrize(
    "changes",
    [
        {"rig_hash": "another"},
        {"created": NOW + timedelta(seconds=1)},
        {"settle_ms": {"x": 13.0}},
        {"remarks": ()},
        {"corrections": {"40x": Correction(dark=np.zeros((4, 5, 3), np.float32), flat=np.ones((4, 5, 3), np.float32))}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_digest_changes_with_whatever_was_measured(changes):
    assert replace(full(), **changes).digest != full().digest


def test_the_digest_is_that_of_the_moment_whatever_the_time_zone_it_is_told_in():
    east = timezone(timedelta(hours=9))
    assert calibration(created=NOW.astimezone(east)).digest == calibration().digest


def test_a_file_that_was_edited_is_refused(tmp_path):
    path = tmp_path / "cal.yaml"
    save(full(), path)
    path.write_text(path.read_text(encoding="utf-8").replace("x: 12.0", "x: 11.0"), encoding="utf-8")
    with pytest.raises(RecordError, match="was changed since it was measured"):
        load(path)


def test_a_file_from_before_there_was_a_last_day_and_a_digest_is_still_read(tmp_path):
    path = tmp_path / "cal.yaml"
    save(calibration(), path)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("valid_until", "sha256", "rig_name", "curves", "remarks", "settle_ms", "turret_um", "stage_pixel_um"):
        del document[key]
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert load(path).expires == NOW + timedelta(days=VALID_DAYS)
