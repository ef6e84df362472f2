"""What can be checked of a connected microscope without moving it: devices, labels, position, camera, pixel sizes."""

from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

from acquire.item import Item
from acquire.micromanager import MicroManagerMicroscope

PIXEL_SIZE_TOLERANCE = 0.02
"""A larger disagreement between Micro-Manager's pixel size and the rig file's is a mistake in one of them."""


def check_microscope(microscope: MicroManagerMicroscope) -> list[Item]:
    """Look at devices, labels, pixel sizes and limits of a connected microscope; moves nothing.

    Parameters
    ----------
    microscope : MicroManagerMicroscope
        From `acquire.open.open_microscope`.

    Returns
    -------
    list of Item
        In the order a person would look.
    """
    items = [Item(name="versions", state="pass", says=_versions(microscope))]
    for look in (_devices, _labels, _position, _camera, _pixel_sizes):
        items.extend(_guarded(look, microscope))
    return items


def _guarded(
    look: Callable[[MicroManagerMicroscope], Iterator[Item]], microscope: MicroManagerMicroscope
) -> list[Item]:
    try:
        return list(look(microscope))
    except Exception as error:  # whatever a device raises is what this check is for
        return [Item(name=look.__name__.strip("_").replace("_", " "), state="fail", says=str(error))]


def names(listed: Any) -> list[str]:
    """Return the names in what a core lists: a tuple, or over ZMQ a Java vector that cannot be iterated."""
    if isinstance(listed, list | tuple):
        return [str(name) for name in listed]
    return [str(listed.get(number)) for number in range(int(listed.size()))]


def _versions(microscope: MicroManagerMicroscope) -> str:
    core = microscope.core
    return f"Parfocal {metadata.version('parfocal')}, {core.get_version_info()}, {core.get_api_version_info()}"


def _devices(microscope: MicroManagerMicroscope) -> Iterator[Item]:
    rig, loaded = microscope.rig, names(microscope.core.get_loaded_devices())
    wanted = {"nosepiece": rig.nosepiece, "focus drive": rig.z.device}
    for role, name in wanted.items():
        there = name in loaded
        says = name if there else f"{name!r} is not loaded; there are {loaded}: correct the rig file"
        yield Item(name=role, state="pass" if there else "fail", says=says)
    for role, name in {
        "stage": microscope.core.get_xy_stage_device(),
        "camera": microscope.core.get_camera_device(),
    }.items():
        yield Item(name=role, state="pass" if name else "fail", says=name or "none is set in the configuration")


def _labels(microscope: MicroManagerMicroscope) -> Iterator[Item]:
    rig = microscope.rig
    labels = names(microscope.core.get_state_labels(rig.nosepiece))
    for objective in rig.objectives:
        there = objective.label in labels
        says = (
            objective.label
            if there
            else (f"{objective.label!r} is not in the turret {labels}: choose one of these or edit objectives in it")
        )
        yield Item(name=f"objective {objective.name}", state="pass" if there else "fail", says=says)
    yield Item(name="in place", state="pass", says=f"{microscope.objective.name}, read from the turret")


def _position(microscope: MicroManagerMicroscope) -> Iterator[Item]:
    here, limits = microscope.position_um, microscope.rig.limits_um
    for axis in ("x", "y", "z"):
        value, (low, high) = getattr(here, axis), getattr(limits, axis)
        inside = low <= value <= high
        says = f"{value:.2f} µm in [{low:g}, {high:g}]"
        if not inside:
            says = f"{value:.2f} µm is outside limits_um [{low:g}, {high:g}]: correct one of them"
        yield Item(name=f"position {axis}", state="pass" if inside else "fail", says=says)


def _camera(microscope: MicroManagerMicroscope) -> Iterator[Item]:
    columns, rows = int(microscope.core.get_image_width()), int(microscope.core.get_image_height())
    same = (columns, rows) == tuple(microscope.rig.camera.size_px)
    says = f"{columns}×{rows} pixels"
    if not same:
        says += f", but size_px says {list(microscope.rig.camera.size_px)}: correct it, or reset ROI and binning"
    yield Item(name="frame size", state="pass" if same else "fail", says=says)
    locked = microscope.lock_camera()
    says = ", ".join(f"{name} = {value}" for name, value in locked.items()) or "nothing is locked"
    yield Item(name="camera lock", state="pass", says=says)


def _pixel_sizes(microscope: MicroManagerMicroscope) -> Iterator[Item]:
    rig, objective = microscope.rig, microscope.objective
    reported_um, nominal_um = float(microscope.core.get_pixel_size_um()), rig.pixel_um(objective.name)
    name = f"pixel size {objective.name}"
    if not reported_um:
        says = "Micro-Manager has none for this turret label (0.0): add one there, or rely on `parfocal calibrate`"
        yield Item(name=name, state="warn", says=says)
        return
    agree = abs(reported_um / nominal_um - 1) <= PIXEL_SIZE_TOLERANCE
    says = f"Micro-Manager says {reported_um:g} µm, the rig file {nominal_um:g} µm"
    yield Item(
        name=name,
        state="pass" if agree else "warn",
        says=says if agree else f"{says}: calibrate, and correct the wrong one",
    )
