"""Pixel sizes by something of known length in the picture: a stage micrometer or a USAF target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from calibration.bandwidth import green
from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.grating import measure_grating
from calibration.interval import around, student_t
from calibration.mtf import measure_target
from calibration.record import Measured, ObjectiveCalibration
from calibration.targetplace import TargetPlace

FEWEST_FRAMES = 3

MODEL_SHARE = 1e-4
"""Of a pixel size: what pixels, lateral colour and the edges of lines may add alike to all frames (95 %). Fifteen
simulated frames through either lens, at any turn, erred by 0.008 % at most. The maker's tolerance is not in it."""

TWO_SIGMA = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """What has a known length.

    Parameters
    ----------
    kind : {'micrometer', 'usaf'}
        Even lines, or the target USAF 1951 in a layout that `usaf.LAYOUTS` knows.
    pitch_um : float
        From line to line of a micrometer.
    """

    kind: Literal["micrometer", "usaf"]
    pitch_um: float = 10.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.pitch_um) and self.pitch_um > 0):
            raise MeasurementError(f"the pitch was given as {self.pitch_um} µm: give a number above 0, such as 10")


def pixel_um_by(ruler: Ruler, frames: Sequence[Pixels], expected_um: float) -> Measured:
    """Measure the pixel size on pictures of a ruler, whichever way it lies.

    Parameters
    ----------
    ruler : Ruler
        What is seen.
    frames : sequence of ndarray of uint8 or uint16, shape (rows, columns, 3)
        Corrected, at least three, each with the ruler a little elsewhere on the camera.
    expected_um : float
        Pixel size good to 5 %: the nominal one.

    Returns
    -------
    Measured
        The mean of all frames that show it. Its interval holds their scatter, how well the target fits its layout, and
        0.01 %.

    Raises
    ------
    MeasurementError
        When fewer than three frames show the ruler, or show another.
    """
    read, said = [], ""
    for frame in frames:
        try:
            read.append(read_frame(ruler, frame, expected_um))
        except MeasurementError as error:  # a frame that shows too little of it: the others will do
            said = f"; {error}"
    if len(read) < FEWEST_FRAMES:
        raise MeasurementError(
            f"{len(read)} of {len(frames)} frames show the {ruler.kind} and {FEWEST_FRAMES} are needed{said}"
        )
    each = np.array(read)
    value, layout = (float(column.mean()) for column in each.T)
    scatter = student_t(len(each) - 1) * float(each[:, 0].std(ddof=1)) / np.sqrt(len(each))
    return around(value, float(np.hypot(scatter, np.hypot(layout, MODEL_SHARE * value))))


def refined(by_stage: ObjectiveCalibration, by_ruler: Measured) -> ObjectiveCalibration:
    """Put the pixel size of a ruler in place of the one by moves of the stage.

    The matrix S takes its scale too, unless the two disagree beyond both intervals: the µm of that stage are then none,
    and its moves go on being counted in them.

    Parameters
    ----------
    by_stage : ObjectiveCalibration
        As measured by moves.
    by_ruler : Measured
        From `pixel_um_by`.
    """
    if disagree(by_stage.pixel_um, by_ruler):
        return replace(by_stage, pixel_um=by_ruler)
    scale = by_ruler.value / by_stage.pixel_um.value
    (xx, xy), (yx, yy) = by_stage.stage_um_per_px
    matrix = (scale * xx, scale * xy), (scale * yx, scale * yy)
    return replace(by_stage, pixel_um=by_ruler, stage_um_per_px=matrix)


def disagree(one: Measured, other: Measured) -> bool:
    """Whether the 95 % intervals of two measurements have nothing in common."""
    return one.interval95[1] < other.interval95[0] or other.interval95[1] < one.interval95[0]


def read_frame(ruler: Ruler, frame: Pixels, expected_um: float) -> tuple[float, float]:
    """Read the pixel size off one frame, and how far (95 %) the target's own layout may have moved it; see above.

    Raises
    ------
    MeasurementError
        When the frame does not show the ruler.
    """
    if ruler.kind == "micrometer":
        grating = measure_grating(green(frame), ruler.pitch_um / expected_um)
        return ruler.pitch_um / grating.period_px, 0.0
    place = measure_target(frame, expected_um).place
    return place.pixel_um, place.pixel_um * TWO_SIGMA * _layout_share(place, frame)


def _layout_share(place: TargetPlace, frame: Pixels) -> float:
    """Return the standard error of a scale fitted to points that miss their places: `rms_px` over their own spread."""
    rows, columns = frame.shape[:2]
    seen = np.array([place.point_px(square.centre_um) for square in place.squares])
    seen = seen[(seen.real > 0) & (seen.real < columns) & (seen.imag > 0) & (seen.imag < rows)]
    return float(place.rms_px / (np.sqrt(2 * place.agreeing) * np.sqrt(np.mean(np.abs(seen - seen.mean()) ** 2))))
