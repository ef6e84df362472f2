import numpy as np

from acquire.simulated.specimens.curves import sparse, step

X = np.linspace(-3, 3, 601, dtype=np.float32)


def test_a_step_rises_from_nothing_to_all_between_its_ends():
    share = step(X, -1.0, 2.0)
    assert np.all(share[X <= -1] == 0)
    assert np.all(share[X >= 2] == 1)
    assert np.all(np.diff(share) >= 0)
    assert share[350] == np.float32(0.5)


def test_sparse_shares_rise_with_the_noise_and_are_mostly_low():
    share = sparse(X, 2.0)
    assert np.all(np.diff(share) > 0)
    assert share[0] > 0
    assert share[-1] < 1
    assert share[300] == np.float32(0.25)


def test_neither_curve_changes_what_it_is_given():
    given = X.copy()
    step(given, 0.0, 1.0)
    sparse(given, 1.0)
    assert np.array_equal(given, X)
