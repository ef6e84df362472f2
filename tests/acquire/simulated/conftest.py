"""Rigs and small specimens whose pictures are known beforehand."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.stains import napierian
from calibration.optics import Camera, Limits, Objective, Rig, Source, ZDrive

STEADY = {"backlash_um": (0, 0), "noise_um": 0, "step_um": 0, "z_backlash_um": 0, "drift_um_per_h": (0, 0, 0)}
"""A stage that goes where it is told, for tests of everything else."""

DRY = Lens(na=0.95, condenser_na=0.55)
OIL = Lens(na=1.4, condenser_na=0.55)


@pytest.fixture
def rig():
    """The simulated rig, with a small camera."""
    return simulated_rig()


def simulated_rig():
    return Rig(
        name="simulated",
        source=Source(kind="simulated"),
        camera=Camera(pixel_um=7.4, size_px=(96, 80)),
        condenser_na=0.55,
        objectives=(
            Objective(name="40x", label="40x/0.95 air", magnification=40, na=0.95, immersion="air", near_margin_um=60),
            Objective(
                name="100x", label="100x/1.40 oil", magnification=100, na=1.4, immersion="oil", near_margin_um=20
            ),
        ),
        nosepiece="Objective",
        z=ZDrive(device="Z", toward_slide=1),
        limits_um=Limits(x=(0, 20000), y=(0, 20000), z=(-290, 100)),
        z_safe_um=-280,
        simulated={
            "faults": "realistic",
            "specimen": {"kind": "lung", "seed": 1},
            "stage": STEADY,
            "lamp": {"warm_up": 0},
        },
    )


def simulated(rig, **told):
    """The rig with other words under `simulated`."""
    return replace(rig, simulated=told)


def grid_of(pixel_um, columns, rows, *, centre_um=(0.0, 0.0), turn_deg=0.0):
    """Pixels of a turned camera round a point of the specimen."""
    turn = np.deg2rad(turn_deg)
    steps = pixel_um * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    first = np.array(centre_um) - steps @ [(columns - 1) / 2, (rows - 1) / 2]
    return Grid(matrix=np.column_stack([steps, first]), columns=columns, rows=rows)


@dataclass(frozen=True)
class Grating:
    """A weak cosine along x in one sheet, in absorbance or optical path."""

    frequency: float
    amplitude: float = 0.0
    path_um: float = 0.0
    depth_um: float = 0.0
    fidelity: str = "log"

    @property
    def absorbance(self):
        return napierian(("iron haematoxylin",))

    @property
    def depths_um(self):
        return (self.depth_um,)

    def surface_um(self, x_um, y_um, /):
        return 0.0 * x_um * y_um

    def tile(self, window):
        wave = np.cos(2 * np.pi * self.frequency * window.x_um) * np.ones((window.rows, 1))
        return np.stack([self.amplitude * wave, self.path_um * wave])[None].astype(np.float32)


@dataclass(frozen=True)
class Dot:
    """A Gaussian dot of stain."""

    x_um: float
    y_um: float
    width_um: float = 0.5
    fidelity: str = "log"
    depths_um: tuple[float, ...] = (0.0,)

    @property
    def absorbance(self):
        return napierian(("iron haematoxylin",))

    def surface_um(self, x_um, y_um, /):
        return 0.0 * x_um * y_um

    def tile(self, window):
        squared = (window.x_um - self.x_um) ** 2 + (window.y_um[:, None] - self.y_um) ** 2
        dot = 0.5 * np.exp(-squared / (2 * self.width_um**2))
        return np.stack([dot, np.zeros_like(dot)])[None].astype(np.float32)


def centroid(picture):
    """(column, row) of the centre of what is darker than glass."""
    weight = -np.log(picture[..., 1].astype(np.float64))
    weight[np.abs(weight) < 0.02 * weight.max()] = 0
    rows, columns = np.indices(weight.shape)
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()
