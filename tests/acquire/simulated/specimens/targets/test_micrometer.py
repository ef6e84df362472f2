import numpy as np
import pytest

from acquire.simulated.specimens.targets.micrometer import (
    DIVISION_UM,
    DIVISIONS,
    LINE_UM,
    StageMicrometer,
    line_length_um,
)
from acquire.simulated.specimens.window import Window
from tests.acquire.simulated.specimens.targets.test_targets import amplitude

CHROME = 10**-1.35
PITCH_UM = 0.1
STRAIGHT = StageMicrometer()


def coverage_round(scale, x_um, y_um, columns, rows):
    window = Window(
        column=round(x_um / PITCH_UM) - columns // 2,
        row=round(y_um / PITCH_UM) - rows // 2,
        columns=columns,
        rows=rows,
        pitch_um=PITCH_UM,
    )
    return (1 - amplitude(scale, window)) / (1 - CHROME), window


@pytest.mark.parametrize("number", [0, 5, 37, 50, 100])
def test_each_line_lies_at_its_tens_of_micrometres(number):
    coverage, window = coverage_round(STRAIGHT, 10.0 * number, 500.0, 60, 4)
    assert (coverage * window.x_um).sum() / coverage.sum() == pytest.approx(10.0 * number, abs=0.005)
    assert coverage.sum() / 4 * PITCH_UM == pytest.approx(LINE_UM, abs=0.01)


@pytest.mark.parametrize(("number", "length_um"), [(0, 80), (95, 60), (51, 40)])
def test_fifth_and_tenth_lines_are_longer(number, length_um):
    x_um, y_um = STRAIGHT.line_um(number)
    coverage, _ = coverage_round(STRAIGHT, x_um, y_um, 4, 1000)
    assert coverage.sum() / 4 * PITCH_UM == pytest.approx(length_um, abs=0.1)
    assert line_length_um(number) == length_um


@pytest.mark.parametrize("number", [-1, DIVISIONS + 1])
def test_beyond_its_ends_there_is_glass(number):
    coverage, _ = coverage_round(STRAIGHT, DIVISION_UM * number, 500.0, 60, 60)
    assert np.abs(coverage).max() < 1e-3


def test_a_turned_scale_has_its_lines_where_it_says():
    scale = StageMicrometer(rotation_deg=-12.0, centre_um=(310.0, 45.0))
    x_um, y_um = scale.line_um(73)
    coverage, window = coverage_round(scale, x_um, y_um, 60, 60)
    turn = np.deg2rad(-12.0)
    along_scale = (window.x_um - x_um) * np.cos(turn) + (window.y_um[:, None] - y_um) * np.sin(turn)
    along_line = (window.y_um[:, None] - y_um) * np.cos(turn) - (window.x_um - x_um) * np.sin(turn)
    near = (np.abs(along_scale) < 2) & (np.abs(along_line) < 2)
    assert (coverage * along_scale)[near].sum() / coverage[near].sum() == pytest.approx(0, abs=0.005)
    assert np.hypot(x_um - 310, y_um - 45) == pytest.approx(230)
