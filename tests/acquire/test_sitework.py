"""One visit whatever goes wrong with it, over a microscope of plain numbers and a run on disk."""

import pytest

from acquire.errors import (
    BrokenOffError,
    CameraError,
    DeviceError,
    HaltedError,
    LimitError,
    MisplacedError,
    PixelError,
    StoreError,
    SuspendedError,
)
from acquire.policy import SKIPS_IN_A_ROW
from acquire.retake import TRIES
from acquire.shooting import WIDER_PLANES
from acquire.sitework import Look
from tests.acquire.loop_parts import Loop, PlainJudge

NO_FRAME = CameraError("no frame")
GIVEN_UP = 2 * TRIES
"""Frames that do not come before a policy acts that does not try again: as many once the camera was restarted."""


@pytest.fixture
def loop(tmp_path):
    made = []

    def make(**told):
        made.append(Loop(tmp_path, **told))
        return made[-1]

    yield make
    for one in made:
        one.close()


def made(loop, number=0):
    outcome = loop.work.make(loop.visits[number])
    loop.storing.settle()
    return outcome


def test_a_visit_is_stored_with_its_planes_about_the_focus(loop):
    one = loop()
    assert made(one) == "stored"
    assert one.run.read("0001", "10x").z_um == (4.0, 5.0, 6.0)
    assert one.judge.learnt == ["0001"]


def test_frames_that_do_not_come_are_asked_for_again_and_each_is_told(loop):
    one = loop()
    one.microscope.fails = [NO_FRAME] * (TRIES - 1)
    assert made(one) == "stored"
    assert len(one.events("retried")) == TRIES - 1
    assert one.events("trouble") == []


@pytest.mark.parametrize(
    ("ladder", "failures", "actions"),
    [(["retry", "skip"], 1, ["retry"]), (["retry", "skip"], 2, ["retry", "skip"]), (["skip"], 1, ["skip"])],
)
def test_the_rungs_of_a_policy_are_taken_one_after_the_other(loop, ladder, failures, actions):
    one = loop(policies={"camera": ladder})
    one.microscope.fails = [NO_FRAME] * (TRIES * failures + (0 if actions[-1] == "retry" else TRIES))
    assert made(one) == ("skipped" if actions[-1] == "skip" else "stored")
    assert [(event["action"], event["kind"], event["site"]) for event in one.events("trouble")] == [
        (action, "camera", "0001") for action in actions
    ]


def test_each_class_of_error_counts_its_own_failures(loop):
    one = loop(policies={"camera": ["retry", "abort"], "misplaced": ["retry", "abort"]})
    one.microscope.fails = [NO_FRAME] * TRIES + [MisplacedError("beside")]
    assert made(one) == "stored"
    assert [event["kind"] for event in one.events("trouble")] == ["camera", "misplaced"]


def test_another_site_begins_with_the_first_rung_again(loop):
    one = loop(policies={"camera": ["retry", "abort"]})
    for number in range(2):
        one.microscope.fails = [NO_FRAME] * TRIES
        assert made(one, number) == "stored"


@pytest.mark.parametrize("action", ["skip", "suspend", "abort"])
def test_before_a_policy_gives_up_the_camera_is_restarted_and_the_site_tried_again(loop, action):
    one = loop(policies={"camera": action})
    one.microscope.fails = [NO_FRAME] * TRIES
    assert made(one) == "stored"
    assert one.microscope.restarts == 1
    assert [(event["site"], event["says"]) for event in one.events("camera_restarted")] == [("0001", "no frame")]
    assert one.events("trouble") == []


def test_the_camera_is_restarted_once_for_each_site(loop):
    one = loop(policies={"camera": "skip"})
    one.microscope.fails = [NO_FRAME] * GIVEN_UP
    assert made(one) == "skipped"
    assert one.microscope.restarts == 1
    one.microscope.fails = [NO_FRAME] * TRIES
    assert made(one, 1) == "stored"
    assert one.microscope.restarts == 2


def test_a_camera_that_cannot_be_restarted_is_told_and_the_policy_holds(loop):
    one = loop(policies={"camera": "skip"})
    one.microscope.restart_fails = CameraError("it does not stop")
    one.microscope.fails = [NO_FRAME] * TRIES
    assert made(one) == "skipped"
    assert "it does not stop" in one.events("camera_not_restarted")[0]["says"]


