"""Focal stacks through the optics of the simulated 100x/1.4, with what a perfect fusion of them would show."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Coordinates, Fidelity, Slide, Specimen
from acquire.simulated.specimens.window import Window

Image = NDArray[np.float32]
Content = Literal["one sheet", "whole section"]

LENS = Lens(na=1.4, condenser_na=0.55)
PIXEL_UM = 0.074
Z_UM = (-0.8, -0.4, 0.0, 0.4, 0.8)
GLASS = 0.9
"""Of the white level."""
WHITE = 255
READ_NOISE_E = 10.0
HEIGHT_UM = 0.8
HILLS_UM = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinSheet:
    """A tissue in one infinitely thin sheet, which may lie in smooth hills.

    Parameters
    ----------
    tissue : Specimen
        Where its texture comes from.
    content : {'one sheet', 'whole section'}
        The tissue's middle sheet, a slab of 0.8 µm; or all of them pressed into one, of five times the contrast.
    height_um : float
        The hills reach as far to either side of the middle.
    seed : int
        Where they lie.
    """

    tissue: Specimen
    content: Content = "one sheet"
    height_um: float = HEIGHT_UM
    seed: int = 1

    @property
    def absorbance(self) -> Image:
        return self.tissue.absorbance

    @property
    def depths_um(self) -> tuple[float, ...]:
        return (0.0,)

    @property
    def fidelity(self) -> Fidelity:
        return "log"

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        phase = np.random.default_rng(self.seed).uniform(0, 2 * np.pi, 2)
        turn = 2 * np.pi / HILLS_UM
        return self.height_um / 2 * (np.sin(turn * x_um + phase[0]) + np.cos(turn * y_um + phase[1]))

    def tile(self, window: Window) -> Image:
        sheets = self.tissue.tile(window)
        if self.content == "whole section":
            return sheets.sum(axis=0, keepdims=True)
        middle = len(sheets) // 2
        return sheets[middle : middle + 1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Planes free of noise, (planes, rows, columns, 3), what each pixel shows in focus, and its Z in µm; white is 1."""

    planes: Image
    truth: Image
    height_um: NDArray[np.float64]


def relief_stack(kind: str, seed: int, *, side_px: int, content: Content = "one sheet") -> Stack:
    """A thin sheet in hills of ± 0.8 µm; the truth is the same sheet, level and in focus."""
    sheet = ThinSheet(tissue=make_specimen({"kind": kind, "seed": seed}), content=content, seed=seed)
    renderer, grid = Renderer(Slide(sheet)), _grid(seed, side_px)
    middle = (side_px - 1) / 2
    middle_um = float(sheet.surface_um(*(np.array(value) for value in grid.point_um(middle, middle))))
    # `relief` counts from the surface at the middle of the field.
    planes = [renderer.render(grid, LENS, z_um + middle_um, relief=1.0) for z_um in Z_UM]
    truth = renderer.render(grid, LENS, 0.0)
    return Stack(
        planes=GLASS * np.stack(planes), truth=GLASS * truth, height_um=-np.asarray(sheet.surface_um(*grid.points_um()))
    )


def volume_stack(kind: str, seed: int, *, side_px: int) -> Stack:
    """A section as it is; the truth has all of its sheets in focus at once."""
    tissue, grid = make_specimen({"kind": kind, "seed": seed}), _grid(seed, side_px)
    renderer = Renderer(Slide(tissue))
    planes = [renderer.render(grid, LENS, z_um) for z_um in Z_UM]
    pressed = Renderer(Slide(ThinSheet(tissue=tissue, content="whole section")))
    truth = GLASS * pressed.render(grid, LENS, 0.0)
    return Stack(planes=GLASS * np.stack(planes), truth=truth, height_um=np.zeros((side_px, side_px)))


def exposed(planes: Image, *, full_well_e: float, seed: int) -> NDArray[np.uint8]:
    """What a camera makes of it: photon noise as a Gaussian, read noise, 8 bits."""
    electrons = np.maximum(planes, 0) * full_well_e
    noise = np.random.default_rng(seed).standard_normal(electrons.shape, np.float32)
    levels = WHITE / full_well_e * (electrons + noise * np.sqrt(electrons + READ_NOISE_E**2))
    return np.clip(np.rint(levels), 0, WHITE).astype(np.uint8)


def _grid(seed: int, side_px: int) -> Grid:
    centre_um = np.array([900.0 + 37.0 * seed, 600.0])
    first = centre_um - PIXEL_UM * (side_px - 1) / 2
    return Grid(matrix=np.column_stack([PIXEL_UM * np.eye(2), first]), columns=side_px, rows=side_px)
