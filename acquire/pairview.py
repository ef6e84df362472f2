"""A later objective beside the first one of a run: where its picture lies on the stored one, and how to compare."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from acquire.autofocus import pictures_depend_on_focus
from acquire.fieldview import FieldView, Points, view_of
from acquire.frame import Frame, Pixels
from acquire.runfolder import RunFolder
from calibration.affine import Matrix
from calibration.bandwidth import Plane
from calibration.flatfield import correct
from calibration.recognise import COARSER, Likeness, pattern
from calibration.record import Calibration
from calibration.rigid import Rigid, rotation

LARGEST_TERM = 100
"""Ratios of magnifications are written as fractions with denominators up to this."""

UNMOVED = Rigid()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredPicture:
    """A corrected picture of the first objective, as it was taken before the slide was touched.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns, 3)
        With even light.
    stage_um : ndarray, shape (2,)
        Stage position, as read back.
    white_level : float
        Pixel value of saturation.
    """

    pixels: Pixels
    stage_um: Points
    white_level: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairView:
    """What is needed to compare pictures of one later objective with the stored ones of the first.

    With the slide moved by T since the first pass, the picture taken with the stage at p shows, u pixels off its
    middle, the point s of the slide with ``T s = p - c + S u``; see `FieldView`.

    Parameters
    ----------
    run : RunFolder
        Holds the stacks of the first objective.
    calibration : Calibration or None
        Of the run; without one fields lie straight and centred, and the light is taken as it is.
    objective : str
        The later one.
    low, high : FieldView
        Of the first and of the later objective.
    factor : Fraction
        Nominal pixel size of the first over that of the later one.
    """

    run: RunFolder
    calibration: Calibration | None
    objective: str
    low: FieldView
    high: FieldView
    factor: Fraction

    def picture(self, site: str) -> StoredPicture:
        """Return the middle plane of the first objective at a site.

        Raises
        ------
        StoreError
            When it is not stored, or was changed.
        """
        first = self.run.objectives[0]
        stack = self.run.read(site, first)
        middle = stack.pixels[len(stack.pixels) // 2]
        pixels = even(self.run, first, middle, stack.white_level)
        return StoredPicture(pixels=pixels, stage_um=np.array(stack.position[:2]), white_level=stack.white_level)

    def corrected(self, frame: Frame) -> Pixels:
        """Return a frame of the later objective with even light."""
        return even(self.run, self.objective, frame.pixels, frame.white_level)

    def pattern(self, frame: Frame) -> Plane:
        """Return what a look is recognised by."""
        return pattern(self.corrected(frame), coarser=COARSER * float(self.factor))

    def slide_um(self, frame: Frame, moved: Rigid = UNMOVED) -> Points:
        """Point of the slide in the middle of a frame; shape (2,)."""
        return moved.undo(np.array(frame.position[:2]) - self.high.parcentric_um)

    def expected(self, frame: Frame, low_stage_um: Points, moved: Rigid = UNMOVED) -> Matrix:
        """Map from pixel points of a frame to those of the first objective's picture, by stage and calibration."""
        steps = np.linalg.inv(np.array(self.low.stage_um_per_px))
        linear = steps @ moved.rotation.T @ np.array(self.high.stage_um_per_px)
        seen_px = steps @ (self.slide_um(frame, moved) - low_stage_um + np.array(self.low.parcentric_um))
        return np.column_stack([linear, seen_px + _middle(self.low) - linear @ _middle(self.high)])

    def laid(self, likeness: Likeness, moved: Rigid = UNMOVED) -> Matrix:
        """Map from pixel points of a look to those of the first objective's picture in which it was recognised."""
        linear = rotation(likeness.turn_deg) @ np.linalg.inv(np.array(self.low.stage_um_per_px))
        linear = linear @ moved.rotation.T @ np.array(self.high.stage_um_per_px)
        return np.column_stack([linear, likeness.offset_px + _middle(self.low) - linear @ _middle(self.high)])

    def seen_um(self, matrix: Matrix, low_stage_um: Points) -> Points:
        """Point of the slide in the middle of a frame, by the map that was found; shape (2,)."""
        offset_px = matrix[:, :2] @ _middle(self.high) + matrix[:, 2] - _middle(self.low)
        return self.low_slide_um(offset_px, low_stage_um)

    def low_slide_um(self, offset_px: ArrayLike, low_stage_um: Points) -> Points:
        """Point of the slide that lies off the middle of a picture of the first objective; shape (2,)."""
        steps = np.array(self.low.stage_um_per_px)
        return np.asarray(steps @ np.asarray(offset_px) + low_stage_um - np.array(self.low.parcentric_um))

    def turn_deg(self, matrix: Matrix) -> float:
        """By how much the slide is turned since the first pass, by the map that was found."""
        turned = np.array(self.high.stage_um_per_px) @ np.linalg.inv(np.array(self.low.stage_um_per_px) @ matrix[:, :2])
        return float(np.rad2deg(np.arctan2(turned[1, 0] - turned[0, 1], turned[0, 0] + turned[1, 1])))


def even(run: RunFolder, objective: str, pixels: Pixels, white_level: float) -> Pixels:
    """Return a picture with even light; as it is where the run has no calibration."""
    if run.calibration is None:
        return pixels
    return correct(pixels, run.calibration.corrections[objective], white_level=white_level)


def pair_view(run: RunFolder, objective: str, *, nominal: bool = False) -> PairView | None:
    """Return how an objective's pictures compare with those of the first, or None where they do not.

    They do not for the first objective itself, on a rig that paints the same picture everywhere, and without a
    calibration.

    Parameters
    ----------
    run : RunFolder
        Holds the pictures.
    objective : str
        The later one.
    nominal : bool
        Whether the rig file alone will do where there is no calibration: then what the lens adds to every place, its
        parcentric offset, is not told from a shift of the slide.
    """
    first = run.objectives[0]
    bare = run.calibration is None and not nominal
    if bare or objective == first or not pictures_depend_on_focus(run.rig):
        return None
    magnifications = (run.rig.objective(name).magnification for name in (objective, first))
    ratio = next(magnifications) / next(magnifications)
    return PairView(
        run=run,
        calibration=run.calibration,
        objective=objective,
        low=view_of(run.rig, run.calibration, first),
        high=view_of(run.rig, run.calibration, objective),
        factor=Fraction(ratio).limit_denominator(LARGEST_TERM),
    )


def _middle(view: FieldView) -> Points:
    return (np.array(view.size_px) - 1) / 2
