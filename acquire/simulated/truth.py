"""The witness of a simulated capture: what the microscope truly looked at, and what a perfect one would show."""

import json
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.camera import State
from acquire.simulated.core import SimulatedCore
from acquire.simulated.lens import Grid
from acquire.simulated.scene import Pose, Scene
from acquire.truthfile import FOLDER, Picture, Truth, write_json, write_truth
from calibration.affine import compose, invert, scaling
from calibration.flatfield import GLASS_LEVEL
from calibration.optics import Rig

Image = NDArray[np.float32]
Fuse = Callable[[Image], Image]
"""Extended depth of field: (planes, rows, columns, 3) in 0 … 1 to (rows, columns, 3)."""

_WHITE_LEVEL = 65_535
_LARGEST_RATIO_TERM = 20  # magnifications are ratios of small whole numbers


class Witness:
    """Keeps the true poses of a capture and writes the truth of each site once both objectives have been there.

    Parameters
    ----------
    core : SimulatedCore
        The camera that is watched.
    rig : Rig
        Its rig.
    folder : Path
        The run folder; truth goes into a folder of its own inside it.
    low, high : str
        Names of the two objectives.
    fuse : callable
        Applied to the noise-free stack.
    pictures : bool
        Whether pictures are rendered, or the transforms only.
    """

    def __init__(
        self, core: SimulatedCore, rig: Rig, folder: Path, *, low: str, high: str, fuse: Fuse, pictures: bool
    ) -> None:
        self._core = core
        self._folder = folder
        self._low, self._high = low, high
        self._fuse = fuse
        self._pictures = pictures
        magnifications = rig.objective(high).magnification / rig.objective(low).magnification
        self._ratio = Fraction(magnifications).limit_denominator(_LARGEST_RATIO_TERM)
        self._states: dict[tuple[str, str], dict[int, State]] = {}

    def observe(self, site: str, objective: str, index: int) -> None:
        """Take note of the plane just exposed; a plane exposed again replaces its first try.

        Parameters
        ----------
        site, objective : str
            Which stack it belongs to.
        index : int
            Number of the plane in the stack.
        """
        state = self._core.last_state
        if state is not None:
            self._states.setdefault((site, objective), {})[index] = state

    def keep(self, site: str, objective: str) -> None:
        """Put on disk what was noted of a stack; a truth that was written from an earlier try of it is dropped."""
        states = self._states.pop((site, objective), {})
        ordered = [asdict(states[index]) for index in sorted(states)]
        for earlier in self._resting_on(site, objective):
            earlier.unlink(missing_ok=True)
        write_json(self._states_path(site, objective), {"simulated": True, "states": ordered})

    def write(self, site: str, *, partner: str | None = None) -> None:
        """Write the truth of a field once both stacks were kept, in whichever session; never a second time.

        Parameters
        ----------
        site : str
            Of the high objective.
        partner : str, optional
            Site of the low objective that shows the field; the same site when not given.
        """
        known = [self._states_path(partner or site, self._low), self._states_path(site, self._high)]
        if all(path.is_file() for path in known) and not (self._folder / FOLDER / f"{site}.json").is_file():
            with self._core.standing():
                self._write_truth(site, *(_read_states(path) for path in known))

    def _resting_on(self, site: str, objective: str) -> list[Path]:
        """Truths that a stack has part in: of its site, and of the fields inside it."""
        folder = self._folder / FOLDER
        inside = folder.glob(f"{site}-*.json") if objective == self._low else ()
        return [folder / f"{site}.json", *(path for path in inside if "_" not in path.stem)]

    def _states_path(self, site: str, objective: str) -> Path:
        return self._folder / FOLDER / f"{site}_{objective}.json"

    def _write_truth(self, site: str, low: list[State], high: list[State]) -> None:
        scene = self._core.scene
        low_state = low[len(low) // 2]
        low_grid = _grid(scene, low_state)
        matrix = compose(invert(low_grid.matrix), _grid(scene, high[len(high) // 2]).matrix)
        truth = Truth(site=site, matrix=matrix)
        grid = finer(low_grid, self._ratio)
        if self._pictures:
            plane = self._seen(grid, low_state.pose)
            truth = Truth(site=site, matrix=matrix, plane=_levels(plane), fused=self._fused(grid, high))
        write_truth(self._folder, truth, pixel_um=float(np.hypot(*grid.matrix[:, 0])))

    def _fused(self, grid: Grid, high: list[State]) -> Picture | None:
        """Fuse what the planes of a stack show; one plane has nothing to be fused with."""
        if len(high) == 1:
            return None
        return _levels(self._fuse(np.stack([self._seen(grid, state.pose) for state in high])))

    def _seen(self, grid: Grid, pose: Pose) -> Image:
        """Render what the high objective shows with a pose's focus, corrected as frames are: glass at `GLASS_LEVEL`."""
        scene = self._core.scene
        transmission = self._core.renderer.render(
            grid, scene.lens(self._high), pose.depth_um, relief=scene.relief(pose.objective)
        )
        seen: Image = np.clip(transmission * np.float32(GLASS_LEVEL), 0, 1)
        return seen


def finer(grid: Grid, ratio: Fraction) -> Grid:
    """Return a grid `ratio` times finer that shares its first edges with the coarse one."""
    return Grid(  # of no colour error: what a network should show, and what one frame alone cannot tell it
        matrix=compose(grid.matrix, scaling(float(ratio))),
        columns=ceil(grid.columns * ratio),
        rows=ceil(grid.rows * ratio),
    )


def _grid(scene: Scene, state: State) -> Grid:
    return scene.grid(state.pose, roi=state.roi, binning=state.binning)


def _levels(picture: Image) -> Picture:
    return np.rint(np.clip(picture, 0, 1) * _WHITE_LEVEL).astype(np.uint16)


def _read_states(path: Path) -> list[State]:
    document: Any = json.loads(path.read_text(encoding="utf-8"))
    return [_state(told) for told in document["states"]]


def _state(told: dict[str, Any]) -> State:
    pose = told["pose"]
    along, aside = pose["stage_um_per_px"]
    return State(
        pose=Pose(
            objective=pose["objective"],
            centre_um=tuple(pose["centre_um"]),
            stage_um_per_px=(tuple(along), tuple(aside)),
            depth_um=pose["depth_um"],
            stage_um=tuple(pose["stage_um"]),
        ),
        read_um=tuple(told["read_um"]),
        exposure_ms=told["exposure_ms"],
        roi=tuple(told["roi"]),
        binning=told["binning"],
        light=told["light"],
    )
