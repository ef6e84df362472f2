"""Fields for the test with the independent band: what a 40x sees of a slide, and the band that only a 100x sees there.

Rendered in the linear fidelity ``log``, in which nothing of the band reaches the 40x; the 40x's frame has a camera's
noise and 8 bits.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.detector import develop
from acquire.simulated.faults import Sensor
from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.truth import finer
from calibration.flatfield import GLASS_LEVEL

Image = NDArray[np.float32]

SEEDS = range(9001, 9025)
"""Slides of no training, validation or test; families take turns."""
SIDE_PX = 160
PIXEL_UM = 0.185
CENTRE_UM = (1000.0, 700.0)
RATIO = Fraction(5, 2)
DRY = Lens(na=0.95, condenser_na=0.55, immersion_index=1.0)
OIL = Lens(na=1.4, condenser_na=0.55)
GREEN = 1
TISSUE_DENSITY = 0.05
_WHITE = 255


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One place of one slide.

    Parameters
    ----------
    low : ndarray of uint8, shape (rows, columns, 3)
        Frame of the 40x, glass at 0.9 of white.
    high : ndarray of float32, shape (p rows / q, p columns / q, 3)
        Noise-free picture of the 100x, in fractions of white.
    band : ndarray of float32, shape (p rows / q, p columns / q)
        What the independent band adds to its green Napierian density.
    """

    low: NDArray[np.uint8]
    high: Image
    band: Image

    @property
    def tissue(self) -> NDArray[np.bool_]:
        """Where there is tissue, on the grid of `high`."""
        return np.asarray(-np.log10(self.high.mean(axis=2) / GLASS_LEVEL) > TISSUE_DENSITY)

    def part(self, side_px: int) -> "Field":
        """Return its first rows and columns, so many of the frame."""
        inner = slice(0, int(side_px * RATIO))
        return Field(low=self.low[:side_px, :side_px], high=self.high[inner, inner], band=self.band[inner, inner])


def field_of(seed: int, *, side_px: int = SIDE_PX, kind: str | None = None) -> Field:
    """Render the field of a slide.

    Parameters
    ----------
    seed : int
        Of the tissue.
    side_px : int
        Of the 40x's frame.
    kind : str, optional
        Family; by the seed when not given.
    """
    specimen = make_specimen({"kind": kind or TISSUES[seed % len(TISSUES)], "seed": seed})
    bare = replace(specimen, mounting=replace(specimen.mounting, band=0.0))  # type: ignore[type-var,attr-defined]
    first = np.array(CENTRE_UM) - PIXEL_UM * (side_px - 1) / 2
    grid = Grid(matrix=np.column_stack([PIXEL_UM * np.eye(2), first]), columns=side_px, rows=side_px)
    with_band, without = (Renderer(Slide(one), "log") for one in (specimen, bare))
    high, plain = (renderer.render(finer(grid, RATIO), OIL, 0.0) for renderer in (with_band, without))
    return Field(
        low=_exposed(with_band.render(grid, DRY, 0.0), seed),
        high=high * np.float32(GLASS_LEVEL),
        band=np.log(plain[..., GREEN]) - np.log(high[..., GREEN]),
    )


def _exposed(transmission: Image, seed: int) -> NDArray[np.uint8]:
    sensor = Sensor(gains=(1.0, 1.0, 1.0))
    electrons = transmission * np.float32(GLASS_LEVEL * sensor.full_well_e)
    return develop(electrons, sensor, noise_key=f"{seed} honesty").astype(np.uint8)


def cached_fields(path: Path | None) -> dict[int, Field]:
    """Render the fields of all `SEEDS`, or read them where they were rendered before."""
    if path is None or not path.is_file():
        fields = {seed: field_of(seed) for seed in SEEDS}
        if path is not None:
            _store(path, fields)
        return fields
    with np.load(path) as stored:
        return {
            int(seed): Field(low=stored["low"][n], high=stored["high"][n], band=stored["band"][n])
            for n, seed in enumerate(stored["seeds"])
        }


def _store(path: Path, fields: dict[int, Field]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {name: np.stack([getattr(field, name) for field in fields.values()]) for name in ("low", "high", "band")}
    np.savez(path, seeds=np.array(list(fields)), low=parts["low"], high=parts["high"], band=parts["band"])
