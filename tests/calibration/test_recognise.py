"""Recognising a place: drawn textures whose place and turn are known."""

import cv2
import numpy as np
import pytest

from calibration.bandwidth import decimate
from calibration.recognise import COARSER, RECOGNISED_NCC, pattern, recognise
from calibration.rigid import rotation

RATIO = 2.5
SIDE_PX = 1600
HIGH_PX = 400


def texture(seed):
    """Blobs of all sizes, as grey levels."""
    rng = np.random.default_rng(seed)
    fine = sum(
        cv2.GaussianBlur(rng.normal(size=(SIDE_PX, SIDE_PX)).astype(np.float32), (0, 0), sigma) * sigma
        for sigma in (2, 4, 8, 16)
    )
    return np.clip(150 + 40 * fine / fine.std(), 0, 255).astype(np.float32)


def as_picture(plane):
    return np.repeat(np.rint(plane).astype(np.uint8)[..., None], 3, axis=2)


def look(plane, offset_px, turn_deg):
    """A sharp picture whose middle lies off the texture's, in its own pixels, and which is turned."""
    turn = rotation(turn_deg)
    middle = np.array([(SIDE_PX - 1) / 2, (SIDE_PX - 1) / 2]) + offset_px
    first = middle - turn @ [(HIGH_PX - 1) / 2, (HIGH_PX - 1) / 2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return as_picture(cv2.warpAffine(plane, np.column_stack([turn, first]), (HIGH_PX, HIGH_PX), flags=flags))


@pytest.fixture(scope="module")
def plane():
    return texture(1)


@pytest.fixture(scope="module")
def low(plane):
    return pattern(as_picture(decimate(plane, RATIO)))


def patterned(picture):
    return pattern(picture, coarser=COARSER * RATIO)


@pytest.mark.truth
@pytest.mark.parametrize("turn_deg", [0.0, -1.0, 2.2, 3.5])
@pytest.mark.parametrize("offset_px", [(0, 0), (400, -350), (-520, 90)])
def test_the_place_is_found_to_two_pixels_however_it_is_turned(plane, low, offset_px, turn_deg):
    found = recognise(patterned(look(plane, offset_px, turn_deg)), low, np.eye(2))
    assert found.ncc > RECOGNISED_NCC
    assert found.offset_px == pytest.approx(np.array(offset_px) / RATIO, abs=2.5)


@pytest.mark.truth
def test_a_turn_that_is_known_beforehand_is_undone(plane, low):
    found = recognise(patterned(look(plane, (100, 200), 20.0)), low, rotation(20.0))
    assert found.ncc > RECOGNISED_NCC
    assert found.offset_px == pytest.approx((40, 80), abs=2.5)


@pytest.mark.parametrize("seed", range(2, 8))
def test_another_place_is_not_recognised(low, seed):
    assert recognise(patterned(look(texture(seed), (0, 0), 0.0)), low, np.eye(2)).ncc < RECOGNISED_NCC


def test_empty_glass_is_not_recognised(low):
    blank = np.full((HIGH_PX, HIGH_PX, 3), 230, np.uint8)
    assert recognise(patterned(blank), low, np.eye(2)).ncc < RECOGNISED_NCC
