"""Pairs of one run are measured against each other: one turret, one camera, one transform."""

import numpy as np

from calibration.register import Registration
from enhance.candidates import FEWEST_OF_A_RUN, Candidate, compare, explain


def registration(turn_deg: float) -> Registration:
    angle = np.deg2rad(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0]])
    return Registration(
        matrix=turn,
        residual_px=0.01,
        residual_p95_px=0.02,
        high_pass_ncc=0.99,
        energy_ratio=1.0,
        textured_fraction=1.0,
        accepted=True,
        reason="",
    )


def candidates(turns_deg: list[float]) -> list[Candidate]:
    return [
        Candidate(id=f"A_{i}", run="a", slide="A", site=str(i), registration=registration(turn))
        for i, turn in enumerate(turns_deg)
    ]


def test_a_pair_turned_against_its_run_is_rejected():
    compared = compare(candidates([0.3] * (FEWEST_OF_A_RUN - 1) + [2.0]))
    assert [candidate.accepted for candidate in compared] == [True] * (FEWEST_OF_A_RUN - 1) + [False]
    assert "departs from the session's median" in compared[-1].reason


def test_a_few_pairs_are_no_measure_of_each_other():
    assert all(candidate.accepted for candidate in compare(candidates([0.3] * (FEWEST_OF_A_RUN - 2) + [2.0])))


def test_a_reason_given_before_is_kept_when_the_run_is_compared():
    some = [*candidates([0.3] * FEWEST_OF_A_RUN), Candidate(id="x", run="a", slide="A", site="x", reason="blank")]
    assert compare(some)[-1].reason == "blank"


def test_reasons_that_differ_in_numbers_alone_are_counted_together():
    reasons = ("only 3% is textured: choose", "only 12% is textured: choose", "blank")
    some = [Candidate(id=str(i), run="a", slide="A", site=str(i), reason=says) for i, says in enumerate(reasons)]
    assert explain(some) == "2× only 3% is textured: choose; 1× blank"
