import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.scale import bar_length, length_text, objective_text


@given(st.floats(1e-4, 1e4), st.floats(20, 400))
def test_a_bar_is_the_longest_round_length_that_fits(unit_per_px, longest_px):
    length = bar_length(unit_per_px, longest_px)
    assert length / unit_per_px <= longest_px * (1 + 1e-6)
    assert length / unit_per_px > longest_px / 2.5 * (1 - 1e-6)
    mantissa = length / 10 ** math.floor(math.log10(length) + 1e-9)
    assert any(math.isclose(mantissa, step, rel_tol=1e-6) for step in (1, 2, 5))


@pytest.mark.parametrize(
    ("length", "unit", "text"),
    [(50.0, "µm", "50 µm"), (0.5, "µm", "0.5 µm"), (2000.0, "µm", "2 mm"), (2000.0, "px", "2000 px")],
)
def test_lengths_are_said_as_people_say_them(length, unit, text):
    assert length_text(length, unit) == text


@pytest.mark.parametrize(
    ("name", "text"), [("40x", "40×"), ("2.5x", "2.5×"), ("oil lens", "oil lens"), ("40", "40"), ("max", "max")]
)
def test_only_magnifications_get_the_sign(name, text):
    assert objective_text(name) == text
