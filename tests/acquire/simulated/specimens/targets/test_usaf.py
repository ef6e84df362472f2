from itertools import combinations

import numpy as np
import pytest

from acquire.simulated.specimens.targets.usaf import ELEMENTS, GROUPS, Usaf, bar_um, frequency
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError
from tests.acquire.simulated.specimens.targets.test_targets import amplitude

CHROME = 10**-1.35
PITCH_UM = 0.05
HORIZONTAL, VERTICAL = slice(0, 3), slice(3, 6)
TURNED = Usaf(rotation_deg=33.0, centre_um=(300.2, -80.7))


def seen_from(target, bar, half_um):
    """Coverage round a bar's centre with the coordinates along and across it of each pixel."""
    x, y = bar.centre_um
    side = 2 * int(half_um / PITCH_UM) + 2
    window = Window(
        column=int(np.floor(x / PITCH_UM)) - side // 2 + 1,
        row=int(np.floor(y / PITCH_UM)) - side // 2 + 1,
        columns=side,
        rows=side,
        pitch_um=PITCH_UM,
    )
    coverage = (1 - amplitude(target, window)) / (1 - CHROME)
    east, south = window.x_um - x, window.y_um[:, None] - y
    along = east * bar.along[0] + south * bar.along[1]
    return coverage if target.positive else 1 - coverage, along, south * bar.along[0] - east * bar.along[1]


def wave(target, group, element, bars):
    """Of the coverage at the element's own frequency round its middle bar; sharp bars where they should be give 1."""
    middle = target.bars(group, element)[bars][1]
    width = middle.width_um
    coverage, along, across = seen_from(target, middle, 7 * width)
    near = np.clip((4.0 * width - np.abs(across)) / PITCH_UM, 0, 1) * np.clip(
        (4.0 * width - np.abs(along)) / PITCH_UM, 0, 1
    )
    seen = np.sum(coverage * near * np.exp(-2j * np.pi * frequency(group, element) * across)) * PITCH_UM**2
    return seen / (15 * width**2 * np.sinc(0.5))


@pytest.mark.parametrize(("group", "element", "line_pairs"), [(8, 1, 256), (9, 4, 724.08), (11, 6, 3649.12)])
def test_line_pairs_per_mm_are_those_of_the_standard(group, element, line_pairs):
    assert 1000 * frequency(group, element) == pytest.approx(line_pairs, abs=0.01)


@pytest.mark.parametrize(("group", "element"), [(7, 1), (12, 1), (8, 0), (8, 7)])
def test_an_element_that_is_not_there_is_refused(group, element):
    with pytest.raises(RigError, match=f"element {element} of group {group}"):
        Usaf().bars(group, element)


@pytest.mark.parametrize("target", [Usaf(), TURNED])
@pytest.mark.parametrize(("group", "element"), [(8, 1), (8, 5), (9, 6)])
def test_each_bar_lies_where_it_is_said_to_lie(target, group, element):
    for bar in target.bars(group, element):
        coverage, along, across = seen_from(target, bar, 4 * bar.width_um)
        coverage[(np.abs(across) > bar.width_um) | (np.abs(along) > 4 * bar.width_um)] = 0
        assert (coverage * along).sum() / coverage.sum() == pytest.approx(0, abs=0.01)
        assert (coverage * across).sum() / coverage.sum() == pytest.approx(0, abs=0.01)
        assert coverage.sum() * PITCH_UM**2 == pytest.approx(bar.width_um * bar.length_um, rel=0.02)


@pytest.mark.parametrize("target", [Usaf(), TURNED, Usaf(positive=False)])
@pytest.mark.parametrize("bars", [HORIZONTAL, VERTICAL])
@pytest.mark.parametrize(("group", "element"), [(8, 2), (9, 3), (10, 1), (10, 6), (11, 1), (11, 4), (11, 6)])
def test_bars_of_all_elements_lie_in_step_within_ten_nanometres(target, bars, group, element):
    phase = np.angle(wave(target, group, element, bars))
    assert phase / (2 * np.pi * frequency(group, element)) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("target", [Usaf(), TURNED, Usaf(positive=False)])
@pytest.mark.parametrize("bars", [HORIZONTAL, VERTICAL])
@pytest.mark.parametrize(("group", "element"), [(9, 3), (10, 1), (10, 6), (11, 2), (11, 4), (11, 6)])
def test_bars_hold_the_contrast_of_sharp_ones(target, bars, group, element):
    assert abs(wave(target, group, element, bars)) == pytest.approx(1, abs=0.015)


def test_horizontal_bars_are_named_from_the_top_and_vertical_ones_from_the_left():
    bars = Usaf().bars(9, 2)
    assert np.diff([bar.centre_um[1] for bar in bars[HORIZONTAL]]) == pytest.approx(2 * bar_um(9, 2))
    assert np.diff([bar.centre_um[0] for bar in bars[VERTICAL]]) == pytest.approx(2 * bar_um(9, 2))


def test_squares_of_bars_keep_three_bar_widths_apart():
    squares = [
        (np.array(Usaf().bars(group, element)[middle].centre_um), bar_um(group, element))
        for group in GROUPS
        for element in ELEMENTS
        for middle in (1, 4)
    ]
    for (one, one_width), (other, other_width) in combinations(squares, 2):
        gap = np.abs(one - other).max() - 2.5 * (one_width + other_width)
        assert gap > 2.99 * min(one_width, other_width)


def test_the_target_reaches_no_farther_than_it_says():
    bars = [bar for group in GROUPS for element in ELEMENTS for bar in Usaf().bars(group, element)]
    corners = [
        np.array(bar.centre_um) - 500 + 0.5 * np.array(bar.along) * end + 0.5 * np.array(bar.along)[::-1] * side
        for bar in bars
        for end in (-bar.length_um, bar.length_um)
        for side in (-bar.width_um, bar.width_um)
    ]
    assert 43 < np.hypot(*np.transpose(corners)).max() < 44
