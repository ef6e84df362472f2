"""Rendered pairs with a known transform: sound ones of three families, and ones with each thing that can be wrong.

Light without noise is rendered once and kept on disk; shading, noise and distortion are added when a pair is asked for.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.simulated.detector import develop, light_field
from acquire.simulated.faults import Mount, Sensor
from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide
from calibration.affine import Matrix, apply, compose, invert
from enhance.metrics import tissue_mask

Light = NDArray[np.float32]
Pixels = NDArray[Any]

LOW_LENS, LOW_UM = Lens(na=0.95, condenser_na=0.55, immersion_index=1.0), 0.185
HIGH_LENS, HIGH_UM = Lens(na=1.4, condenser_na=0.55), 0.074
FACTOR = 2.5
SIDE_PX = 512  # of both frames: 95 µm through the 40x, 38 µm through the 100x

ROTATION_DEG, SCALE, SHADING = (0.1, 0.7), (0.002, 0.013), (0.05, 0.08)
"""Realistic faults of a mount, as `acquire.simulated.drawn` has them."""
PARCENTRIC_UM = 20.0
START_PX, START_DEG, START_SCALE = 40.0, 2.0, 0.03
"""Largest error of the prior: each drawn evenly."""
PLANE_UM, DEFOCUS_UM = 0.4, 0.3
"""Largest depth of the 100x plane from mid-section, and of the 40x against it."""
BAD_DEFOCUS_UM = (1.2, 2.0)
LEAST_TISSUE = 0.5
PLACES_UM = (200.0, 15_000.0)

FILL = 0.85  # of the full well by empty glass
SENSOR = Sensor()
CACHE = Path(gettempdir()) / "parfocal_registration_pairs"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Two views of one place, in light, and how they truly lie.

    Parameters
    ----------
    low, high, low_defocused : ndarray of float32, shape (rows, columns, 3)
        Transmission through the 40x, the 100x, and the 40x 1.2 to 2 µm away from the plane of the 100x.
    matrix : ndarray, shape (2, 3)
        True transform from HIGH to LOW pixels, at the depth of the section that both are focused on.
    prior : ndarray, shape (2, 3)
        What the run would expect, wrong by up to 40 px, 2° and 3 %.
    mounts : (Mount, Mount)
        Of the two objectives.
    defocus_um, bad_defocus_um : float
        Of LOW against HIGH, and of its defocused copy.
    family : str
        Of the tissue.
    """

    low: Light
    high: Light
    low_defocused: Light
    matrix: Matrix
    prior: Matrix
    mounts: tuple[Mount, Mount]
    defocus_um: float
    bad_defocus_um: float
    family: str


def scene(number: int, *, side_px: int = SIDE_PX, family: str | None = None) -> Scene:
    """Return one of the random scenes, from disk where it was rendered before.

    Parameters
    ----------
    number : int
        The same number is the same scene; families take turns.
    side_px : int
        Rows and columns of both frames.
    family : str, optional
        Lung, kidney or breast, in place of the one whose turn it is.
    """
    drawn = _drawn(number, family or TISSUES[number % len(TISSUES)], side_px)
    path = CACHE / f"{drawn.family}_{number:03d}_{side_px}.npz"
    if path.is_file():
        with np.load(path) as kept:
            low, high, low_defocused = (kept[name] for name in ("low", "high", "low_defocused"))
        return _lit(drawn, low, high, low_defocused)
    low, high, low_defocused, place_um = _rendered(drawn, number, side_px)
    CACHE.mkdir(exist_ok=True)
    np.savez(path, low=low, high=high, low_defocused=low_defocused, place_um=place_um)
    return _lit(drawn, low, high, low_defocused)


def exposed(light: Light, mount: Mount, *, key: str) -> Pixels:
    """Return a frame of 8 bits with uneven light that nobody corrected, and noise of 20 ke⁻ wells.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns, 3)
        Transmission.
    mount : Mount
        Its shading is applied.
    key : str
        Decides the noise and where the light is centred.
    """
    rows, columns = light.shape[:2]
    even = light_field(key, mount, frame=(columns, rows), roi=(0, 0, columns, rows), binning=1)
    return develop((light * even * np.float32(FILL * SENSOR.full_well_e)), SENSOR, noise_key=key)


def pair(of: Scene, *, key: str, defocused: bool = False) -> tuple[Pixels, Pixels]:
    """Return LOW and HIGH as the camera delivers them."""
    low = of.low_defocused if defocused else of.low
    return exposed(low, of.mounts[0], key=f"{key} low"), exposed(of.high, of.mounts[1], key=f"{key} high")


