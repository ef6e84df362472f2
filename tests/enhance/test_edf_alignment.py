"""Planes that drifted or changed in scale are laid on one another before they are fused."""

import cv2
import numpy as np
import pytest

from calibration.affine import apply, shifting
from enhance.alignment import DRIFT_PX, measure_alignment
from enhance.edf import fuse
from enhance.errors import StackError
from enhance.grey import detail_mixture
from enhance.planes import UNMOVED, Planes
from tests.enhance.reliefs import SIDE_PX, psnr_db, relief

CORNERS = np.array([[x, y] for x in (8, SIDE_PX - 9) for y in (8, SIDE_PX - 9)], dtype=float)
WHOLE = slice(0, SIDE_PX), slice(0, SIDE_PX)
DRIFT = ((0.8, -0.3), (0.35, 0.2), (0.0, 0.0), (-0.3, 0.15), (-1.2, 2.4))
BREATHING = (0.985, 0.992, 1.0, 1.007, 1.016)
TURNS_DEG = (-0.2, 0.1, 0.0, -0.1, 0.2)


def shifted(number: int) -> np.ndarray:
    return shifting(*DRIFT[number])


def grown(number: int) -> np.ndarray:
    """Scale and turn about the middle of the picture, then a shift."""
    middle = (SIDE_PX - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), TURNS_DEG[number], BREATHING[number])
    matrix[:, 2] += DRIFT[number]
    return matrix


def moved(planes: np.ndarray, motion) -> np.ndarray:
    """What is seen when a point of the field lies at motion(point) in a plane."""
    back = [cv2.invertAffineTransform(motion(number)) for number in range(len(planes))]
    return Planes(pixels=planes, matrices=np.stack(back)).read(*WHOLE)


def worst_corner_px(planes: np.ndarray, align, motion) -> float:
    found = measure_alignment(planes, detail_mixture(planes), align)
    return max(
        float(np.abs(apply(matrix, CORNERS) - apply(motion(number), CORNERS)).max())
        for number, matrix in enumerate(found)
    )


def test_drift_is_measured_below_the_tenth_of_a_pixel_that_matters():
    planes = moved(relief(6, noise=1.0).planes, shifted)
    assert worst_corner_px(planes, "translation", shifted) < DRIFT_PX


def test_scale_and_turn_are_measured_to_a_fraction_of_a_pixel_at_the_corners():
    planes = moved(relief(6, noise=1.0).planes, grown)
    assert worst_corner_px(planes, "affine", grown) < 0.3  # left alone: 3.8 px


@pytest.mark.parametrize(("align", "motion"), [("translation", shifted), ("affine", grown)])
def test_alignment_restores_what_motion_has_cost(align, motion):
    specimen = relief(7)
    planes = moved(specimen.planes, motion)
    left, aligned, still = fuse(planes), fuse(planes, align=align), fuse(specimen.planes)
    inner = np.s_[8:-8, 8:-8]  # what was moved out of sight does not come back
    scores = [psnr_db(one.image[inner], specimen.sharp[inner]) for one in (left, aligned, still)]
    assert scores[1] > scores[0] + 3
    assert scores[1] > scores[2] - 1.5


@pytest.mark.parametrize("align", ["translation", "affine"])
def test_planes_that_hardly_move_are_not_interpolated(align):
    planes = relief(8).planes
    fused = fuse(planes, align=align)
    if align == "translation":
        assert np.array_equal(fused.matrices, np.repeat(UNMOVED[None], len(planes), axis=0))
        assert np.array_equal(fused.image, fuse(planes).image)
    assert np.abs(fused.drift_px).max() < DRIFT_PX


def test_the_drift_told_is_that_of_the_middle_of_the_picture():
    planes = moved(relief(9).planes, shifted)
    assert np.abs(fuse(planes, align="translation").drift_px - DRIFT).max() < DRIFT_PX


@pytest.mark.parametrize(
    ("planes", "align", "says"),
    [
        (np.zeros((3, 80, 80, 3), np.uint8), "affine", "cannot be laid on plane"),
        (np.zeros((3, 32, 80, 3), np.uint8), "affine", "too small to find their scale"),
        (np.zeros((3, 80, 80, 3), np.uint8), "elastic", "choose one of"),
    ],
)
def test_what_cannot_be_aligned_is_refused_in_words(planes, align, says):
    with pytest.raises(StackError, match=says):
        fuse(planes, align=align)


def test_a_blank_stack_has_no_drift():
    assert not fuse(np.zeros((3, 40, 40, 3), np.uint8), align="translation").drift_px.any()
