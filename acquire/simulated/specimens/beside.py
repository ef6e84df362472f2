"""A target that lies beside a section on the same slide, as a ruler for calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.specimen import Coordinates, Fidelity, Specimen
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError

Image = NDArray[np.float32]

REACH_UM = 700.0
"""From the middle of a target to its end, and more: a micrometer is 1 mm long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A section, and a target in one sheet at mid-section some way off.

    Parameters
    ----------
    section, target : Specimen
        The target has `centre_um`; how opaque things are imaged is decided by the section.
    """

    section: Specimen
    target: Specimen

    @property
    def absorbance(self) -> Image:
        """Of the section's stains, then of the target's."""
        return np.concatenate([self.section.absorbance, self.target.absorbance])

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Of the section."""
        return self.section.depths_um

    @property
    def fidelity(self) -> Fidelity:
        """Of the section."""
        return self.section.fidelity

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of mid-section; the target lies as high."""
        return self.section.surface_um(x_um, y_um)

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        sheets = self.section.tile(window)
        laid = np.zeros((len(sheets), 1, window.rows, window.columns), np.float32)
        if self._reaches(window):
            laid[int(np.argmin(np.abs(self.depths_um))), 0] = self.target.tile(window)[0, 0]
        return np.concatenate([sheets[:, :-1], laid, sheets[:, -1:]], axis=1)

    def _reaches(self, window: Window) -> bool:
        x_um, y_um = self.target.centre_um  # type: ignore[attr-defined]  # checked by `beside`
        far = max(
            max(float(axis[0]) - at, at - float(axis[-1])) for axis, at in ((window.x_um, x_um), (window.y_um, y_um))
        )
        return bool(far < REACH_UM)


def beside(section: Specimen, target: Specimen) -> Beside:
    """Lay a target on the slide of a section.

    Raises
    ------
    RigError
        When it is no target: only these have a middle.
    """
    if not hasattr(target, "centre_um"):
        raise RigError(
            "simulated.specimen.beside is no target: give usaf, edge, star or micrometer, with centre_um on the slide"
        )
    return Beside(section=section, target=target)
