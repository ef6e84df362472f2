"""What is asked of a person about oil, in which words, with what on record meanwhile, and what each answer allows."""

from dataclasses import replace

import pytest

from acquire.errors import BrokenOffError, PlanError
from acquire.frame import Position
from acquire.planfile import parse_plan
from acquire.rigstate import RigState
from acquire.runopen import create_run
from acquire.slide import oil_question, slide_allows
from tests.acquire.rigs import small_rig

RIG = small_rig()
DRY, WET = (RIG.objective(name) for name in ("40x", "100x"))


class Stand:
    """A microscope of which only what the oil step asks for is there; it notes the order."""

    def __init__(self, rig=RIG):
        self.rig, self.state = rig, RigState()
        self.did = []

    @property
    def position_um(self):
        return Position(0.0, 0.0, 0.0)

    def retract(self):
        self.did.append("retract")

    def move_xy(self, x_um, y_um):
        self.did.append((x_um, y_um))


@pytest.fixture
def stand():
    return Stand()


def new_run(folder, slide="S1"):
    document = {
        "slide": slide,
        "sites_um": [[100, 100]],
        "objectives": ["40x", "100x"],
        "exposure_ms": {"40x": 8, "100x": 50},
    }
    return create_run(folder, parse_plan(document, RIG), RIG, None)


class Person:
    """Gives the same answer to everything and remembers what was asked, and how the record stood meanwhile."""

    def __init__(self, stand, answer):
        self.stand, self.answer = stand, answer
        self.questions, self.wets = [], []

    def __call__(self, question):
        self.questions.append(question)
        self.wets.append(self.stand.state.record.wet)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def allows(stand, objective, run, answer=True):
    person = Person(stand, answer)
    allowed = slide_allows(objective, microscope=stand, run=run, confirm=person)
    return allowed, person


def events(run):
    return [event["event"] for event in run.journal.events()]


def test_a_dry_slide_is_asked_nothing_and_gets_the_name_of_the_run(stand, tmp_path):
    allowed, person = allows(stand, DRY, new_run(tmp_path / "run"))
    assert (allowed, person.questions, stand.did) == (True, [], [])
    assert stand.state.record.slide == "S1"


def test_oil_is_on_record_before_it_is_asked_for_and_the_lens_retracted(stand, tmp_path):
    run = new_run(tmp_path / "run")
    allowed, person = allows(stand, WET, run)
    assert (allowed, person.wets, stand.did) == (True, ["oiled"], ["retract"])
    assert events(run) == ["oil_asked", "oiled"]


def test_the_stage_goes_to_the_oil_pose_after_the_lens_was_retracted(tmp_path):
    stand = Stand(replace(RIG, oil_pose_um=(9000.0, 100.0)))
    allows(stand, WET, new_run(tmp_path / "run"))
    assert stand.did == ["retract", (9000.0, 100.0)]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("upright", "one drop of oil on the cover glass"),
        ("inverted", "one drop of oil on the front lens of 100x/1.40 oil"),
        ("unknown", "Put oil on the slide for 100x/1.40 oil"),
    ],
)
def test_oil_is_asked_for_where_it_belongs(kind, says):
    assert says in oil_question(replace(RIG, stand=kind), WET)


def test_oil_is_asked_for_once_in_a_run(stand, tmp_path):
    run = new_run(tmp_path / "run")
    allows(stand, WET, run)
    assert allows(stand, WET, run)[1].questions == []


def test_oil_is_asked_for_again_when_the_slide_was_cleaned_since(stand, tmp_path):
    run = new_run(tmp_path / "run")
    allows(stand, WET, run)
    stand.state.cleaned()
    assert len(allows(stand, WET, run)[1].questions) == 1


def test_oil_that_is_refused_leaves_a_dry_slide_dry(stand, tmp_path):
    run = new_run(tmp_path / "run")
    allowed, _ = allows(stand, WET, run, answer=False)
    assert (allowed, stand.state.record.wet) == (False, "dry")
    assert allows(stand, DRY, run)[1].questions == []


def test_a_slide_counts_as_oiled_when_the_program_dies_over_the_question(stand, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        allows(stand, WET, new_run(tmp_path / "run"), answer=KeyboardInterrupt())
    assert stand.state.record.wet == "oiled"


def test_a_slide_counts_as_oiled_when_nobody_answers_and_oil_is_asked_for_again(stand, tmp_path):
    run = new_run(tmp_path / "run")
    with pytest.raises(BrokenOffError):
        allows(stand, WET, run, answer=BrokenOffError("nobody answered"))
    assert stand.state.record.wet == "oiled"
    assert len(allows(stand, WET, run)[1].questions) == 1


def test_no_dry_lens_comes_back_in_the_run_that_oiled_the_slide_whatever_is_answered(stand, tmp_path):
    run = new_run(tmp_path / "run")
    allows(stand, WET, run)
    with pytest.raises(PlanError, match="40x is dry and slide S1 lies under oil since this run's oil step"):
        allows(stand, DRY, run)


def test_a_dry_lens_comes_back_when_the_person_has_said_by_themselves_that_the_slide_is_clean(stand, tmp_path):
    run = new_run(tmp_path / "run")
    allows(stand, WET, run)
    stand.state.cleaned()
    assert allows(stand, DRY, run)[0]


@pytest.mark.parametrize(
    ("slide", "asks"), [("S1", "Has it been cleaned"), ("S2", "Does S2 lie on the stage now, dry")]
)
def test_another_run_asks_before_a_dry_lens_comes_over_what_an_earlier_one_oiled(stand, tmp_path, slide, asks):
    allows(stand, WET, new_run(tmp_path / "first"))
    run = new_run(tmp_path / "second", slide)
    allowed, person = allows(stand, DRY, run)
    assert (allowed, len(person.questions)) == (True, 1)
    assert "slide S1 was left under oil" in person.questions[0]
    assert asks in person.questions[0]
    assert events(run) == ["dry_asked", "slide_dry"]
    assert (stand.state.record.slide, stand.state.record.lies_wet) == (slide, False)


def test_a_slide_that_is_still_wet_is_refused_and_stays_on_record_as_oiled(stand, tmp_path):
    allows(stand, WET, new_run(tmp_path / "first"))
    run = new_run(tmp_path / "second")
    with pytest.raises(PlanError, match="--slide-cleaned"):
        allows(stand, DRY, run, answer=False)
    assert stand.state.record.wet == "oiled"
    assert events(run) == ["dry_asked", "slide_not_dry"]


def test_after_a_session_that_was_not_closed_a_person_says_whether_the_slide_is_dry(stand, tmp_path):
    run = new_run(tmp_path / "run")
    stand.state.named("S1")
    stand.state.opened()
    stand.state.opened()
    allowed, person = allows(stand, DRY, run)
    assert allowed
    assert "ended without closing" in person.questions[0]
    assert person.questions[0].endswith("Is it dry?")
    assert not stand.state.record.lies_wet
