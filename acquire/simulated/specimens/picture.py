"""A picture as a specimen: a photographed section at a scale that is declared, not measured."""

from dataclasses import dataclass
from functools import lru_cache
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from acquire.simulated.specimens.lattice import key_of, noise
from acquire.simulated.specimens.photograph import read_photograph
from acquire.simulated.specimens.specimen import SPECIMEN_BAND, Coordinates, Fidelity
from acquire.simulated.specimens.splines import prefilter, spline, spread
from acquire.simulated.specimens.unmixing import unmixed
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError

Image = NDArray[np.float32]

SMALLEST_UM_PER_PX = 0.01
"""At a finer scale nearly all of the picture's detail lies beyond `SPECIMEN_BAND`, and a tile takes gigabytes."""

SHEET_UM = 0.4
DEPTHS_UM = (-0.8, -0.4, 0.0, 0.4, 0.8)
"""Thinner than those of the other tissues: a picture is one surface, and a 100x should see it sharp."""

LARGEST_RELIEF_UM = DEPTHS_UM[-1] - DEPTHS_UM[0]
_PASSED = 5.0  # cycles per µm that are left as they are: a lens of NA 1.49 with its condenser at 0.8 passes no more
_PATH_UM = 0.04  # optical path of one unit of stain, as in `tissues`
_HILLS_UM = 25.0
_HILLS = 77  # number of their noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A section that somebody has photographed, at a fictitious scale.

    A scanned section shows nothing that the 40x could not see at its true scale, so a scale is declared at which its
    detail falls between the two objectives: at 0.06 µm, 1000 px stand for 60 µm. Cells then come out a few µm wide.
    Whatever is made from it must say so: `scale_label`. Beyond its edge the picture goes on as its own mirror image,
    so places more than its width apart show the same tissue again.

    Parameters
    ----------
    file : str
        An RGB picture: PNG, JPEG or TIFF, seen from the working directory where the path is relative.
    um_per_px : float
        Declared scale.
    seed : int
        Of the relief.
    relief_um : float
        From the highest to the deepest point: how far the tissue leaves mid-section, in smooth hills some 25 µm apart.

    Raises
    ------
    RigError
        When the file is missing, is no RGB picture of a section with two stains, or a number is out of its range.

    Examples
    --------
    In the rig file::

        simulated:
          specimen: {kind: picture, file: liver.png, um_per_px: 0.06}
    """

    file: str = ""
    um_per_px: float = 0.06
    seed: int = 1
    relief_um: float = 1.6

    def __post_init__(self) -> None:
        if not SMALLEST_UM_PER_PX <= self.um_per_px < inf:
            raise RigError(
                f"simulated.specimen.um_per_px is {self.um_per_px}: give the size of a pixel of the picture in µm, "
                f"at least {SMALLEST_UM_PER_PX}"
            )
        if not 0 <= self.relief_um <= LARGEST_RELIEF_UM:
            raise RigError(
                f"simulated.specimen.relief_um is {self.relief_um}: give 0 to {LARGEST_RELIEF_UM}, what the sheets span"
            )
        if self.file:  # without one this is the kind of specimen as it stands in `kinds`, before a file is told
            self._section()

    @property
    def scale_label(self) -> str:
        """What to write wherever something made from this specimen is shown."""
        return "fictitious scale"

    @property
    def absorbance(self) -> Image:
        """Of the picture's two stains and of the rest."""
        return self._section().absorbance

    @property
    def fidelity(self) -> Fidelity:
        """As tissue."""
        return "log"

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Depths of the sheets."""
        return DEPTHS_UM

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of mid-section: level."""
        return 0.0 * x_um * y_um

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        content = _mirrored(self._section().coefficients, window, self.um_per_px)
        sheets: Image = self._shares(window)[:, None] * content
        return sheets

    def _shares(self, window: Window) -> Image:
        """Share of each sheet in the content of a place, shape (sheets, rows, columns), of sum 1."""
        hills = noise(window, _HILLS_UM, key_of(self.seed, _HILLS))
        hills /= np.sqrt(np.float32(1) + np.square(hills))  # to between -1 and 1
        away = hills * np.float32(self.relief_um / 2) - np.array(DEPTHS_UM, np.float32)[:, None, None]
        shares: Image = np.maximum(np.float32(1) - np.abs(away) / np.float32(SHEET_UM), np.float32(0))
        return shares

    def _section(self) -> "_Section":
        path = Path(self.file).absolute()
        if not path.is_file():
            raise RigError(f"there is no picture {self.file!r} ({path}): correct simulated.specimen.file")
        return _section(path, path.stat().st_mtime_ns, self.um_per_px)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Section:
    """A picture's stains, (3, 3), and B-spline coefficients of their amounts and of the path, (4, rows, columns)."""

    absorbance: Image
    coefficients: Image


@lru_cache(maxsize=2)
def _section(path: Path, _mtime_ns: int, um_per_px: float) -> _Section:
    """Read and unmix a picture; the time of its last change is asked for so that a changed file is read again."""
    parts = unmixed(read_photograph(path), path.name)
    path_um = np.float32(_PATH_UM) * np.maximum(parts.amounts[:2], 0).sum(axis=0)  # the rest is no substance
    planes = [_coefficients(plane, um_per_px) for plane in (*parts.amounts, path_um)]
    return _Section(absorbance=(np.log(10) * parts.directions).astype(np.float32), coefficients=np.stack(planes))


def _coefficients(plane: Image, um_per_px: float) -> Image:
    """Return B-spline coefficients of a plane freed of what no specimen may hold.

    The cosine transform takes the plane as mirrored about its outermost pixels, and so does `_mirrored`.
    """
    down, across = (np.arange(side) / (2 * (side - 1)) for side in plane.shape)  # in cycles per pixel
    excess = (np.hypot(down[:, None], across) / um_per_px - _PASSED) / (SPECIMEN_BAND - _PASSED)
    passed = 0.5 + 0.5 * np.cos(np.pi * np.clip(excess, 0, 1))
    spectrum = fft.dctn(plane.astype(np.float64), type=1) * passed * prefilter(down)[:, None] * prefilter(across)
    coefficients: Image = fft.idctn(spectrum, type=1).astype(np.float32)
    return coefficients


def _mirrored(coefficients: Image, window: Window, um_per_px: float) -> Image:
    """Evaluate the splines in a window, mirrored beyond the edges, shape (planes, rows, columns)."""
    ratio = window.pitch_um / um_per_px
    first_x, across = spline(window.column, window.columns, ratio)
    first_y, down = spline(window.row, window.rows, ratio)
    columns = _reflected(first_x + np.arange(across.shape[1]), coefficients.shape[2])
    rows = _reflected(first_y + np.arange(down.shape[1]), coefficients.shape[1])
    return spread(coefficients[:, rows[:, None], columns], window, um_per_px)


def _reflected(index: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Bring indices of either sign to 0 … count - 1 as mirrors at both ends do, without doubling the ends."""
    within = index % (2 * (count - 1))
    return np.minimum(within, 2 * (count - 1) - within)
