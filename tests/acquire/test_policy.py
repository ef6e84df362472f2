"""Each class of error has its action, in the order of the plan; after a failed motion nothing goes on by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.errors import (
    CameraError,
    DeviceError,
    HaltedError,
    HangingError,
    InterlockError,
    LimitError,
    MisplacedError,
    PlanError,
    SlideLostError,
    StateError,
    StoreError,
)
from acquire.policy import (
    ACTIONS,
    ALLOWED,
    CLASSES,
    DEFAULTS,
    LATCHING,
    SKIPS_IN_A_ROW,
    Policies,
    class_of,
    parse_policies,
)
from calibration.errors import MeasurementError, RigError


def _ladders(name):
    allowed = ALLOWED.get(name, (ACTIONS,))[0]
    steps = st.lists(st.sampled_from(allowed), min_size=1, max_size=4).map(tuple)
    return steps.filter(lambda ladder: ladder[-1] != "retry")


policies = st.fixed_dictionaries({}, optional={name: _ladders(name) for name in CLASSES}).map(
    lambda ladders: Policies(ladders=ladders)
)


@given(policies)
def test_a_table_written_and_read_is_the_same_table(table):
    assert parse_policies(table.document()) == table


@given(policies, st.sampled_from(sorted(CLASSES)), st.integers(0, 9), st.integers(0, 9))
def test_while_the_latch_is_set_nothing_is_tried_again_and_no_site_is_left_for_the_next(table, name, failures, skipped):
    error = CLASSES[name]("something")
    assert table.of(error, failures=failures, skipped=skipped, latched=True) in LATCHING


@given(policies, st.sampled_from([InterlockError, DeviceError, HangingError]), st.integers(0, 9))
def test_a_failed_motion_never_goes_on_by_itself(table, kind, failures):
    assert table.of(kind("something"), failures=failures) in LATCHING


@given(policies, st.sampled_from(sorted(CLASSES)))
def test_no_error_is_tried_again_for_ever(table, name):
    assert "retry" not in {table.of(CLASSES[name]("something"), failures=failures) for failures in range(4, 20)}


@pytest.mark.parametrize(
    ("error", "actions"),
    [
        (CameraError("no frame"), ["retry", "retry", "suspend", "suspend"]),
        (HangingError("hangs"), ["abort"]),
        (MisplacedError("moved"), ["retry", "retry", "suspend"]),
        (DeviceError("stuck"), ["suspend"]),
        (InterlockError("not retracted"), ["suspend"]),
        (LimitError("outside"), ["skip"]),
        (StoreError("disk full"), ["suspend"]),
        (StateError("cannot be written"), ["suspend"]),
        (SlideLostError("another place"), ["suspend"]),
        (MeasurementError("no texture"), ["retry", "skip", "skip"]),
        (PlanError("wrong"), ["abort"]),
        (HaltedError("by hand"), ["abort"]),
        (RigError("wrong"), ["abort"]),
        (ZeroDivisionError("a mistake of ours"), ["abort"]),
    ],
)
def test_what_is_done_when_the_plan_says_nothing(error, actions):
    assert [Policies().of(error, failures=failures) for failures in range(len(actions))] == actions


def test_every_class_has_a_default_that_may_be_taken():
    assert set(DEFAULTS) == set(CLASSES)
    assert Policies(ladders=DEFAULTS) == Policies(ladders=dict(DEFAULTS))


def test_an_error_belongs_to_the_most_particular_class():
    assert [class_of(error("something")) for error in CLASSES.values()] == list(CLASSES)


def test_sites_skipped_in_a_row_suspend_the_run():
    table = Policies(ladders={"camera": ("skip",)})
    assert table.of(CameraError("no frame"), skipped=SKIPS_IN_A_ROW - 1) == "skip"
    assert table.of(CameraError("no frame"), skipped=SKIPS_IN_A_ROW) == "suspend"


def test_one_word_is_enough_in_a_plan():
    table = parse_policies({"camera": "retry", "picture": "skip"})
    assert table.ladders == {"camera": ("retry", "retry", "suspend"), "picture": ("skip",)}


def test_a_plan_without_policies_takes_the_defaults():
    assert parse_policies(None) == Policies()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"lamp": "skip"}, r"policies\.lamp is no class of error: choose from"),
        ({"camera": "ignore"}, r"policies\.camera is \['ignore'\]: give retry or skip or suspend or abort"),
        ({"camera": []}, r"policies\.camera is \[\]: give"),
        ({"camera": {"times": 3}}, r"give retry or skip"),
        ({"camera": ["skip", "retry"]}, r"would try for ever: add what comes then"),
        ({"motion": "retry"}, r"policies\.motion is .*give suspend or abort because Z may not move nearer"),
        ({"turret": ["skip"]}, r"give suspend or abort because"),
        ({"slide": "skip"}, r"give suspend or abort because where the other sites lie"),
        ({"camera_hangs": "suspend"}, r"give abort because its core is lost"),
        (["camera"], r"policies is \['camera'\]: give a mapping"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(document, says):
    with pytest.raises(PlanError, match=f"plan night: .*{says}"):
        parse_policies(document, name="night")
