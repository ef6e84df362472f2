from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhance.recipes import FAST, PAPER, Budget, recipe_named


@given(step=st.integers(0, 10**6), progress=st.floats(0, 1))
def test_the_papers_learning_rate_never_changes(step, progress):
    assert PAPER.rate(step, progress=progress) == 1e-4


def test_the_fast_rate_rises_is_held_and_falls_to_zero_over_the_last_fifth():
    assert FAST.rate(0, progress=0) == pytest.approx(FAST.learning_rate / FAST.warm_up_steps)
    assert FAST.rate(FAST.warm_up_steps - 1, progress=0.1) == FAST.learning_rate
    assert FAST.rate(500, progress=0.8) == pytest.approx(FAST.learning_rate)
    assert FAST.rate(500, progress=0.9) == pytest.approx(FAST.learning_rate / 2)
    assert FAST.rate(500, progress=1.0) == 0


@given(steps=st.integers(1, 1000), seconds=st.floats(1, 1e5), step=st.integers(0, 2000), now=st.floats(0, 2e5))
def test_a_budget_is_used_up_by_whichever_limit_comes_first(steps, seconds, step, now):
    used = Budget(steps=steps, seconds=seconds).used(step=step, seconds=now) >= 1
    assert used == (step >= steps or now / seconds >= 1)


def test_fields_that_do_nothing_do_not_change_what_a_recipe_is():
    assert "ema" not in FAST.identity()
    assert replace(FAST, ema=0.5).identity() != FAST.identity()
    assert replace(FAST, batch=5).identity() != FAST.identity()


def test_the_late_batch_is_taken_while_the_rate_falls():
    late = replace(FAST, late_batch=12)
    assert [late.pictures(progress=at) for at in (0.0, 0.79, 0.81, 1.0)] == [4, 4, 12, 12]
    assert {FAST.pictures(progress=at) for at in (0.0, 0.9, 1.0)} == {FAST.batch}


def test_only_srcnn_has_a_rate_of_its_own_and_never_a_higher_one():
    assert recipe_named("fast", "srcnn") == replace(FAST, learning_rate=1e-3)
    assert recipe_named("paper", "srcnn") == PAPER
    for network in ("rivenson", "espcn", "edsr"):
        assert recipe_named("fast", network) == FAST
