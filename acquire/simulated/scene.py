"""The simulated rig's truth: what the camera really looks at when stage and focus drive truly stand somewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acquire.simulated.drawn import faults_of
from acquire.simulated.faults import Faults, Mount, Sensor
from acquire.simulated.lens import Grid, Lens, Matrix
from calibration.optics import Rig
from calibration.transfer import focus_ratio

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """What the camera truly looks at.

    Parameters
    ----------
    objective : str
        Name in the rig file.
    centre_um : (float, float)
        Point of the specimen at the centre of the full frame.
    stage_um_per_px : tuple of tuple
        2×2 matrix S from an offset in unbinned pixels to the specimen, in µm.
    depth_um : float
        Focus in the section from mid-section at the centre, positive towards the slide.
    stage_um : (float, float, float)
        Where stage and focus drive truly stand, drift of the slide taken off.
    """

    objective: str
    centre_um: Point
    stage_um_per_px: tuple[Point, Point]
    depth_um: float
    stage_um: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The frozen truth of one simulated rig.

    Parameters
    ----------
    rig : Rig
        What the rig file says of it, nominal values.
    faults : Faults
        What it really is.
    """

    rig: Rig
    faults: Faults

    @property
    def mounts(self) -> Mapping[str, Mount]:
        """How each objective truly sits."""
        return self.faults.mounts

    @property
    def sensor(self) -> Sensor:
        """The camera as it truly is."""
        return self.faults.sensor

    @property
    def seed(self) -> int:
        """Of the rig's faults and of the noise."""
        return self.faults.seed

    def pose(
        self, *, objective: str, stage_um: tuple[float, float, float], surface_um: float = 0.0, handled: bool = False
    ) -> Pose:
        """Work out what the camera looks at with stage and focus drive truly at (x, y, z).

        A specimen point seen at the pixel offset u from the centre is ``s = p - parcentric + S u``, turned and shifted
        back as the hand moved the slide; the focus lies ``focus_ratio · toward_slide · (z - parfocal - surface)`` deep
        in the section.

        Parameters
        ----------
        objective : str
            In the light path.
        stage_um : (float, float, float)
            Where the devices truly stand.
        surface_um : float
            Z of mid-section at that place, for the first objective.
        handled : bool
            Whether the slide was moved by the hand that put the oil on.
        """
        x_um, y_um, z_um = stage_um
        steps = self._hand_turn(handled) @ self._steps_um(objective)
        deeper_um = z_um - self.mounts[objective].parfocal_um - surface_um
        (xx, xy), (yx, yy) = steps.tolist()
        return Pose(
            objective=objective,
            centre_um=self.centre_um(objective, x_um, y_um, handled=handled),
            stage_um_per_px=((xx, xy), (yx, yy)),
            depth_um=-self.relief(objective) * deeper_um,
            stage_um=stage_um,
        )

    def centre_um(self, objective: str, x_um: float, y_um: float, *, handled: bool = False) -> Point:
        """Return the point of the specimen at the centre of the frame with the stage truly at (x, y)."""
        parcentric, hand = self.mounts[objective].parcentric_um, self.faults.oil_step
        seen = np.array([x_um - parcentric[0], y_um - parcentric[1]])
        if handled:
            pivot = np.array([sum(self.rig.limits_um.x) / 2, sum(self.rig.limits_um.y) / 2])
            seen = self._hand_turn(handled) @ (seen - hand.shift_um - pivot) + pivot
        return float(seen[0]), float(seen[1])

    def relief(self, objective: str) -> float:
        """Return by how much the focus in the section lies deeper where the section's surface has 1 µm more of Z."""
        return -focus_ratio(self.rig.objective(objective)) * self.rig.z.toward_slide

    def lens(self, objective: str) -> Lens:
        """Return the apertures of an objective on this stand."""
        facts = self.rig.objective(objective)
        return Lens(
            na=facts.na,
            condenser_na=self.rig.condenser_na,
            immersion_index=facts.refractive_index,
            cover_error_um=0.0 if facts.wet else self.faults.cover_error_um,
        )

    def grid(self, pose: Pose, *, roi: tuple[int, int, int, int], binning: int = 1) -> Grid:
        """Return where the pixels of a region (x, y, width, height in binned pixels) lie on the specimen."""
        width, height = self.rig.camera.size_px
        stage = np.array(pose.stage_um_per_px)
        first = (np.array(roi[:2]) + 0.5) * binning - 0.5 - np.array([(width - 1) / 2, (height - 1) / 2])
        matrix = np.column_stack([stage * binning, np.array(pose.centre_um) + stage @ first])
        red, blue = self.mounts[pose.objective].lateral_colour
        column, row = -first / binning
        return Grid(
            matrix=matrix,
            columns=roi[2],
            rows=roi[3],
            lateral=(1 + red, 1.0, 1 + blue),
            axis_px=(float(column), float(row)),
        )

    def _steps_um(self, objective: str) -> Matrix:
        """S of the slide as it was laid on the stage: the camera's own turns and mirror, then those of the mount."""
        mount, sensor = self.mounts[objective], self.sensor
        pixel_um = self.rig.pixel_um(objective) * mount.scale
        mirror = np.diag([-1.0 if sensor.mirrored else 1.0, 1.0])
        quarters = np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), sensor.quarter_turns)
        return np.asarray(pixel_um * _turn(mount.rotation_deg) @ quarters @ mirror)

    def _hand_turn(self, handled: bool) -> Matrix:
        return _turn(-self.faults.oil_step.turn_deg if handled else 0.0)


def scene_of(rig: Rig) -> Scene:
    """Draw the truth of a simulated rig from what is under `simulated` in its file; see `drawn.faults_of`."""
    return Scene(rig=rig, faults=faults_of(rig))


def _turn(degrees: float) -> Matrix:
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
