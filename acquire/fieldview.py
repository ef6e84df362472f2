"""What an objective sees of the slide: where its field lies for a stage position, turned and offset as calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from acquire.errors import PlanError
from acquire.fields import Point
from calibration.optics import Rig
from calibration.record import Calibration

Matrix = tuple[tuple[float, float], tuple[float, float]]
Points = NDArray[np.float64]
CORNERS = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
"""Of a field, in fields from its middle; round it in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """The field of one objective.

    With the stage at p, the point of the slide seen u pixels off the middle of the field is ``p - c + S u``.

    Parameters
    ----------
    stage_um_per_px : 2×2 tuple
        S.
    parcentric_um : (float, float)
        c, relative to the reference objective of the calibration.
    size_px : (int, int)
        Columns and rows of the field.
    """

    stage_um_per_px: Matrix
    parcentric_um: Point
    size_px: tuple[int, int]

    @property
    def pixel_um(self) -> float:
        """Side of a pixel at the slide: the square root of its area."""
        return float(np.sqrt(abs(np.linalg.det(np.array(self.stage_um_per_px)))))

    def outline_um(self, stage_um: Point) -> Points:
        """Corners of the field on the slide for a stage position, in order round it; shape (4, 2)."""
        return self.slide_um(np.array(CORNERS) * self.size_px, stage_um)

    def slide_um(self, offsets_px: ArrayLike, stage_um: Point) -> Points:
        """Points of the slide seen at offsets from the middle of the field, both of shape (n, 2)."""
        offsets = np.asarray(offsets_px, dtype=np.float64)
        seen: Points = offsets @ np.array(self.stage_um_per_px).T + stage_um - np.array(self.parcentric_um)
        return seen

    def offsets_px(self, points_um: ArrayLike, stage_um: Point) -> Points:
        """Offsets from the middle of the field at which points of the slide are seen, both of shape (n, 2)."""
        away = np.asarray(points_um, dtype=np.float64) - stage_um + np.array(self.parcentric_um)
        seen: Points = away @ np.linalg.inv(np.array(self.stage_um_per_px)).T
        return seen

    def centred_um(self, point_um: Sequence[float]) -> Point:
        """Stage position at which a point of the slide is seen in the middle of the field."""
        return point_um[0] + self.parcentric_um[0], point_um[1] + self.parcentric_um[1]


def view_of(rig: Rig, calibration: Calibration | None, objective: str) -> FieldView:
    """Return the field of an objective: as calibrated, or nominal, straight and centred without a calibration.

    Raises
    ------
    PlanError
        When the calibration does not know the objective.
    """
    if calibration is None:
        pixel_um = rig.pixel_um(objective)
        straight = ((pixel_um, 0.0), (0.0, pixel_um))
        return FieldView(stage_um_per_px=straight, parcentric_um=(0.0, 0.0), size_px=rig.camera.size_px)
    measured = calibration.objectives.get(objective)
    if measured is None:
        raise PlanError(
            f"objective {objective} is not in the calibration, which knows {list(calibration.objectives)}: calibrate "
            "with all objectives of the plan"
        )
    x_um, y_um = (axis.value for axis in measured.parcentric_um)
    return FieldView(stage_um_per_px=measured.stage_um_per_px, parcentric_um=(x_um, y_um), size_px=rig.camera.size_px)


def slack_um(inner: FieldView, inner_stage_um: Point, outer: FieldView, outer_stage_um: Point) -> float:
    """How far the nearest corner of one field lies inside the edges of another, in µm; negative when outside.

    Fields are convex, so when the corners of one lie inside the other it lies there whole.
    """
    seen = outer.offsets_px(inner.outline_um(inner_stage_um), outer_stage_um)
    left_px = np.array(outer.size_px) / 2 - np.abs(seen)
    return float(left_px.min()) * outer.pixel_um
