"""A captured run of overlapping tiles of a made-up field, with shading, stage noise and one tile of empty glass."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from acquire.frame import Frame, Position
from acquire.planfile import parse_plan
from acquire.runfolder import RunFolder
from acquire.runopen import create_run
from calibration.record import Calibration
from tests.enhance.small_run import SIDE_PX, camera, correction, small_calibration, small_rig

COLUMNS, ROWS, STEP_PX = 3, 2, 200
GLASS = 5
"""Number of the empty tile: the last one."""


def field(seed: int) -> np.ndarray:
    """Transmission of a field that holds all tiles with some room around them, shape (rows, columns, 3)."""
    rng = np.random.default_rng(seed)
    shape = ((ROWS - 1) * STEP_PX + SIDE_PX + 60, (COLUMNS - 1) * STEP_PX + SIDE_PX + 60)
    density = np.full((*shape, 3), 0.5)
    for sigma_px, strength in ((1.5, 0.2), (3.0, 0.2), (8.0, 0.15)):
        grain = cv2.GaussianBlur(rng.normal(size=shape), (0, 0), sigma_px)
        density += strength * (grain / grain.std())[..., None] * rng.uniform(0.6, 1.0, 3)
    return np.exp(-np.clip(density, 0, None)).astype(np.float32)


def asked_px() -> np.ndarray:
    """Places that the stage was asked for, in pixels of the field, shape (tiles, 2)."""
    return np.array([(30.0 + c * STEP_PX, 30.0 + r * STEP_PX) for r in range(ROWS) for c in range(COLUMNS)])


def true_px(seed: int) -> np.ndarray:
    """Where the tiles really are: the stage rests up to some whole pixels beside."""
    noise = np.random.default_rng(seed).normal(scale=2.5, size=(ROWS * COLUMNS, 2))
    return asked_px() + np.clip(np.rint(noise), -8, 8)


def capture_mosaic(
    folder: Path,
    *,
    seed: int = 0,
    calibrated: bool = True,
    stage: np.ndarray | None = None,
    sites: int = ROWS * COLUMNS,
) -> RunFolder:
    """Write a run of 3 × 2 tiles of 256², or its first ones; `stage` is the camera's 2×2 matrix in µm per pixel."""
    rig = small_rig()
    matrix = rig.pixel_um("40x") * np.eye(2) if stage is None else stage
    stage_um = asked_px() @ matrix.T + 5000
    document = {
        "slide": "M-1",
        "sites_um": stage_um.tolist(),
        "objectives": ["40x", "100x"],
        "exposure_ms": {"40x": 8, "100x": 50},
    }
    known = _turned(small_calibration(rig), matrix) if calibrated else None
    run = create_run(folder, parse_plan(document, rig), rig, known)
    rng, scene = np.random.default_rng(seed), field(seed)
    for number, (x, y) in enumerate(true_px(seed)[:sites].astype(int)):
        seen = np.ones((SIDE_PX, SIDE_PX, 3)) if number == GLASS else scene[y : y + SIDE_PX, x : x + SIDE_PX]
        run.write(f"{number + 1:04d}", "40x", [_frame(camera(seen, correction(0), rng), *stage_um[number])])
    return run


def _turned(calibration: Calibration, matrix: np.ndarray) -> Calibration:
    (xx, xy), (yx, yy) = matrix.tolist()
    measured = replace(calibration.objectives["40x"], stage_um_per_px=((xx, xy), (yx, yy)))
    return replace(calibration, objectives={**calibration.objectives, "40x": measured})


def _frame(pixels: np.ndarray, x_um: float, y_um: float) -> Frame:
    return Frame(
        pixels=pixels,
        objective="40x",
        position=Position(x_um, y_um, 10.0),
        exposure_ms=8.0,
        black_level=0.0,
        white_level=255,
        number=0,
        time_s=0.0,
        simulated=True,
    )
