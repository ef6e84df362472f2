"""Captured runs of small made-up fields, with known transforms, shading and focus, written through the run folder."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from acquire.frame import Frame, Position
from acquire.planfile import parse_plan
from acquire.runfolder import RunFolder
from acquire.runopen import create_run
from acquire.truthfile import Truth, write_truth
from calibration.affine import compose, scaling
from calibration.bandwidth import decimate
from calibration.flatfield import GLASS_LEVEL, Correction
from calibration.optics import Rig
from calibration.record import Calibration, Measured, ObjectiveCalibration, rig_hash
from calibration.rig import load_rig

SIDE_PX = 256
RATIO = 2.5
STEP_UM = 0.4
PARFOCAL_UM = 3.0
ROTATION_DEG, SCALE, OFFSET_PX = 0.3, 1.004, (2.3, -1.7)
WHITE = 255
FUSED_MARK = np.uint8(255)
"""Less the plane's truth: what stands for the fused truth, so that a test can tell the two apart."""


def small_rig() -> Rig:
    rig = load_rig("simulated")
    return replace(rig, camera=replace(rig.camera, size_px=(SIDE_PX, SIDE_PX)))


@cache
def tissue(seed: int) -> np.ndarray:
    """Transmission on the low-resolution grid made 2.5 times finer: what the truth pictures show."""
    rng = np.random.default_rng(seed)
    side = int(SIDE_PX * RATIO)
    density = np.full((side, side, 3), 0.5)
    for sigma_px, strength in ((1.5, 0.25), (3.0, 0.2), (8.0, 0.15)):
        grain = cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), sigma_px)
        density += strength * (grain / grain.std())[..., None] * rng.uniform(0.6, 1.0, 3)
    return np.exp(-np.clip(density, 0, None)).astype(np.float32)


def true_matrix() -> np.ndarray:
    """The transform from HIGH to LOW pixels of every site."""
    angle = np.deg2rad(ROTATION_DEG)
    turn = SCALE * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.full(2, (SIDE_PX - 1) / 2)
    about_centre = np.column_stack([turn, centre + OFFSET_PX - turn @ centre])
    shrink = np.array([[1 / RATIO, 0, 0], [0, 1 / RATIO, 0]])
    shrink[:, 2] = centre * (1 - 1 / RATIO)
    return compose(about_centre, shrink)


def correction(seed: int) -> Correction:
    """Shading of 8 % to the corners, another light in each colour, a dark frame."""
    y, x = np.indices((SIDE_PX, SIDE_PX)) / SIDE_PX - 0.5
    shade = (1 - 0.16 * (x**2 + y**2) + 0.02 * seed * x)[..., None] * np.array([0.85, 0.9, 0.8])
    return Correction(dark=np.full((1, 1, 3), 0.02, np.float32), flat=shade.astype(np.float32))


def camera(transmission: np.ndarray, light: Correction, rng: np.random.Generator) -> np.ndarray:
    """Raw 8-bit pixels of a transmission in this light, with noise of one grey level."""
    raw = (light.dark + (light.flat - light.dark) * transmission) * WHITE + rng.normal(0, 1, transmission.shape)
    return np.clip(np.rint(raw), 0, WHITE).astype(np.uint8)


def low_picture(canvas: np.ndarray) -> np.ndarray:
    return np.dstack([decimate(np.ascontiguousarray(canvas[..., c]), RATIO) for c in range(3)])


def high_picture(canvas: np.ndarray, defocus_px: float) -> np.ndarray:
    to_canvas = compose(np.linalg.inv([*scaling(RATIO), [0, 0, 1]])[:2], true_matrix())
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    sharp = cv2.warpAffine(canvas, to_canvas, (SIDE_PX, SIDE_PX), flags=flags)
    return cv2.GaussianBlur(sharp, (0, 0), defocus_px) if defocus_px else sharp


def truth_picture(seed: int) -> np.ndarray:
    return np.clip(np.rint(tissue(seed) * GLASS_LEVEL * WHITE), 0, WHITE).astype(np.uint8)


def small_calibration(rig: Rig) -> Calibration:
    def exact(value: float) -> Measured:
        return Measured(value=value, interval95=(value, value))

    objectives = {}
    for name, parfocal_um in (("40x", 0.0), ("100x", PARFOCAL_UM)):
        pixel_um = rig.pixel_um(name)
        objectives[name] = ObjectiveCalibration(
            stage_um_per_px=((pixel_um, 0.0), (0.0, pixel_um)),
            pixel_um=exact(pixel_um),
            rotation_deg=exact(0.0),
            parcentric_um=(exact(0.0), exact(0.0)),
            parfocal_um=exact(parfocal_um),
        )
    return Calibration(
        rig_hash=rig_hash(rig),
        created=datetime(2026, 11, 22, tzinfo=UTC),
        objectives=objectives,
        corrections={"40x": correction(0), "100x": correction(1)},
        simulated=True,
    )


def capture(
    folder: Path,
    slide: str,
    seeds: dict[str, int],
    *,
    calibrated: bool = True,
    planes: int = 3,
    swapped: tuple[str, ...] = (),
    unfinished: tuple[str, ...] = (),
    truth: Literal["nothing", "transforms", "pictures"] = "nothing",
) -> RunFolder:
    """Write a run of sites 200 µm apart, each with the tissue of its seed.

    Sites in `swapped` have other tissue under the 100x, those in `unfinished` were not visited with it.
    """
    rig = small_rig()
    document = {
        "slide": slide,
        "sites_um": [[200.0 * i, 100.0] for i in range(len(seeds))],
        "objectives": ["40x", "100x"],
        "stack": {"100x": {"planes": planes, "step_um": STEP_UM}},
        "exposure_ms": {"40x": 8, "100x": 50},
    }
    run = create_run(folder, parse_plan(document, rig), rig, small_calibration(rig) if calibrated else None)
    for i, (site, seed) in enumerate(seeds.items()):
        if truth != "nothing":
            known = Truth(site=site, matrix=true_matrix())
            pictures = {"plane": truth_picture(seed), "fused": FUSED_MARK - truth_picture(seed)}
            write_truth(folder, replace(known, **pictures) if truth == "pictures" else known, pixel_um=0.074)
        rng = np.random.default_rng(seed)
        at = Position(200.0 * i, 100.0, 10.0)
        run.write(site, "40x", [_frame(camera(low_picture(tissue(seed)), correction(0), rng), "40x", at)])
        if site in unfinished:
            continue
        canvas = tissue(seed + 500 * (site in swapped))
        run.write(site, "100x", [_plane(canvas, at, number - planes // 2, rng) for number in range(planes)])
    return run


def _plane(canvas: np.ndarray, at: Position, steps: int, rng: np.random.Generator) -> Frame:
    pixels = camera(high_picture(canvas, 1.5 * abs(steps)), correction(1), rng)
    return _frame(pixels, "100x", at._replace(z=at.z + PARFOCAL_UM + steps * STEP_UM))


def _frame(pixels: np.ndarray, objective: str, at: Position) -> Frame:
    return Frame(
        pixels=pixels,
        objective=objective,
        position=at,
        exposure_ms=10.0,
        black_level=0.0,
        white_level=WHITE,
        number=0,
        time_s=0.0,
        simulated=True,
    )
