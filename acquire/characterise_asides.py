"""What a calibration measures beside offsets and light: a ruler, the stage's rest, the turret's returns, the lamp."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from acquire.autofocus import approach_xy, approach_z
from acquire.characterise_lamp import light_level, wait_for_light
from acquire.characterise_light import exposure_ms, green_level
from acquire.characterise_ruler import ruler_pixel_um
from acquire.characterise_settle import settle_times
from acquire.characterise_turret import turret_returns
from acquire.errors import MicroscopeError
from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from acquire.slide import Confirm
from calibration.errors import MeasurementError
from calibration.flatfield import Correction
from calibration.gain import CameraNoise
from calibration.lamp import STEADY, relit
from calibration.optics import NO_POSITION, Objective
from calibration.record import Calibration, Curve, Measured
from calibration.ruler import Ruler, disagree, refined

NO_RETURNS = (
    "How well the nosepiece returns was not measured: the rig file names no empty position of it (nosepiece_empty)."
)
PERCENT = 100.0

Point = tuple[float, float]
Correct = Callable[[Frame], Pixels]


@dataclass(slots=True, kw_only=True, eq=False)
class Asides:
    """Collects, and at the end writes into the calibration.

    Parameters
    ----------
    microscope : Microscope
        Of the calibration.
    ruler, ruler_um : Ruler and (float, float), or None
        What lies where on the stage.
    """

    microscope: Microscope
    ruler: Ruler | None = None
    ruler_um: Point | None = None
    _by_ruler: dict[str, Measured] = field(default_factory=dict)
    _settle_ms: dict[str, float] = field(default_factory=dict)
    _turret_um: dict[str, Measured] = field(default_factory=dict)
    _curves: dict[str, Curve] = field(default_factory=dict)
    _remarks: list[str] = field(default_factory=list)
    _early: dict[str, float] = field(default_factory=dict)

    @property
    def returns(self) -> bool:
        """Whether there is an empty position to return from."""
        return self.microscope.rig.nosepiece_empty != NO_POSITION

    def lamp(self, objective: Objective) -> None:
        """Wait, not for long, until the light on the glass in view is steady."""
        self._curves["lamp"] = wait_for_light(self.microscope, objective)

    def light(self, objective: Objective, frames: list[Frame], noise: CameraNoise | None, *, from_tissue: bool) -> None:
        """Take note of the frames that a flat field came from, and of what they said of the camera."""
        self._early[objective.name] = float(np.mean([green_level(frame) for frame in frames]))
        if noise is not None:
            self._curves |= {"photon transfer": noise.transfer, "linearity": noise.linearity}
        if from_tissue:
            self._remarks.append(
                f"The flat field of {objective.name} is from {len(frames)} places with tissue, and the camera's noise "
                "was not measured: empty glass (--glass) is better."
            )

    def relit(self, correction: Correction, objective: Objective, glass_um: Point) -> Correction:
        """Bring a flat field to the light there is now.

        Parameters
        ----------
        correction : Correction
            From frames taken a while ago.
        objective : Objective
            In place, focused.
        glass_um : (float, float)
            Empty glass.
        """
        self.microscope.move_xy(*glass_um)
        share = light_level(self.microscope, objective) / self._early[objective.name]
        if abs(share - 1) > STEADY:
            self._remarks.append(
                f"The lamp changed by {PERCENT * (share - 1):+.2f} % while {objective.name} was measured; its flat "
                "field is that of the light at the end. Frames taken before the lamp is as warm come out darker: "
                "switch it on ten minutes before."
            )
        return relit(correction, share)

    def settle(self, objective: Objective, place_um: Point, focus_um: float, correct: Correct) -> None:
        """Measure how long the stage takes to rest; where the pictures do not tell, that is remarked."""
        approach_xy(self.microscope, *place_um)
        approach_z(self.microscope, focus_um)
        try:
            found = settle_times(self.microscope, place_um, exposure_ms=exposure_ms(objective), correct=correct)
        except (MeasurementError, MicroscopeError) as error:
            self._remarks.append(f"The settling of the stage was not measured: {error}.")
            return
        self._settle_ms = {axis: one.settle_ms for axis, one in found.items()}
        self._curves |= {f"settle {axis}": one.from_rest_px for axis, one in found.items()}

    def turret(self, objective: Objective, place_um: Point, focus_um: float, correct: Correct) -> None:
        """Let the objective in place leave for the empty position and return, where the rig names one."""
        if not self.returns:
            return
        approach_xy(self.microscope, *place_um)
        pixel_um = self.microscope.rig.pixel_um(objective.name)
        found = turret_returns(self.microscope, focus_um=focus_um, pixel_um=pixel_um, correct=correct)
        self._turret_um[f"{objective.name} parcentric"] = found.parcentric_um
        self._turret_um[f"{objective.name} parfocal"] = found.parfocal_um
        self._curves[f"turret {objective.name}"] = found.places_um

    def by_ruler(self, objective: Objective, focus_um: float, correct: Correct, confirm: Confirm) -> None:
        """Measure the pixel size on the ruler, where there is one; a wet lens needs its liquid there too."""
        if self.ruler is None or self.ruler_um is None:
            return
        if objective.wet and not self._wetted(objective, confirm):
            self._remarks.append(f"The pixel size of {objective.name} was not refined: there is no oil on the ruler.")
            return
        self._by_ruler[objective.name] = ruler_pixel_um(
            self.microscope, self.ruler, self.ruler_um, focus_um=focus_um, correct=correct
        )

    def _wetted(self, objective: Objective, confirm: Confirm) -> bool:
        self.microscope.retract()
        return confirm(
            f"The lens is retracted. Put {objective.immersion} on the ruler too, for {objective.label}. Go on to it?"
        )

    def written_into(self, calibration: Calibration) -> Calibration:
        """Return the calibration with all that was collected, its pixel sizes refined."""
        remarks = [*self._remarks, *self._on_ruler(calibration)]
        if not self.returns:
            remarks.append(NO_RETURNS)
        objectives = {
            name: refined(one, self._by_ruler[name]) if name in self._by_ruler else one
            for name, one in calibration.objectives.items()
        }
        return replace(
            calibration,
            objectives=objectives,
            stage_pixel_um={name: calibration.objectives[name].pixel_um for name in self._by_ruler},
            settle_ms=self._settle_ms,
            turret_um=self._turret_um,
            curves={**calibration.curves, **self._curves},
            remarks=(*calibration.remarks, *remarks),
        )

    def _on_ruler(self, calibration: Calibration) -> list[str]:
        said = []
        for name, by_ruler in self._by_ruler.items():
            by_stage = calibration.objectives[name].pixel_um
            if disagree(by_stage, by_ruler):
                share = PERCENT * (by_stage.value / by_ruler.value - 1)
                said.append(
                    f"{name}: moves of the stage say {by_stage.value:.5f} µm per pixel and the ruler "
                    f"{by_ruler.value:.5f} µm, {share:+.2f} % apart and beyond both intervals: check the pitch of the "
                    "ruler and the stage's steps. The pixel size is the ruler's; moves stay in the stage's own µm."
                )
        return said
