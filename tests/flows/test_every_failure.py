"""Every failure, once each and under every policy: what happens is what docs/reference/failures.md says.

The others than the quick ones carry the marker `truth`; `python -m benchmarks.failures --write` writes the page.
"""

import pytest

from acquire.policy import ACTIONS, ALLOWED, DEFAULTS
from acquire.simulated.failures import KINDS
from benchmarks.failures import cases, key, page_rows, quick, row
from tests.flows.trouble import Case, devices, lived_through

pytestmark = pytest.mark.core
LATCHING = {"motion", "turret", "camera_hangs"}
"""Classes of error after which nobody knows where the lens stands."""
REFUSED = ("suspended", "LatchedError")
UNSEEN = Case(failure="stage_lies")
"""The one that no device shows, where no pictures are compared."""


def name(case):
    return " ".join(key(case)).replace("`", "")


@pytest.fixture(scope="module")
def real():
    """Devices with either camera: one at a time, since a process has one core; cases are ordered by it."""
    opened = {}

    def give(gated):
        if gated not in opened:
            for context, _ in opened.values():
                context.__exit__(None, None, None)
            opened.clear()
            context = devices(gated=gated)
            opened[gated] = context, context.__enter__()
        return opened[gated][1]

    yield give
    for context, _ in opened.values():
        context.__exit__(None, None, None)


@pytest.fixture(scope="module")
def page():
    return page_rows()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name(case), marks=() if quick(case) else pytest.mark.truth)
        for case in sorted(cases(), key=lambda case: case.gated)
    ],
)
def test_what_happens_is_what_the_page_says_and_the_same_capture_goes_on(case, real, page, tmp_path):
    outcome = lived_through(case, real(case.gated), tmp_path)
    assert outcome.struck
    assert outcome.broken == ()
    assert outcome.latched == bool(LATCHING & set(outcome.kinds))
    assert not outcome.latched or outcome.unattended in REFUSED
    assert (outcome.again, outcome.again_done) == ("finished", case.visits)
    assert bool(outcome.wrong and not outcome.flagged) == (case == UNSEEN)
    assert row(case, outcome) == page.get(key(case))


def test_every_failure_and_every_policy_of_its_class_has_a_row(page):
    assert set(page) == {key(case) for case in cases()}
    assert {failure.strip("`") for failure, _, _ in page} == set(KINDS)
    for kind, allowed in ALLOWED.items():
        told = {policy for _, _, policy in page if policy.startswith(f"{kind}: ")}
        if told:
            assert told == {f"{kind}: {action}" for action in allowed[0] if action != DEFAULTS[kind][0]}
    for kind in ("camera", "misplaced", "store"):
        told = {policy.split(": ")[1] for _, _, policy in page if policy.startswith(f"{kind}: ")}
        assert told == set(ACTIONS) - {DEFAULTS[kind][0]}


def test_every_failure_is_lived_through_at_every_change():
    assert {case.failure for case in cases() if quick(case)} == set(KINDS)