def test_abort_raises_what_was_wrong(loop):
    one = loop(policies={"camera": "abort"})
    one.microscope.fails = [NO_FRAME] * GIVEN_UP
    with pytest.raises(CameraError, match="no frame"):
        made(one)
    assert one.run.stored == {}


def test_an_error_that_no_policy_knows_aborts(loop):
    one = loop()
    one.microscope.fails = [PixelError("odd")]
    with pytest.raises(PixelError):
        made(one)
    assert [(event["kind"], event["action"]) for event in one.events("trouble")] == [("PixelError", "abort")]


def test_suspend_retracts_first_and_leaves_the_run_where_nobody_sits(loop):
    one = loop(policies={"camera": "suspend"})
    one.microscope.fails = [NO_FRAME] * GIVEN_UP
    with pytest.raises(SuspendedError, match="no frame"):
        made(one)
    assert one.microscope.moves[-1] == ("retract",)
    assert [event["event"] for event in one.events("trouble", "suspended")] == ["trouble", "suspended"]


def test_a_person_who_resumes_has_the_same_site_made(loop):
    one = loop(policies={"camera": "suspend"}, attended=True, waits=lambda control: control.resume())
    one.microscope.fails = [NO_FRAME] * GIVEN_UP
    assert made(one) == "stored"
    assert ("retract",) in one.microscope.moves
    assert [event["event"] for event in one.events("suspended", "resumed", "stored")] == [
        "suspended",
        "resumed",
        "stored",
    ]


@pytest.mark.parametrize("action", ["retry", "skip"])
def test_with_the_latch_set_nothing_is_tried_again_and_no_site_is_left_for_the_next(loop, action):
    one = loop(policies={"camera": [action, "abort"]})
    one.microscope.state.latch("the drive stalled")
    one.microscope.fails = [NO_FRAME] * TRIES
    with pytest.raises(SuspendedError):
        made(one)
    assert one.events("trouble")[0]["action"] == "suspend"


def test_so_many_sites_skipped_in_a_row_are_no_accident(loop):
    one = loop(sites=SKIPS_IN_A_ROW + 1, policies={"limits": "skip"})
    one.judge.z_um = lambda _visit: 1e6
    for number in range(SKIPS_IN_A_ROW):
        assert made(one, number) == "skipped"
    with pytest.raises(SuspendedError):
        made(one, SKIPS_IN_A_ROW)


def test_a_stored_site_between_skipped_ones_begins_the_count_anew(loop):
    one = loop(sites=2 * SKIPS_IN_A_ROW + 1, policies={"limits": "skip"})
    for number in range(2 * SKIPS_IN_A_ROW + 1):
        far = number != SKIPS_IN_A_ROW
        one.judge.z_um = lambda _visit, far=far: 1e6 if far else 5.0
        assert made(one, number) == ("skipped" if far else "stored")


def test_a_target_outside_the_limits_moves_nothing(loop):
    one = loop(policies={"limits": "abort"})
    one.judge.z_um = lambda _visit: 1e6
    with pytest.raises(LimitError):
        made(one)
    assert one.microscope.moves == []


@pytest.mark.parametrize("error", [HaltedError("halted"), BrokenOffError("paused")])
def test_what_a_person_wishes_is_no_failure(loop, error):
    one = loop(policies={"camera": "skip"})
    one.microscope.fails = [error]
    with pytest.raises(type(error)):
        made(one)
    assert one.events("trouble") == []


def test_a_frame_taken_beside_its_site_is_refused_and_the_stack_taken_anew(loop):
    one = loop()
    one.microscope.beside_um = 30.0
    sound = one.microscope.move_xy

    def moves(x_um, y_um):
        one.microscope.beside_um = 0.0 if one.microscope.exposed else 30.0
        sound(x_um, y_um)

    one.microscope.move_xy = moves
    assert made(one) == "stored"
    assert one.events("trouble")[0]["kind"] == "misplaced"
    assert one.run.read("0001", "10x").position.x == pytest.approx(100.0)


