"""The layouts of USAF targets, against the simulated one and against a real template's picture."""

from itertools import product

import pytest

from acquire.simulated.specimens.targets.usaf import Usaf
from calibration.errors import MeasurementError
from calibration.usaf import COMPACT, STANDARD, cycles_per_mm, named, nearest_rank, rank

GROUPS, ELEMENTS = range(8, 12), range(1, 7)


@pytest.mark.parametrize(("group", "element"), [*product(GROUPS, ELEMENTS)])
def test_the_compact_layout_is_that_of_the_simulated_target(group, element):
    bars = Usaf(centre_um=(0.0, 0.0)).bars(group, element)
    squares = {s.horizontal: s for s in COMPACT.squares() if (s.group, s.element) == (group, element)}
    for horizontal, middle, last in ((True, bars[1], bars[2]), (False, bars[4], bars[5])):
        square = squares[horizontal]
        assert square.centre_um == pytest.approx(complex(*middle.centre_um), abs=1e-9)
        across = complex(*last.centre_um) - complex(*middle.centre_um)
        assert abs((across / square.across_um).imag) < 1e-9
        assert abs(across) == pytest.approx(square.period_um)


@pytest.mark.parametrize(
    ("group", "element", "line_pairs"), [(-2, 1, 0.25), (4, 1, 16), (7, 6, 228.07), (11, 4, 2896.31)]
)
def test_line_pairs_per_mm_are_those_of_the_standard(group, element, line_pairs):
    assert cycles_per_mm(group, element) == pytest.approx(line_pairs, abs=0.005)


def test_an_element_that_no_group_has_is_refused():
    with pytest.raises(MeasurementError, match="elements 1 to 6"):
        cycles_per_mm(4, 7)


@pytest.mark.parametrize(("group", "element"), [*product((-2, 0, 7, 11), ELEMENTS)])
def test_rank_name_and_period_undo_each_other(group, element):
    assert named(rank(group, element)) == (group, element)
    assert nearest_rank(1000 / cycles_per_mm(group, element) * 1.04) == rank(group, element)


def test_pairs_of_groups_are_copies_four_times_finer():
    squares = {(s.group, s.element, s.horizontal): s.centre_um for s in STANDARD.squares()}
    for (group, element, horizontal), centre in squares.items():
        if group + 2 <= STANDARD.groups[1]:
            assert squares[group + 2, element, horizontal] == pytest.approx(centre / 4, abs=1e-9)


def test_no_two_squares_of_a_layout_overlap():
    for layout in (STANDARD, COMPACT):
        squares = [s for s in layout.squares() if s.group >= 8]
        for number, one in enumerate(squares):
            for other in squares[number + 1 :]:
                apart = one.centre_um - other.centre_um
                room = 1.25 * (one.period_um + other.period_um)
                assert max(abs(apart.real), abs(apart.imag)) > room
