"""Captures focal stacks through a whole section, and finds its middle through one objective."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from acquire.autofocus import APPROACH_UM
from acquire.microscope import Microscope
from calibration.errors import MeasurementError
from calibration.middle import BAND, band_energy, centroid_um, middle_um
from calibration.optics import Objective, Rig
from calibration.transfer import COLOURS_UM, focus_ratio
from calibration.turret import SectionFocus

REACH_UM = 4.5
"""Of depth on either side: half a section of 4 µm, its blurred flank, and what a first focus may be off its middle."""

STEP_UM = 0.5
"""Of depth: the middle by coarse detail then moves by 0.013 µm (one standard deviation) with where the planes lie."""

AGAIN = 2
"""Times a stack that does not hold the whole section is taken again, round what was seen of it: the first focus may be
1.5 µm of depth off, and on the way back the play of the drive adds 1.9 µm through a dry lens."""

GREEN = 1

Point = tuple[float, float]


def stack_offsets_um(objective: Objective) -> tuple[float, ...]:
    """Z offsets of a stack through a section, from the farthest plane to the nearest, towards the slide."""
    planes = round(REACH_UM / STEP_UM)
    return tuple(number * STEP_UM / focus_ratio(objective) for number in range(-planes, planes + 1))


def section_focus(
    microscope: Microscope, centre_um: float, *, exposure_ms: float, nearing: bool = True
) -> SectionFocus:
    """Take a stack where the stage stands, nearing the slide or leaving it, and find the middle of the section.

    Uneven light does not count: it lies below the bands, and the absorbance of what it does to detail is nothing.

    Parameters
    ----------
    microscope : Microscope
        With the objective in place.
    centre_um : float
        Z of its middle plane.
    exposure_ms : float
        Of each frame.
    nearing : bool
        The direction: the play of the focus drive shows as the difference of the two.

    Returns
    -------
    SectionFocus
        Its middle.

    Raises
    ------
    MeasurementError
        When no stack holds the whole section.
    """
    stack = _stack(microscope, centre_um, exposure_ms, nearing=nearing)
    for _ in range(AGAIN):
        with suppress(MeasurementError):
            return stack.focus()
        stack = _stack(microscope, stack.centroid_um(), exposure_ms, nearing=nearing)
    return stack.focus()


def focus_surface(places: Sequence[Point], foci_um: Sequence[float]) -> Callable[[Point], float]:
    """Focus at any place: a plane through those measured, or their mean when they are fewer than three."""
    points = np.asarray(places, float)
    design = np.column_stack([points - points.mean(axis=0), np.ones(len(points))])
    if len(points) < design.shape[1]:
        mean_um = float(np.mean(foci_um))
        return lambda _place: mean_um
    plane, *_ = np.linalg.lstsq(design, np.asarray(foci_um, float), rcond=None)
    middle = points.mean(axis=0)
    return lambda place: float(np.append(np.subtract(place, middle), 1.0) @ plane)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    z_um: list[float]
    times_s: list[float]
    energies: list[float]

    def focus(self) -> SectionFocus:
        return SectionFocus(z_um=middle_um(self.z_um, self.energies), time_s=float(np.mean(self.times_s)))

    def centroid_um(self) -> float:
        return centroid_um(self.z_um, self.energies)


def _stack(microscope: Microscope, centre_um: float, exposure_ms: float, *, nearing: bool) -> _Stack:
    rig, objective = microscope.rig, microscope.objective
    order = stack_offsets_um(objective) if nearing else stack_offsets_um(objective)[::-1]
    band = _band(rig, rig.objectives[0])
    microscope.expect_focus(centre_um)
    microscope.move_z(rig.z.offset(centre_um, order[0] + (-APPROACH_UM if nearing else APPROACH_UM)))
    stack = _Stack(z_um=[], times_s=[], energies=[])
    for offset_um in order:
        microscope.move_z(rig.z.offset(centre_um, offset_um))
        frame = microscope.snap(exposure_ms)
        stack.z_um.append(frame.position.z)
        stack.times_s.append(frame.time_s)
        stack.energies.append(band_energy(frame.pixels, pixel_um=rig.pixel_um(objective.name), band=band))
    return stack


def _band(rig: Rig, weakest: Objective) -> tuple[float, float]:
    cutoff = (weakest.na + min(rig.condenser_na, weakest.na)) / COLOURS_UM[GREEN]
    return BAND[0] * cutoff, BAND[1] * cutoff
