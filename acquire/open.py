"""The only module that names microscope implementations; imports Micro-Manager when it is asked for."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acquire.errors import DeviceError, MicroscopeError, MissingExtraError
from acquire.micromanager import MicroManagerMicroscope
from acquire.riglock import locked
from acquire.rigstate import RigState, open_state
from acquire.stackfile import FreeBytes, disk_free
from calibration.errors import CalibrationError
from calibration.optics import Rig

if TYPE_CHECKING:
    from acquire.simulated.truth import Fuse, Witness

IMAGE_NUMBER = "ImageNumber"
EMPTY_BUFFER = "buffer is empty"
"""What the core says of a running camera before its first frame: "Circular buffer is empty." in MMCore 12."""
CONNECT_TIMEOUT_MS = 5000
MANUAL = "manual"
NONE = "none"
BUFFER_MB = 128
"""Live takes the newest frame only; the default of 1024 costs that much memory and two seconds at each start."""
SMALLEST_BUFFER_MB, FRAMES_KEPT = 1, 2


@contextmanager
def open_microscope(rig: Rig) -> Iterator[MicroManagerMicroscope]:
    """Connect to the microscope that a rig file names, and let it go at the end.

    Loading a Micro-Manager configuration may move hardware, as it does in Micro-Manager itself. Where Z then stands
    counts as focused by hand.

    Parameters
    ----------
    rig : Rig
        Says which core: the demo configuration, the simulated one, an installed or a running Micro-Manager.

    Yields
    ------
    MicroManagerMicroscope
        With the camera properties of the rig file set.

    Raises
    ------
    MissingExtraError
        When pycromanager or the demo adapters are not installed.
    DeviceError
        When the configuration cannot be loaded, no Micro-Manager answers, another program drives the rig, or the rig
        file asks for what is not driven: a nosepiece turned by hand, a hardware focus.
    RigError
        When what stands under `simulated` in the rig file is not known.
    StateError
        When what must be remembered of the rig cannot be written; nothing was connected.
    """
    _check_driven(rig)
    openers = {"demo": _demo, "simulated": _simulated, "in_process": _in_process, "running": _running}
    with locked(rig), _session(rig) as state:
        microscope = openers[rig.source.kind](rig, state)
        try:
            microscope.lock_camera()
            with suppress(MicroscopeError):  # where it cannot be read, the lens goes no nearer
                microscope.take_as_found()
            yield microscope
        finally:
            microscope.close()


@contextmanager
def _session(rig: Rig) -> Iterator[RigState]:
    """Note beginning and end: whatever ends a program without passing here leaves the slide in doubt."""
    state = open_state(rig)
    state.opened(wets=any(objective.wet for objective in rig.objectives))
    try:
        yield state
    finally:
        state.closed()


def open_witness(
    microscope: MicroManagerMicroscope, run: Path, *, objectives: tuple[str, ...], fuse: "Fuse"
) -> "Witness | None":
    """Return who writes down the truth of a simulated capture, or None on any other rig.

    Parameters
    ----------
    microscope : MicroManagerMicroscope
        From `open_microscope`.
    run : Path
        The run folder.
    objectives : tuple of str
        Low and high first, as `parfocal pairs` takes them.
    fuse : callable
        Extended depth of field of a noise-free stack.
    """
    if microscope.rig.source.kind != "simulated" or len(objectives) < len(("low", "high")):
        return None
    from acquire.simulated.truth import Witness

    pictures = microscope.rig.simulated.get("truth", "pictures") == "pictures"
    low, high = objectives[:2]
    return Witness(microscope.core, microscope.rig, run, low=low, high=high, fuse=fuse, pictures=pictures)


def open_disk(microscope: MicroManagerMicroscope) -> FreeBytes:
    """Return what tells how much room a disk has left: on the simulated rig, none when it was told to be full."""
    if microscope.rig.source.kind != "simulated":
        return disk_free
    return lambda folder: int(microscope.core.free_bytes(folder, disk_free))


def _check_driven(rig: Rig) -> None:
    if rig.nosepiece == MANUAL:
        raise DeviceError(
            f"rig {rig.name!r} has a nosepiece turned by hand, which is not driven yet: name the turret device of "
            "Micro-Manager under nosepiece"
        )
    if rig.z.hardware_focus != NONE:
        raise DeviceError(
            f"rig {rig.name!r} has z.hardware_focus {rig.z.hardware_focus!r}, which is not driven yet: write {NONE}"
        )


def _demo(rig: Rig, state: RigState) -> MicroManagerMicroscope:
    adapters = _adapters()
    return _headless(rig, state, adapters, adapters / "MMConfig_demo.cfg")


def _in_process(rig: Rig, state: RigState) -> MicroManagerMicroscope:
    folder, config = Path(rig.source.mm_dir), Path(rig.source.config)
    for path in (folder, config):
        if not path.exists():
            raise DeviceError(
                f"rig {rig.name!r} names {path}, which is not there: correct mm_dir and config in the rig file"
            )
    return _headless(rig, state, folder, config)


def _simulated(rig: Rig, state: RigState) -> MicroManagerMicroscope:
    adapters = _adapters()
    from acquire.simulated.config import write_config
    from acquire.simulated.core import SimulatedCore
    from acquire.simulated.failing import FailingCore
    from acquire.simulated.failures import failures_of

    def simulated(core: Any) -> FailingCore:
        return FailingCore(SimulatedCore(core, rig), rig, failures_of(rig.simulated, rig.simulated.get("seed", 0)))

    with tempfile.TemporaryDirectory() as folder:
        config = write_config(rig, Path(folder))
        return _headless(rig, state, adapters, config, wrap=simulated, clock_of=lambda core: core.time_s)


def _running(rig: Rig, state: RigState) -> MicroManagerMicroscope:
    pycromanager = _pycromanager()
    from mmpycorex import is_pymmcore_active

    if is_pymmcore_active():  # pycromanager would silently give that core, whatever the port
        raise DeviceError(
            f"rig {rig.name!r} asks for the Micro-Manager on port {rig.source.port} while a microscope is open inside "
            "this process: close that one first"
        )
    try:
        _greet(rig.source.port)
        core = pycromanager.Core(port=rig.source.port, timeout=CONNECT_TIMEOUT_MS)
    except Exception as error:
        raise DeviceError(
            f"no Micro-Manager answers on port {rig.source.port} ({error}): "
            "start it and tick Tools > Options > Run server"
        ) from error

    letting_go = core._close  # noqa: SLF001  pyjavaz has no public name for it
    newest = partial(newest_tagged, core)
    return MicroManagerMicroscope(rig=rig, core=core, newest=newest, on_close=letting_go, state=state)


def _greet(port: int) -> None:
    """Connect as pycromanager will: where nobody answers, a thread of its own dies of it with a traceback."""
    import zmq

    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(f"tcp://127.0.0.1:{port}")
        socket.send_json({"command": "connect", "debug": False})
        if not socket.poll(CONNECT_TIMEOUT_MS):
            raise TimeoutError(f"no reply within {CONNECT_TIMEOUT_MS / 1000:g} s")


def newest_tagged(core: Any) -> tuple[str, Any]:
    """Return number and pixels of the newest frame of a running Micro-Manager.

    Raises
    ------
    IndexError
        When there is none yet, which comes as a Java exception and is told by its text.
    """
    try:
        image = core.get_last_tagged_image()
    except Exception as error:
        if EMPTY_BUFFER in str(error).lower():
            raise IndexError(EMPTY_BUFFER) from error
        raise
    return str(image.tags[IMAGE_NUMBER]), image.pix


def _headless(
    rig: Rig,
    state: RigState,
    adapters: Path,
    config: Path,
    *,
    wrap: Callable[[Any], Any] = lambda core: core,
    clock_of: Callable[[Any], Callable[[], float]] = lambda _core: time.time,
) -> MicroManagerMicroscope:
    pycromanager = _pycromanager()
    import pymmcore

    try:
        pycromanager.start_headless(
            mm_app_path=str(adapters), config_file=str(config), python_backend=True, buffer_size_mb=BUFFER_MB
        )
        real = pycromanager.Core()
        core = wrap(real)
    except CalibrationError:  # the rig file asks for a specimen or a fault that there is not
        pycromanager.stop_headless()
        raise
    except Exception as error:
        pycromanager.stop_headless()
        raise DeviceError(
            f"Micro-Manager could not load {config} ({error}): check the configuration, and that pymmcore "
            f"{pymmcore.__version__} has the device interface of the adapters in {adapters}"
        ) from error

    def newest() -> tuple[str, Any]:
        tags = pymmcore.Metadata()
        image = core.get_last_image_md(tags)
        return str(tags.GetSingleTag(IMAGE_NUMBER).GetValue()), image

    def let_go() -> None:
        """Empty the core first: who still holds it, holds its buffer."""
        with suppress(Exception):  # it must hold some frames; what it cannot give back is no reason not to let go
            real.clear_roi()
            frame_bytes = real.get_image_width() * real.get_image_height() * real.get_bytes_per_pixel()
            real.set_circular_buffer_memory_footprint(SMALLEST_BUFFER_MB + FRAMES_KEPT * frame_bytes // 2**20)
        pycromanager.stop_headless()
        _forget(real)

    return MicroManagerMicroscope(rig=rig, core=core, newest=newest, on_close=let_go, state=state, clock=clock_of(core))


def _forget(core: Any) -> None:
    """Let a core end when nobody drives it any more: pycromanager would keep it, and its three threads, for ever."""
    from pycromanager.acquisition.acq_eng_py.internal.engine import Engine

    if hasattr(Engine, "singleton"):
        del Engine.singleton
    vars(core).clear()  # methods bound to itself


def _pycromanager() -> Any:
    try:
        import pycromanager
    except ImportError as error:
        raise MissingExtraError(
            'driving a microscope needs pycromanager: run pip install "parfocal[microscope]", or "parfocal[demo]" '
            "for the demo and the simulated microscope"
        ) from error
    return pycromanager


def _adapters() -> Path:
    try:
        import mm_test_adapters
    except ImportError as error:
        raise MissingExtraError(
            "the demo and the simulated microscope need the Micro-Manager demo devices: "
            'run pip install "parfocal[demo]"'
        ) from error
    return Path(mm_test_adapters.device_adapter_path())
