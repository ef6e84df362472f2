"""The tiles of a mosaic: those of a captured run through one objective, or any pictures with known places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from acquire.runfolder import RunFolder
from calibration.flatfield import Pixels, correct
from calibration.neighbours import Positions, checked_positions
from calibration.stagefit import CALIBRATED_STRAIN, UNCALIBRATED_STRAIN
from enhance.errors import ImageError
from enhance.picturefile import read_picture

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tiles:
    """Pictures of one size that show parts of one thing.

    Parameters
    ----------
    names : tuple of str
        Of the tiles.
    prior_px : ndarray, shape (tiles, 2)
        Position (x, y) of each by the stage, in pixels.
    read : callable
        Gives tile `number` as uint8 or uint16 of shape (rows, columns, 3), with even light where that is possible.
    white_level : float
        Pixel value of saturation.
    pixel_um : float or None
        Pixel size.
    strain : float
        By how much the stage's steps may be scaled or turned in the picture against `prior_px`.
    description : str
        Where they come from.
    notes : tuple of str
        What a person should know of them.
    """

    names: tuple[str, ...]
    prior_px: Positions
    read: Callable[[int], Pixels]
    white_level: float
    pixel_um: float | None = None
    strain: float = UNCALIBRATED_STRAIN
    description: str = ""
    notes: tuple[str, ...] = ()


def tiles_of_run(run: RunFolder, objective: str | None = None) -> Tiles:
    """Give the tiles that a run holds of one objective: of a focal stack its middle plane, dark and flat taken out.

    Parameters
    ----------
    run : RunFolder
        Captured, whole or in part.
    objective : str, optional
        Name in the rig file; the first of the plan when not given.

    Raises
    ------
    ImageError
        When the run has no tile of that objective.
    """
    name = objective or run.objectives[0]
    sites = [site for site in run.sites() if (site, name) in run.stored]
    if not sites:
        raise ImageError(
            f"run {run.path.name} holds no site with {name!r}; its objectives are {list(run.objectives)}: name one of "
            "these, or capture first"
        )
    entries = [run.stored[site, name] for site in sites]
    stage_um = np.array([entry["position_um"][:2] for entry in entries], dtype=np.float64)
    matrix, pixel_um = _stage_matrix(run, name, int(entries[0]["binning"]))
    return Tiles(
        names=tuple(sites),
        prior_px=stage_um @ np.linalg.inv(matrix).T,
        read=lambda number: _corrected_middle(run, sites[number], name),
        white_level=float(entries[0]["white_level"]),
        pixel_um=pixel_um,
        strain=CALIBRATED_STRAIN if run.calibration and name in run.calibration.objectives else UNCALIBRATED_STRAIN,
        description=_description(run, name, simulated=bool(entries[0]["simulated"])),
        notes=tuple(_notes(run, name)),
    )


def tiles_of_files(files: Sequence[Path], places_px: ArrayLike, *, pixel_um: float | None = None) -> Tiles:
    """Give picture files as tiles, taken as they are.

    Parameters
    ----------
    files : sequence of Path
        One picture each, of one size and kind.
    places_px : array_like, shape (tiles, 2)
        Expected position (x, y) of each, in pixels.
    pixel_um : float, optional
        Pixel size.

    Raises
    ------
    ImageError
        When places and files are not as many, or the first file is no picture of 8 or 16 bits.
    """
    prior = checked_positions(places_px)
    if len(prior) != len(files):
        raise ImageError(f"{len(files)} pictures and {len(prior)} places were given: give one place for each picture")
    first = read_picture(files[0])
    if first.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"{files[0].name} has {first.dtype} pixels: give pictures of 8 or 16 bits")
    return Tiles(
        names=tuple(file.name for file in files),
        prior_px=prior,
        read=lambda number: read_picture(files[number]),
        white_level=float(np.iinfo(first.dtype).max),
        pixel_um=pixel_um,
        description=f"from {len(files)} picture files",
    )


def _stage_matrix(run: RunFolder, objective: str, binning: int) -> tuple[Array, float]:
    """S in µm per pixel, measured where there is a calibration, else nominal with the camera taken as upright."""
    measured = run.calibration.objectives.get(objective) if run.calibration else None
    if measured is not None:
        return np.array(measured.stage_um_per_px), measured.pixel_um.value
    pixel_um = run.rig.pixel_um(objective) * binning
    return pixel_um * np.eye(2), pixel_um


def _corrected_middle(run: RunFolder, site: str, objective: str) -> Pixels:
    stack = run.read(site, objective)
    plane = stack.pixels[len(stack.z_um) // 2]
    correction = run.calibration.corrections.get(objective) if run.calibration else None
    return plane if correction is None else correct(plane, correction, white_level=stack.white_level)


def _description(run: RunFolder, objective: str, *, simulated: bool) -> str:
    origin = "Simulated pixels" if simulated else "Camera pixels"
    light = "even light" if run.calibration and objective in run.calibration.corrections else "light as it was"
    return f"{origin}, {light}; slide {run.slide}, objective {run.rig.objective(objective).label}"


def _notes(run: RunFolder, objective: str) -> list[str]:
    notes = []
    wanted = [visit.site for visit in run.plan.visits(run.rig, run.calibration) if visit.objective == objective]
    missing = sum((site, objective) not in run.stored for site in wanted)
    if missing:
        notes.append(f"{missing} sites of the plan are not captured yet with {objective} and stay empty")
    if run.calibration is None:
        notes.append("the run has no calibration: light is not evened, and the camera is taken as upright on the stage")
    return notes
