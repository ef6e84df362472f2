"""The simulated camera: from where everything stands to the bytes that the core would deliver."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.chance import drawing
from acquire.simulated.detector import Region, brightness, develop, light_field, mosaic, stuck_pixels
from acquire.simulated.imaging import Renderer
from acquire.simulated.scene import Pose, Scene
from calibration.optics import Rig

Image = NDArray[np.float32]
Delivered = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32] | NDArray[np.uint64]

_CHANNELS = 4  # B, G, R and one that is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the simulated microscope truly looked at when it exposed a frame.

    Parameters
    ----------
    pose : Pose
        Objective, place, focus.
    read_um : (float, float, float)
        Where stage and focus drive said that they stood.
    exposure_ms : float
        Of the camera.
    roi : (int, int, int, int)
        x, y, width, height in binned pixels.
    binning : int
        Sensor pixels for each pixel along one axis.
    light : float
        Of the lamp, 1 when warm; 0 behind a closed shutter.
    """

    pose: Pose
    read_um: tuple[float, float, float]
    exposure_ms: float
    roi: Region
    binning: int
    light: float


class SimulatedCamera:
    """Exposes the slide; keeps the last picture free of noise, so that a frame at rest costs its noise only.

    Parameters
    ----------
    rig : Rig
        Size and filters of the sensor, the objectives.
    scene : Scene
        What the rig truly is.
    renderer : Renderer
        Of the slide.
    """

    def __init__(self, rig: Rig, scene: Scene, renderer: Renderer) -> None:
        self._rig = rig
        self._scene = scene
        self._renderer = renderer
        self._last: tuple[tuple[Pose, Region, int], Image] | None = None

    @property
    def pixel_type(self) -> str:
        """What the core must be set to for these bytes."""
        return self._scene.sensor.pixel_type(self._rig.camera.bayer)

    def frame(self, state: State, noise_key: str) -> Delivered:
        """Return the bytes of a frame: packed B, G, R, 0, or one value for each pixel behind its filter."""
        pixels = develop(self._electrons(state, noise_key), self._scene.sensor, noise_key=noise_key)
        self._stick(pixels, state)
        if pixels.shape[2] == 1:
            return pixels[..., 0]
        packed = np.zeros((*pixels.shape[:2], _CHANNELS), pixels.dtype)
        packed[..., :3] = pixels[..., ::-1]
        return packed.view(np.uint32)[..., 0] if pixels.itemsize == 1 else packed.view(np.uint64)[..., 0]

    def _electrons(self, state: State, noise_key: str) -> Image:
        scene, magnification = self._scene, self._rig.objective(state.pose.objective).magnification
        filled = state.light * brightness(exposure_ms=state.exposure_ms, magnification=magnification)
        flicker = scene.faults.lamp.flicker
        if flicker:
            filled *= 1 + drawing(f"{noise_key} flicker").normal(scale=flicker)
        electrons: Image = self._lit(state) * np.float32(filled * scene.sensor.full_well_e)
        if self._rig.camera.bayer != "none":
            return mosaic(electrons, self._rig.camera.bayer, state.roi)
        return electrons

    def _lit(self, state: State) -> Image:
        """Transmission under this objective's light and the camera's gains: 1 is a full well behind empty glass."""
        key = state.pose, state.roi, state.binning
        if self._last is None or self._last[0] != key:
            scene, pose = self._scene, state.pose
            grid = scene.grid(pose, roi=state.roi, binning=state.binning)
            seen = self._renderer.render(
                grid, scene.lens(pose.objective), pose.depth_um, relief=scene.relief(pose.objective)
            )
            seen *= light_field(
                f"{scene.seed} {pose.objective}",
                scene.mounts[pose.objective],
                frame=self._rig.camera.size_px,
                roi=state.roi,
                binning=state.binning,
            )
            seen *= np.array(scene.sensor.gains, np.float32)
            self._last = key, seen
        return self._last[1]

    def _stick(self, pixels: NDArray[np.generic], state: State) -> None:
        sensor = self._scene.sensor
        if sensor.dead and state.binning == 1:
            row, column, white = stuck_pixels(
                self._scene.seed, sensor.dead, frame=self._rig.camera.size_px, roi=state.roi
            )
            pixels[row, column] = (white * sensor.white_level)[:, None]
