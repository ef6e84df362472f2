"""Fields of the simulated 40x for `benchmarks.novelty`: sound ones, of other pixel sizes, and out of focus.

Each is rendered straight through the optics of a rig with realistic faults, exposed, and corrected by a flat field that
is a little wrong, as a measured one is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.detector import brightness, develop, light_field
from acquire.simulated.imaging import Renderer
from acquire.simulated.scene import scene_of
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide
from calibration.flatfield import Correction, correct
from calibration.rig import load_rig
from calibration.transfer import focus_ratio

Picture = NDArray[np.uint8]

TRAINING_RIGS = (11, 12, 13, 14)
TEST_RIGS = (21, 22, 23)
TRAINING_SITES, TRAINING_PX = 12, 192
"""For each slide; a field of the 100x covers as much of the 40x's."""
TEST_SITES, TEST_PX = 8, 256
PIXEL_FACTORS = (0.5, 0.7, 1.4, 2.0)
DRIVE_UM = (0.3, 0.6, 0.9, 1.5, 2.0, 3.0)
"""Defocus by the focus drive, to both sides; in the section the focus of a dry 0.95 lens moves 1.88 times as far."""
SECTION_UM = (0.3, 0.6, 0.9, 1.5)
"""Defocus counted in the section."""
FOCUS_ERROR_UM = 0.2
"""Standard deviation of the focus of a sound field: autofocus, the surface between its points, and the stage."""
FLAT_ERROR = 0.005
"""Standard deviation of the level and of the slopes that a measured flat field leaves, in each colour."""
EXPOSURE_MS = 8.0
_WHITE = 255.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One field of one slide on one rig.

    Parameters
    ----------
    kind : str
        Family of the tissue.
    seed : int
        Of the tissue.
    rig_seed : int
        Of the rig's faults.
    number : int
        Of the site.
    """

    kind: str
    seed: int
    rig_seed: int
    number: int

    @property
    def centre_um(self) -> tuple[float, float]:
        """Stage position, no tissue shared between numbers."""
        return 500.0 + 130.0 * (self.number % 6), 500.0 + 130.0 * (self.number // 6)


class Exposures:
    """Exposes places of one slide; what was rendered of the last place is kept."""

    def __init__(self, place: Place, *, side_px: int, pixel_factor: float = 1.0) -> None:
        rig = load_rig("simulated")
        camera = replace(rig.camera, size_px=(side_px, side_px), pixel_um=rig.camera.pixel_um * pixel_factor)
        told = {"faults": "realistic", "seed": place.rig_seed}
        self._scene = scene_of(replace(rig, camera=camera, simulated=told))
        self._renderer = Renderer(Slide(make_specimen({"kind": place.kind, "seed": place.seed})))
        self._side_px = side_px

    def expose(self, place: Place, *, focus_um: float) -> Picture:
        """Return the corrected frame of a place with the focus so far from mid-section."""
        scene, side = self._scene, self._side_px
        roi = (0, 0, side, side)
        rng = np.random.default_rng([place.rig_seed, place.seed, place.number, round(1000 * abs(focus_um))])
        pose = scene.pose(objective="40x", stage_um=(*place.centre_um, 0.0))
        seen = self._renderer.render(scene.grid(pose, roi=roi), scene.lens("40x"), focus_um)
        light = light_field(f"{scene.seed} 40x", scene.mounts["40x"], frame=(side, side), roi=roi, binning=1)
        light = light * np.float32(brightness(exposure_ms=EXPOSURE_MS, magnification=40.0))
        light *= np.array(scene.sensor.gains, np.float32)
        electrons = seen * light * np.float32(scene.sensor.full_well_e)
        pixels = develop(electrons, scene.sensor, noise_key=f"{place} {focus_um}")
        flat = Correction(dark=np.zeros((1, 1, 3), np.float32), flat=light * _flat_error(side, rng))
        return correct(pixels, flat, white_level=_WHITE).astype(np.uint8)


def _flat_error(side_px: int, rng: np.random.Generator) -> NDArray[np.float32]:
    across = np.linspace(-1, 1, side_px, dtype=np.float32)
    level, x, y = rng.normal(scale=FLAT_ERROR, size=(3, 3)).astype(np.float32)
    return np.asarray(1 + level + x * across[:, None] + y * across[:, None, None])


def _places(rigs: tuple[int, ...], sites: int, *, seed: int) -> Iterator[Place]:
    for rig in rigs:
        for number, kind in enumerate(TISSUES):
            for site in range(sites):
                yield Place(kind=kind, seed=100 * rig + number + seed, rig_seed=rig, number=site)


def training_fields() -> list[Picture]:
    """Render fields as a network is trained on."""
    return [_sound(place, TRAINING_PX) for place in _places(TRAINING_RIGS, TRAINING_SITES, seed=0)]


def sound_fields(kind: str) -> list[Picture]:
    """Render fields of unseen slides of a family, on unseen rigs."""
    places = _places(TEST_RIGS, TEST_SITES, seed=50)
    return [_sound(place, TEST_PX) for place in places if place.kind == kind]


def scaled_fields(factor: float) -> list[Picture]:
    """Render fields of unseen slides by a camera whose pixels are `factor` times as large."""
    return [
        Exposures(place, side_px=TEST_PX, pixel_factor=factor).expose(place, focus_um=_error(place))
        for place in _places(TEST_RIGS, TEST_SITES // 2, seed=50)
    ]


def defocused_fields() -> dict[float, list[Picture]]:
    """Render fields of unseen slides at each defocus, to either side; by its depth in the section."""
    dry = load_rig("simulated").objective("40x")
    depths = sorted({*SECTION_UM, *(focus_ratio(dry) * drive for drive in DRIVE_UM)})
    found: dict[float, list[Picture]] = {depth: [] for depth in depths}
    for place in _places(TEST_RIGS, TEST_SITES // 2, seed=50):
        exposures = Exposures(place, side_px=TEST_PX)
        for depth in depths:
            found[depth] += [exposures.expose(place, focus_um=sign * depth) for sign in (-1, 1)]
    return found


def cached(path: Path) -> dict[str, NDArray[np.uint8]]:
    """Render all fields, or read them where they were rendered before; pictures of each class, stacked."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        rendered: dict[str, Any] = {name: np.stack(fields) for name, fields in _all()}
        np.savez(path, **rendered)
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def _all() -> Iterator[tuple[str, list[Picture]]]:
    yield "training", training_fields()
    for kind in TISSUES:
        yield f"sound {kind}", sound_fields(kind)
    for factor in PIXEL_FACTORS:
        yield f"pixel {factor:g}", scaled_fields(factor)
    for depth, fields in defocused_fields().items():
        yield f"defocus {depth:.2f}", fields


def _sound(place: Place, side_px: int) -> Picture:
    return Exposures(place, side_px=side_px).expose(place, focus_um=_error(place))


def _error(place: Place) -> float:
    rng = np.random.default_rng([place.seed, place.number])
    return float(np.clip(rng.normal(scale=FOCUS_ERROR_UM), -1.5 * FOCUS_ERROR_UM, 1.5 * FOCUS_ERROR_UM))
