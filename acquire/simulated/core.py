"""The simulated core: a real Micro-Manager core with real devices, of which only the pixels are replaced."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.detector import brightness, develop, light_field
from acquire.simulated.imaging import Renderer
from acquire.simulated.scene import Pose, Scene, scene_of
from acquire.simulated.specimen import Slide
from acquire.simulated.specimens import make_specimen
from calibration.optics import Rig

Packed = NDArray[np.uint32]

_PIXEL_TYPE = "32bitRGB"
_IMAGE_NUMBER = "ImageNumber"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the simulated microscope truly looked at when it exposed a frame.

    Parameters
    ----------
    pose : Pose
        Objective, place, focus.
    exposure_ms : float
        Of the camera.
    roi : (int, int, int, int)
        x, y, width, height in binned pixels.
    binning : int
        Sensor pixels for each pixel along one axis.
    lit : bool
        Whether the shutter let light through.
    """

    pose: Pose
    exposure_ms: float
    roi: tuple[int, int, int, int]
    binning: int
    lit: bool


class SimulatedCore:
    """A core that answers every call with the real core it wraps, and shows a rendered specimen, not a test pattern.

    Stage, Z, turret, shutter, exposure, sequences and all their errors are those of Micro-Manager's demo devices. A
    frame is rendered from where they stand: at the snap, or for a running sequence when the frame is asked for.

    Parameters
    ----------
    core : mmpycorex core
        In-process, with the configuration of `config.write_config`.
    rig : Rig
        With `simulated`; see `scene.scene_of` and `specimens.make_specimen`.

    Raises
    ------
    RigError
        When `rig.simulated` holds what is not known.
    """

    def __init__(self, core: Any, rig: Rig) -> None:
        self._core = core
        self._rig = rig
        self._renderer = Renderer(Slide(make_specimen(rig.simulated.get("specimen", {}))))
        self._seen: Counter[State] = Counter()
        self._newest: tuple[str, Packed] | None = None
        self.scene: Scene = scene_of(rig)
        self.last_state: State | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    @property
    def renderer(self) -> Renderer:
        """Renders the same slide free of noise, for the truth."""
        return self._renderer

    def snap_image(self) -> None:
        """Expose with the real core, then note where everything stands.

        Raises
        ------
        RuntimeError
            As the real core does, and when the turret's label is no objective of the rig or the camera is not RGB.
        """
        self._core.snap_image()
        self.last_state = self._state()

    def get_image(self, *channel: int) -> Packed:
        """Return the frame of the last snap, shape (rows, columns), each pixel the bytes B, G, R, 0."""
        shape = self._core.get_image(*channel).shape
        if self.last_state is None:
            raise RuntimeError("Issue snapImage before getImage.")
        return self._frame(self.last_state, shape)

    def get_last_image(self) -> Packed:
        """Return the newest frame of a running sequence; IndexError when there is none yet."""
        return self._frame(self._state(), self._core.get_last_image().shape)

    def get_last_image_md(self, *arguments: Any) -> Packed:
        """Return the newest frame and fill the metadata, the last argument; one image number is one frame."""
        shape = self._core.get_last_image_md(*arguments).shape
        number = str(arguments[-1].GetSingleTag(_IMAGE_NUMBER).GetValue())
        if self._newest is None or self._newest[0] != number or self._newest[1].shape != shape:
            self._newest = number, self._frame(self._state(), shape)
        return self._newest[1]

    def pop_next_image(self) -> Packed:
        """Take the next frame of a sequence out of the buffer."""
        return self._frame(self._state(), self._core.pop_next_image().shape)

    def pop_next_image_md(self, *arguments: Any) -> Packed:
        """Take the next frame of a sequence out of the buffer and fill the metadata."""
        return self._frame(self._state(), self._core.pop_next_image_md(*arguments).shape)

    def start_continuous_sequence_acquisition(self, interval_ms: float) -> None:
        """Start the real camera; its frame numbers begin again."""
        self._newest = None
        self._core.start_continuous_sequence_acquisition(interval_ms)

    def _state(self) -> State:
        core = self._core
        camera = core.get_camera_device()
        pixel_type = core.get_property(camera, "PixelType")
        if pixel_type != _PIXEL_TYPE:
            raise RuntimeError(
                f"the simulated camera renders PixelType {_PIXEL_TYPE} only and is set to {pixel_type}: set it back"
            )
        x, y, width, height = core.get_roi()
        return State(
            pose=self._pose(),
            exposure_ms=float(core.get_exposure()),
            roi=(int(x), int(y), int(width), int(height)),
            binning=int(core.get_property(camera, "Binning")),
            lit=bool(core.get_auto_shutter() or core.get_shutter_open()),
        )

    def _pose(self) -> Pose:
        core, objective = self._core, self._objective()
        x_um, y_um = float(core.get_x_position()), float(core.get_y_position())
        z_um = float(core.get_position(self._rig.z.device))
        surface_um = self._renderer.slide.specimen.surface_um(*self.scene.centre_um(objective, x_um, y_um))
        return self.scene.pose(objective=objective, stage_um=(x_um, y_um, z_um), surface_um=surface_um)

    def _objective(self) -> str:
        label = self._core.get_state_label(self._rig.nosepiece)
        for objective in self._rig.objectives:
            if objective.label == label:
                return objective.name
        raise RuntimeError(
            f"the turret reads {label!r}, which is none of {[o.label for o in self._rig.objectives]}: "
            "nothing can be rendered through it"
        )

    def _frame(self, state: State, shape: tuple[int, int]) -> Packed:
        if shape != (state.roi[3], state.roi[2]):
            raise RuntimeError(f"the camera gave a frame of {shape} and its region of interest is {state.roi}")
        scene, pose = self.scene, state.pose
        grid = scene.grid(pose, roi=state.roi, binning=state.binning)
        transmission = self._renderer.render(grid, scene.lens(pose.objective), pose.depth_um)
        light = light_field(
            f"{scene.seed} {pose.objective}",
            scene.mounts[pose.objective].shading,
            frame=self._rig.camera.size_px,
            roi=state.roi,
            binning=state.binning,
        )
        magnification = self._rig.objective(pose.objective).magnification
        filled = state.lit * brightness(exposure_ms=state.exposure_ms, magnification=magnification)
        pixels = develop(transmission, light, scene.sensor, filled=filled, noise_key=self._noise_key(state))
        packed = np.zeros((*shape, 4), np.uint8)
        packed[..., :3] = pixels[..., ::-1]
        return packed.view(np.uint32)[..., 0]

    def _noise_key(self, state: State) -> str:
        """Name the frame, so that a resumed run gets the noise of an unbroken one, and a second snap another."""
        place = tuple(round(value, 3) for value in state.pose.stage_um)
        repetition = self._seen[state]
        self._seen[state] += 1
        return f"{self.scene.seed} {state.pose.objective} {place} {state.exposure_ms} {repetition}"
