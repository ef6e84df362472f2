"""Pixel sizes as Micro-Manager keeps them: the lines of its configuration file, out and in."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.errors import MeasurementError, RecordError
from calibration.optics import Rig
from calibration.record import Calibration, ObjectiveCalibration

LARGEST_DISAGREEMENT = 0.02
"""Between the pixel size measured and Micro-Manager's: more is another lens, relay or binning than it thinks."""

LARGEST_TURN_DEG = 1.0
"""Between Micro-Manager's affine and the one measured: at 1° a move by a field ends 2 % of it beside."""

AFFINE_FIELDS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelSize:
    """What Micro-Manager knows of one objective.

    Parameters
    ----------
    pixel_um : float
        At the specimen.
    stage_um_per_px : ndarray, shape (2, 2), or None
        Its affine without the offset. As in `ObjectiveCalibration` the stage move S · (dx, dy) brings the point seen
        (dx, dy) off centre to the centre: Micro-Manager's own centring moves by -A · (centre - point).
    label : str
        Of the turret position it holds for; empty when it is not told.
    """

    pixel_um: float
    stage_um_per_px: NDArray[np.float64] | None
    label: str = ""


def pixel_size_lines(calibration: Calibration, rig: Rig) -> list[str]:
    """Lines for a Micro-Manager configuration file: ConfigPixelSize, PixelSize_um and PixelSizeAffine by objective.

    Parameters
    ----------
    calibration : Calibration
        As measured.
    rig : Rig
        Gives turret device and labels.

    Returns
    -------
    list of str
        To be put in place of those that the file has.
    """
    lines = []
    for name, measured in calibration.objectives.items():
        (xx, xy), (yx, yy) = measured.stage_um_per_px
        lines += [
            f"ConfigPixelSize,{name},{rig.nosepiece},Label,{rig.objective(name).label}",
            f"PixelSize_um,{name},{measured.pixel_um.value:.9g}",
            f"PixelSizeAffine,{name},{xx:.9g},{xy:.9g},0.0,{yx:.9g},{yy:.9g},0.0",
        ]
    return lines


def read_pixel_sizes(text: str) -> Mapping[str, PixelSize]:
    """Read the pixel sizes out of a Micro-Manager configuration file.

    Parameters
    ----------
    text : str
        Of the file; lines that are not about pixel sizes are passed over.

    Returns
    -------
    mapping of str to PixelSize
        By the names that Micro-Manager gives them.

    Raises
    ------
    RecordError
        When such a line does not hold the numbers it should; the message quotes it.
    """
    sizes: dict[str, float] = {}
    labels: dict[str, str] = {}
    affines: dict[str, NDArray[np.float64]] = {}
    for line in text.splitlines():
        keyword, *fields = line.strip().split(",")
        try:
            if keyword == "PixelSize_um":
                sizes[fields[0]] = float(fields[1])
            elif keyword == "PixelSizeAffine":
                affines[fields[0]] = np.array([float(value) for value in fields[1 : 1 + AFFINE_FIELDS]]).reshape(2, 3)
            elif keyword == "ConfigPixelSize" and fields[2] == "Label":
                labels[fields[0]] = fields[3]
        except (ValueError, IndexError) as error:
            raise RecordError(
                f"the line {line.strip()!r} holds no pixel size as Micro-Manager writes it: correct or remove it"
            ) from error
    return {
        name: PixelSize(
            pixel_um=size,
            stage_um_per_px=affines[name][:, :2] if name in affines else None,
            label=labels.get(name, ""),
        )
        for name, size in sizes.items()
    }


def by_objective(sizes: Mapping[str, PixelSize], rig: Rig) -> Mapping[str, PixelSize]:
    """Sort Micro-Manager's pixel sizes by the objectives of a rig: by turret label, else by their own name.

    Raises
    ------
    RecordError
        When none of them belongs to an objective of the rig.
    """
    labelled = {size.label: size for size in sizes.values() if size.label}
    known = {o.name: labelled.get(o.label, sizes.get(o.name)) for o in rig.objectives}
    found = {name: size for name, size in known.items() if size is not None}
    if not found:
        raise RecordError(
            f"the file holds pixel sizes of {list(sizes) or 'nothing'} and none of the objectives "
            f"{[o.label for o in rig.objectives]} of rig {rig.name!r}: give the configuration of this stand"
        )
    return found


def compare(calibration: Calibration, sizes: Mapping[str, PixelSize]) -> tuple[str, ...]:
    """Say how Micro-Manager's pixel sizes and affines stand to those measured, one sentence for each.

    Parameters
    ----------
    calibration : Calibration
        As measured.
    sizes : mapping of str to PixelSize
        By objective, from `by_objective`.

    Raises
    ------
    MeasurementError
        When a pixel size differs by more than 2 %; it shows both numbers.
    """
    said = []
    for name, size in sizes.items():
        measured = calibration.objectives[name]
        check_pixel_um(name, measured.pixel_um.value, size.pixel_um)
        if size.pixel_um > 0:
            share = 100 * (measured.pixel_um.value / size.pixel_um - 1)
            said.append(
                f"{name}: {measured.pixel_um.value:.5f} µm per pixel as measured and {size.pixel_um:.5f} µm in "
                f"Micro-Manager, {share:+.2f} % apart{_of_affine(measured, size)}."
            )
    return tuple(said)


def _of_affine(measured: ObjectiveCalibration, size: PixelSize) -> str:
    """How Micro-Manager's affine departs from the one measured: its directions, where they are others."""
    if size.stage_um_per_px is None or abs(np.linalg.det(size.stage_um_per_px)) == 0:
        return "; it has no affine"
    apart = np.array(measured.stage_um_per_px) @ np.linalg.inv(size.stage_um_per_px)
    if np.linalg.det(apart) < 0:
        return "; its affine is mirrored against the camera: take the lines of --pixel-sizes"
    turn_deg = float(np.degrees(np.arctan2(apart[1, 0] - apart[0, 1], apart[0, 0] + apart[1, 1])))
    turned = abs(turn_deg) > LARGEST_TURN_DEG
    return f"; its affine is turned by {turn_deg:.1f}°" + (": take the lines of --pixel-sizes" if turned else "")


def check_pixel_um(objective: str, measured_um: float, known_um: float) -> None:
    """Refuse a pixel size that contradicts Micro-Manager's.

    Parameters
    ----------
    objective : str
        For the message.
    measured_um, known_um : float
        As measured, and as Micro-Manager has it; 0 when it has none.

    Raises
    ------
    MeasurementError
        When they differ by more than 2 %; it shows both numbers.
    """
    if known_um > 0 and abs(measured_um / known_um - 1) > LARGEST_DISAGREEMENT:
        raise MeasurementError(
            f"{objective} has pixels of {measured_um:.5f} µm as measured and of {known_um:.5f} µm in Micro-Manager, "
            f"{abs(measured_um / known_um - 1):.1%} apart where {LARGEST_DISAGREEMENT:.0%} is believed: check which "
            "objective is in the turret, the tube lens and the binning, then correct Micro-Manager's pixel size"
        )