class TestASecondTry:
    """A stack that the judge finds wanting."""

    def test_is_taken_where_the_judge_says_and_kept_without_a_flag_when_it_is_good(self, loop):
        one = loop(judge=PlainJudge(Look(fault="at the end", better_um=7.0)))
        assert made(one) == "stored"
        assert one.run.read("0001", "10x").z_um == (6.0, 7.0, 8.0)
        assert one.run.stored["0001", "10x"]["flag"] == ""
        assert [event["says"] for event in one.events("reshot")] == ["at the end"]

    def test_is_found_by_a_wider_stack_when_the_first_cannot_tell(self, loop):
        judge = PlainJudge(Look(fault="shows nothing"), Look(better_um=2.0))
        assert made(loop(judge=judge)) == "stored"
        first, wide, second = judge.seen_um
        assert (len(first), len(wide)) == (3, 3 + 2 * WIDER_PLANES)
        assert second == [1.0, 2.0, 3.0]

    def test_that_is_no_better_is_kept_with_its_flag_and_there_is_no_third(self, loop):
        judge = PlainJudge(Look(fault="a"), Look(), Look(fault="still wrong"))
        one = loop(judge=judge)
        assert made(one) == "stored"
        assert one.run.stored["0001", "10x"]["flag"] == "still wrong"
        assert len(judge.seen_um) == 3


class TestADiskThatIsFull:
    """When the stack before could not be written."""

    @staticmethod
    def full_for(one, looks):
        """Room for nothing at so many looks."""
        left = iter([0] * looks)
        object.__setattr__(one.run, "free_bytes", lambda _folder: next(left, 10**12))
        return one

    def test_no_stack_is_lost_and_none_is_there_twice(self, loop):
        full = self.full_for(loop(policies={"store": ["retry", "abort"]}), 1)
        for number in range(3):
            full.work.make(full.visits[number])
        full.work.settle()
        assert [event["site"] for event in full.events("stored")] == ["0001", "0002", "0003"]
        assert [event["kind"] for event in full.events("trouble")] == ["store"]

    def test_a_stack_that_is_the_last_is_waited_for_by_the_same_policy(self, loop):
        full = self.full_for(loop(policies={"store": ["retry", "abort"]}), 2)
        full.work.make(full.visits[0])
        with pytest.raises(StoreError, match="make room"):
            full.work.settle()
        assert [event["action"] for event in full.events("trouble")] == ["retry", "abort"]

    def test_trouble_of_the_disk_is_told_of_the_stack_it_belongs_to_and_costs_no_other(self, loop):
        full = self.full_for(loop(policies={"store": ["skip"]}), 1)
        for number in range(3):
            full.work.make(full.visits[number])
        full.work.settle()
        assert [event["site"] for event in full.events("trouble")] == ["0001"]
        assert [event["site"] for event in full.events("stored")] == ["0002", "0003"]


def test_a_preview_that_fails_costs_no_stack(loop):
    def failing(_visit, _planes):
        raise RuntimeError("the window is gone")

    one = loop(seen=failing)
    one.work.make(one.visits[0])
    one.work.settle()
    assert [event["site"] for event in one.events("stored")] == ["0001"]
    assert one.events("not_shown")[0]["says"] == "the window is gone"


def test_what_must_be_done_before_a_site_is_tried_again_as_the_site_is(loop):
    one, failures = loop(), [NO_FRAME]

    def work():
        if failures:
            raise failures.pop()

    one.work.prepare(one.visits[0], work)
    assert [event["action"] for event in one.events("trouble")] == ["retry"]


def test_a_beginning_that_would_be_skipped_suspends_for_nothing_after_it_can_be_made(loop):
    one = loop(policies={"misplaced": "skip"})

    def work():
        raise MisplacedError("moved")

    with pytest.raises(SuspendedError, match="could not begin at site 0001"):
        one.work.prepare(one.visits[0], work)


def test_a_failed_motion_is_never_skipped(loop):
    one = loop()

    def work():
        raise DeviceError("stalled")

    with pytest.raises(SuspendedError, match="stalled"):
        one.work.prepare(one.visits[0], work)


def test_each_stack_that_was_kept_is_shown_once(loop):
    shown = []
    one = loop(seen=lambda visit, planes: shown.append((visit.site, len(planes))), judge=PlainJudge(Look(fault="x")))
    made(one)
    assert shown == [("0001", 3)]