def bent(light: Light, displacement_px: NDArray[np.float64]) -> Light:
    """Move the content of a picture by a field of displacements (x, y), in its pixels; shape (rows, columns, 2)."""
    y, x = np.indices(light.shape[:2], dtype=np.float32)
    from_x, from_y = x - displacement_px[..., 0].astype(np.float32), y - displacement_px[..., 1].astype(np.float32)
    return np.asarray(cv2.remap(light, from_x, from_y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT))


def turned(matrix: Matrix, *, about: tuple[float, float], degrees: float, scale: float, shift: Matrix) -> Matrix:
    """Follow `matrix` by a turn and a scale about a point of its target, then a shift."""
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = apply(matrix, about)
    return compose(np.column_stack([turn, centre - turn @ centre + shift]), matrix)


def _lit(drawn: Scene, low: NDArray[Any], high: NDArray[Any], low_defocused: NDArray[Any]) -> Scene:
    return replace(
        drawn,
        low=low.astype(np.float32),
        high=high.astype(np.float32),
        low_defocused=low_defocused.astype(np.float32),
    )


def _drawn(number: int, family: str, side_px: int) -> Scene:
    """Draw all that is random of a scene but its place."""
    rng = np.random.default_rng([number, side_px])
    mounts = _mount(rng), _mount(rng)
    off_um = rng.uniform(-PARCENTRIC_UM, PARCENTRIC_UM, size=2) / np.sqrt(2)
    matrix = compose(
        invert(_steps(LOW_UM, mounts[0], side_px, np.zeros(2))), _steps(HIGH_UM, mounts[1], side_px, off_um)
    )
    middle = ((side_px - 1) / 2, (side_px - 1) / 2)
    error = rng.uniform(-1, 1, size=4)
    prior = turned(
        matrix,
        about=middle,
        degrees=START_DEG * error[0],
        scale=1 + START_SCALE * error[1],
        shift=START_PX * error[2:],
    )
    nothing = np.empty((0, 0, 3), np.float32)
    bad_um = rng.uniform(*BAD_DEFOCUS_UM) * rng.choice((-1, 1))
    return Scene(
        low=nothing,
        high=nothing,
        low_defocused=nothing,
        matrix=matrix,
        prior=prior,
        mounts=mounts,
        defocus_um=float(rng.uniform(-DEFOCUS_UM, DEFOCUS_UM)),
        bad_defocus_um=float(bad_um),
        family=family,
    )


def _mount(rng: np.random.Generator) -> Mount:
    signs = rng.choice((-1, 1), size=2)
    return Mount(
        rotation_deg=float(rng.uniform(*ROTATION_DEG) * signs[0]),
        scale=1 + float(rng.uniform(*SCALE) * signs[1]),
        shading=float(rng.uniform(*SHADING)),
    )


def _steps(pixel_um: float, mount: Mount, side_px: int, centre_um: Matrix) -> Matrix:
    """Map from pixels to µm about the place."""
    angle = np.deg2rad(mount.rotation_deg)
    turn = pixel_um * mount.scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, centre_um - turn @ np.full(2, (side_px - 1) / 2)])


def _rendered(drawn: Scene, number: int, side_px: int) -> tuple[NDArray[Any], ...]:
    """Look for a place with tissue where HIGH lies, and render it."""
    rng = np.random.default_rng([number, side_px, 1])
    renderer = Renderer(Slide(make_specimen({"kind": drawn.family, "seed": number + 1})))
    plane_um = float(rng.uniform(-PLANE_UM, PLANE_UM))
    while True:
        place_um = rng.uniform(*PLACES_UM, size=2)
        low_um = _steps(LOW_UM, drawn.mounts[0], side_px, place_um)
        high_um = compose(low_um, drawn.matrix)
        high = renderer.render(Grid(matrix=high_um, columns=side_px, rows=side_px), HIGH_LENS, plane_um)
        mask = tissue_mask(high * 255, pixel_um=HIGH_UM, white_level=255, corrected=False)
        if mask.mean() >= LEAST_TISSUE:
            break
    grid = Grid(matrix=low_um, columns=side_px, rows=side_px)
    low = renderer.render(grid, LOW_LENS, plane_um + drawn.defocus_um)
    low_defocused = renderer.render(grid, LOW_LENS, plane_um + drawn.bad_defocus_um)
    return low.astype(np.float16), high.astype(np.float16), low_defocused.astype(np.float16), place_um
