"""The simulated core: a real Micro-Manager core with real devices, of which only the pixels are replaced."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from acquire.simulated.camera import Delivered, SimulatedCamera, State
from acquire.simulated.carriage import Carriage, Point
from acquire.simulated.imaging import Renderer
from acquire.simulated.scene import Pose, Scene, scene_of
from acquire.simulated.specimens.kinds import fidelity_of, make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.standing import StandingClock
from calibration.optics import Rig

_IMAGE_NUMBER = "ImageNumber"


class SimulatedCore:
    """A core that answers every call with the real core it wraps, and shows a rendered specimen, not a test pattern.

    Stage, Z, turret, shutter, exposure, sequences and all their errors are those of Micro-Manager's demo devices. A
    frame is rendered from where they truly carry the slide (`carriage`): at the snap, or for a running sequence when
    the frame is asked for.

    Parameters
    ----------
    core : mmpycorex core
        In-process, with the configuration of `config.write_config`.
    rig : Rig
        With `simulated`; see `scene.scene_of` and `specimens.kinds.make_specimen`.
    clock : callable
        Seconds, for lamp and drift, which begin now; it stands still while a picture is computed.

    Raises
    ------
    RigError
        When `rig.simulated` holds what is not known.
    """

    def __init__(self, core: Any, rig: Rig, clock: Callable[[], float] = time.monotonic) -> None:
        told = rig.simulated
        self._core = core
        self._rig = rig
        self._clock = StandingClock(clock)
        self._began_s, self._epoch_s = self._clock(), time.time()
        self._exposed: Counter[str] = Counter()
        self._newest: tuple[str, Delivered] | None = None
        self._handled = False
        self.scene: Scene = scene_of(rig)
        self.renderer = Renderer(Slide(make_specimen(told.get("specimen", {}))), fidelity_of(told))
        self.last_state: State | None = None
        self._carriage = Carriage(stage=self.scene.faults.stage, seed=self.scene.seed)
        self._camera = SimulatedCamera(rig, self.scene, self.renderer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def snap_image(self) -> None:
        """Expose with the real core, then note where everything stands.

        Raises
        ------
        RuntimeError
            As the real core does, and when the turret's label is no objective of the rig or the camera is not set to
            the pixel type that is rendered.
        """
        self._core.snap_image()
        self.last_state = self._state()

    def get_image(self, *channel: int) -> Delivered:
        """Return the frame of the last snap, in the bytes of a real camera of that pixel type."""
        shape = self._core.get_image(*channel).shape
        if self.last_state is None:
            raise RuntimeError("Issue snapImage before getImage.")
        return self._frame(self.last_state, shape)

    def get_last_image(self) -> Delivered:
        """Return the newest frame of a running sequence; IndexError when there is none yet."""
        return self._frame(self._state(), self._core.get_last_image().shape)

    def get_last_image_md(self, *arguments: Any) -> Delivered:
        """Return the newest frame and fill the metadata, the last argument; one image number is one frame."""
        shape = self._core.get_last_image_md(*arguments).shape
        number = str(arguments[-1].GetSingleTag(_IMAGE_NUMBER).GetValue())
        if self._newest is None or self._newest[0] != number or self._newest[1].shape != shape:
            self._newest = number, self._frame(self._state(), shape)
        return self._newest[1]

    def pop_next_image(self) -> Delivered:
        """Take the next frame of a sequence out of the buffer."""
        return self._frame(self._state(), self._core.pop_next_image().shape)

    def pop_next_image_md(self, *arguments: Any) -> Delivered:
        """Take the next frame of a sequence out of the buffer and fill the metadata."""
        return self._frame(self._state(), self._core.pop_next_image_md(*arguments).shape)

    def start_continuous_sequence_acquisition(self, interval_ms: float) -> None:
        """Start the real camera; its frame numbers begin again."""
        self._newest = None
        self._core.start_continuous_sequence_acquisition(interval_ms)

    def set_xy_position(self, *target: Any) -> None:
        """Move the real stage; what it carries follows with its play and another error."""
        self._turns(stage=True)
        self._core.set_xy_position(*target)

    def set_relative_xy_position(self, *step: Any) -> None:
        """Move the real stage by a step."""
        self._turns(stage=True)
        self._core.set_relative_xy_position(*step)

    def set_position(self, *target: Any) -> None:
        """Move the real focus drive."""
        self._turns(stage=False)
        self._core.set_position(*target)

    def set_relative_position(self, *step: Any) -> None:
        """Move the real focus drive by a step."""
        self._turns(stage=False)
        self._core.set_relative_position(*step)

    def get_x_position(self, *stage: str) -> float:
        """Return where the stage says it stands: at a multiple of its motor's step."""
        return self._carriage.stepped(float(self._core.get_x_position(*stage)))

    def get_y_position(self, *stage: str) -> float:
        """Return where the stage says it stands: at a multiple of its motor's step."""
        return self._carriage.stepped(float(self._core.get_y_position(*stage)))

    def get_xy_position(self, *stage: str) -> list[float]:
        """Return where the stage says it stands along both axes."""
        return [self.get_x_position(*stage), self.get_y_position(*stage)]

    def time_s(self) -> float:
        """Return the time of this microscope, in seconds since the epoch when it is opened."""
        return self._epoch_s + self._clock() - self._began_s

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Let no time pass for lamp and drift: something is computed that a real microscope does not."""
        with self._clock.standing():
            yield

    def true_um(self) -> Point:
        """Return where the slide truly is, drift taken off, in the coordinates of the stage and the focus drive."""
        x_um, y_um, coarse_um, fine_um = self._drives_um()
        x, y, z = self._carriage.carries_to((x_um, y_um, coarse_um), self._clock() - self._began_s)
        return x, y, z + fine_um

    def _turns(self, *, stage: bool) -> None:
        self._carriage.turns(self._drives_um()[:3])
        if stage:
            self._carriage.leaves()

    def _drives_um(self) -> tuple[float, float, float, float]:
        drives = self._rig.z
        fine_um = float(self._core.get_position(drives.fine)) if drives.fine != "none" else 0.0
        return self.get_x_position(), self.get_y_position(), float(self._core.get_position(drives.device)), fine_um

    def _state(self) -> State:
        core = self._core
        camera = core.get_camera_device()
        pixel_type = core.get_property(camera, "PixelType")
        if pixel_type != self._camera.pixel_type:
            raise RuntimeError(
                f"the simulated camera renders PixelType {self._camera.pixel_type} and is set to {pixel_type}: "
                "set it back"
            )
        x, y, width, height = core.get_roi()
        x_um, y_um, coarse_um, fine_um = self._drives_um()
        return State(
            pose=self._pose(),
            read_um=(x_um, y_um, coarse_um + fine_um),
            exposure_ms=float(core.get_exposure()),
            roi=(int(x), int(y), int(width), int(height)),
            binning=int(core.get_property(camera, "Binning")),
            light=self._light() if core.get_auto_shutter() or core.get_shutter_open() else 0.0,
        )

    def _pose(self) -> Pose:
        objective, stage_um = self._objective(), self.true_um()
        self._handled = self._handled or self._rig.objective(objective).wet
        centre_um = self.scene.centre_um(objective, *stage_um[:2], handled=self._handled)
        surface_um = float(self.renderer.slide.specimen.surface_um(np.array(centre_um[0]), np.array(centre_um[1])))
        return self.scene.pose(objective=objective, stage_um=stage_um, surface_um=surface_um, handled=self._handled)

    def _light(self) -> float:
        lamp, seconds = self.scene.faults.lamp, self._clock() - self._began_s
        return 1 - lamp.warm_up * math.exp(-seconds / lamp.warm_up_s)

    def _objective(self) -> str:
        label = self._core.get_state_label(self._rig.nosepiece)
        for objective in self._rig.objectives:
            if objective.label == label:
                return objective.name
        raise RuntimeError(
            f"the turret reads {label!r}, which is none of {[o.label for o in self._rig.objectives]}: "
            "nothing can be rendered through it"
        )

    def _frame(self, state: State, shape: tuple[int, int]) -> Delivered:
        if shape != (state.roi[3], state.roi[2]):
            raise RuntimeError(f"the camera gave a frame of {shape} and its region of interest is {state.roi}")
        with self.standing():
            return self._camera.frame(state, self._noise_key(state))

    def _noise_key(self, state: State) -> str:
        """Name the frame, so that a resumed run gets the noise of an unbroken one, and a second snap another."""
        place = tuple(round(value, 3) for value in state.read_um)
        name = f"{self.scene.seed} {state.pose.objective} {place} {state.exposure_ms} {state.roi} {state.binning}"
        repetition = self._exposed[name]
        self._exposed[name] += 1
        return f"{name} {repetition}"
