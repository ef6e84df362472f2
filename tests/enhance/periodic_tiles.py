"""A mosaic of any size out of one field that repeats itself: its tiles are cut when they are asked for."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from enhance.tiles import Tiles

Array = NDArray[Any]

OVERLAP = 0.1
PIXEL_UM, STAGE_UM = 0.185, 0.5
WHITE = 255
PERIOD_PX = 2048
GRAINS_PX = (3, 12)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodicTiles:
    """Tiles of a field that goes on for ever, where a stage with noise puts them.

    Parameters
    ----------
    side, rows : int
        Tiles in a row, and rows.
    tile_px : int
        Side of each.
    """

    side: int
    rows: int
    tile_px: int

    @property
    def prior_px(self) -> Array:
        """Where the stage was asked to be, shape (tiles, 2)."""
        step = round((1 - OVERLAP) * self.tile_px)
        return np.array([(c * step, r * step) for r in range(self.rows) for c in range(self.side)], dtype=float)

    @property
    def true_px(self) -> NDArray[np.int_]:
        """Where it was."""
        prior = self.prior_px
        noise = np.random.default_rng(1).normal(scale=STAGE_UM / PIXEL_UM, size=prior.shape)
        return np.rint(prior + noise).astype(int)

    def tiles(self) -> Tiles:
        """All of them, to be stitched."""
        field, corners = _field(self.tile_px), self.true_px % PERIOD_PX

        def cut(number: int) -> Array:
            x, y = corners[number]
            return np.ascontiguousarray(field[y : y + self.tile_px, x : x + self.tile_px])

        names = tuple(str(number) for number in range(len(corners)))
        return Tiles(names=names, prior_px=self.prior_px, read=cut, white_level=WHITE, pixel_um=PIXEL_UM)

    def error_px(self, table: Path) -> float:
        """Rms distance of the positions in a table from the true ones; the common offset is free."""
        with table.open(encoding="utf-8") as file:
            found = np.array([[float(row["x_px"]), float(row["y_px"])] for row in csv.DictReader(file)])
        gaps = found - self.true_px
        gaps -= gaps.mean(axis=0)
        return float(np.sqrt(np.mean(np.sum(gaps**2, axis=1))))


@cache
def _field(tile_px: int) -> Array:
    noise = np.random.default_rng(0).standard_normal((PERIOD_PX, PERIOD_PX), np.float32)
    planes = [ndimage.gaussian_filter(noise, sigma, mode="wrap") for sigma in GRAINS_PX]
    grey = 170 + sum(18 * plane / plane.std() for plane in planes)
    field = np.clip(np.stack([grey, 0.8 * grey + 20, 0.9 * grey], axis=-1), 0, WHITE).astype(np.uint8)
    return np.pad(field, ((0, tile_px), (0, tile_px), (0, 0)), mode="wrap")
