"""The simulated rig's truth: what the camera really looks at when the devices read what they read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from acquire.simulated.faults import Mount, Sensor, faults_of
from acquire.simulated.lens import Grid, Lens
from calibration.optics import Rig
from calibration.transfer import focus_ratio


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
        Focus in the section from mid-section, positive towards the slide.
    stage_um : (float, float, float)
        Where stage and focus drive stand.
    """

    objective: str
    centre_um: tuple[float, float]
    stage_um_per_px: tuple[tuple[float, float], tuple[float, float]]
    depth_um: float
    stage_um: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The frozen truth of one simulated rig.

    Parameters
    ----------
    rig : Rig
        What the rig file says of it, nominal values.
    mounts : mapping of str to Mount
        By objective.
    sensor : Sensor
        The camera.
    seed : int
        Of the rig's faults and of the noise.
    """

    rig: Rig
    mounts: Mapping[str, Mount]
    sensor: Sensor
    seed: int

    def pose(self, *, objective: str, stage_um: tuple[float, float, float], surface_um: float = 0.0) -> Pose:
        """Work out what the camera looks at with stage and focus drive at (x, y, z).

        A specimen point seen at the pixel offset u from the centre is ``s = p - parcentric + S u``; the focus lies
        ``focus_ratio · toward_slide · (z - parfocal - surface)`` deep in the section.

        Parameters
        ----------
        objective : str
            In the light path.
        stage_um : (float, float, float)
            Where the devices stand.
        surface_um : float
            Z of mid-section at that place, for the first objective.
        """
        mount = self.mounts[objective]
        facts = self.rig.objective(objective)
        x_um, y_um, z_um = stage_um
        turn = np.deg2rad(mount.rotation_deg)
        pixel_um = self.rig.pixel_um(objective) * mount.scale
        along, aside = float(pixel_um * np.cos(turn)), float(pixel_um * np.sin(turn))
        deeper_um = self.rig.z.toward_slide * (z_um - mount.parfocal_um - surface_um)
        return Pose(
            objective=objective,
            centre_um=self.centre_um(objective, x_um, y_um),
            stage_um_per_px=((along, -aside), (aside, along)),
            depth_um=focus_ratio(facts) * deeper_um,
            stage_um=stage_um,
        )

    def centre_um(self, objective: str, x_um: float, y_um: float) -> tuple[float, float]:
        """Return the point of the specimen at the centre of the frame with the stage at (x, y)."""
        parcentric = self.mounts[objective].parcentric_um
        return x_um - parcentric[0], y_um - parcentric[1]

    def lens(self, objective: str) -> Lens:
        """Return the apertures of an objective on this stand."""
        return Lens(na=self.rig.objective(objective).na, condenser_na=self.rig.condenser_na)

    def grid(self, pose: Pose, *, roi: tuple[int, int, int, int], binning: int = 1) -> Grid:
        """Return where the pixels of a region (x, y, width, height in binned pixels) lie on the specimen."""
        width, height = self.rig.camera.size_px
        stage = np.array(pose.stage_um_per_px)
        first = (np.array(roi[:2]) + 0.5) * binning - 0.5 - np.array([(width - 1) / 2, (height - 1) / 2])
        matrix = np.column_stack([stage * binning, np.array(pose.centre_um) + stage @ first])
        return Grid(matrix=matrix, columns=roi[2], rows=roi[3])


def scene_of(rig: Rig) -> Scene:
    """Draw the truth of a simulated rig from what is under `simulated` in its file; see `faults.faults_of`."""
    faults = faults_of(rig)
    return Scene(rig=rig, mounts=faults.mounts, sensor=faults.sensor, seed=faults.seed)
