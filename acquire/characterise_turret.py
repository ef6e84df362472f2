"""Captures how well an objective comes back: it leaves the light for an empty position and returns, again and again."""

from collections.abc import Callable
from dataclasses import dataclass

from acquire.autofocus import approach_z
from acquire.characterise_focus import section_focus
from acquire.characterise_light import exposure_ms
from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from calibration.displace import displacement
from calibration.record import Measured
from calibration.scatter import scatter

RETURNS = 5
"""Eight degrees of freedom sideways, four in depth: a scatter is then known to 25 and 35 % (one standard error)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurretReturns:
    """Where an objective came to stand.

    Parameters
    ----------
    places_um : tuple of (float, float)
        Of the content of the picture on each return, against the first.
    z_um : tuple of float
        Focus on each return.
    """

    places_um: tuple[tuple[float, float], ...]
    z_um: tuple[float, ...]

    @property
    def parcentric_um(self) -> Measured:
        """Scatter along an axis of the picture."""
        return scatter(self.places_um, what="parcentric returns of the turret")

    @property
    def parfocal_um(self) -> Measured:
        """Scatter of the focus."""
        return scatter(self.z_um, what="parfocal returns of the turret")


def turret_returns(
    microscope: Microscope, *, focus_um: float, pixel_um: float, correct: Callable[[Frame], Pixels]
) -> TurretReturns:
    """Turn the objective in place out to the empty position and in again; the stage stays where it is.

    No other lens stops over the slide, so this may be done with a dry lens and with one in oil.

    Parameters
    ----------
    microscope : Microscope
        On tissue, with a rig that names its empty position.
    focus_um : float
        Z of the tissue through this objective.
    pixel_um : float
        Of this objective.
    correct : callable
        Gives the corrected pixels of a frame.

    Raises
    ------
    MicroscopeError
        When the nosepiece may not or does not turn; see `Microscope.turn_out`.
    MeasurementError
        When the pictures have no structure in common, or the section is not found in depth.
    """
    objective = microscope.objective
    exposure = exposure_ms(objective)
    pictures, z_um = [], []
    for _ in range(RETURNS):
        microscope.turn_out()
        microscope.select_objective(objective.name)
        z_um.append(section_focus(microscope, focus_um, exposure_ms=exposure).z_um)
        approach_z(microscope, focus_um)
        pictures.append(correct(microscope.snap(exposure)))
    shifts = [displacement(pictures[0], other) for other in pictures[1:]]
    places = ((0.0, 0.0), *((pixel_um * shift.dx, pixel_um * shift.dy) for shift in shifts))
    return TurretReturns(places_um=places, z_um=tuple(z_um))
