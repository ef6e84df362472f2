"""How breast takes its stains: haematoxylin and eosin in the stroma, the epithelium, the lumina and the cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.curves import step
from acquire.simulated.specimens.tissues.parenchyma import SPLINE_SPREAD_UM2, Field
from acquire.simulated.specimens.tissues.section import SHEET_UM

Image = NDArray[np.float32]

_RED_CELL = np.float32(0.21)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matter:
    """What the stroma, the epithelium and the lumina of a tile take of eosin: an even part, and a part by texture."""

    stroma: tuple[Image, Image]
    epithelium: tuple[Image, Image]
    secretion: Image
    line: Image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """Shares of epithelium and hollows, textures, and what cells fill, in one sheet."""

    gland: Image
    hollow: Image
    threads: Image
    grains: Image
    nuclei: Image
    red_cells: Image


def matter_of(local: Image, bundles: Image) -> Matter:
    """Work out what a tile takes of eosin, the same in all sheets.

    Parameters
    ----------
    local : ndarray of float32, shape (len(Field), rows, columns)
        The fields of the parenchyma.
    bundles : ndarray of float32, shape (rows, columns)
        Noise of variance 1 that follows the bundles of collagen.
    """
    tone = np.float32(1) + np.float32(0.2) * local[Field.TONE]
    inside, hollow = local[Field.INSIDE], local[Field.HOLLOW]
    line = step(SPLINE_SPREAD_UM2 - local[Field.BORDER], -0.8, -0.05)
    wall = np.maximum(line * step(hollow, -1.5, 0.5), step(inside, -1.3, -0.4))
    loose = local[Field.LOOSE] * tone
    firm = tone - loose
    firm *= np.maximum(step(bundles + np.float32(0.7) * local[Field.TONE], -2.3, -1.7), step(hollow, -5.0, -3.0))
    airy = loose * step(bundles, -1.5, 1.0)
    clear = step(inside, 0.2, 1.2) * step(-inside, -4.5, -2.5)
    epithelium = tone * (np.float32(1) - np.float32(0.3) * clear)
    stroma = np.maximum(np.float32(0.03) * firm + np.float32(0.02) * loose, np.float32(0.05) * wall)
    return Matter(
        stroma=(stroma, np.float32(0.13) * firm + np.float32(0.08) * airy),
        epithelium=((np.float32(0.045) + np.float32(0.025) * line) * epithelium, np.float32(0.09) * epithelium),
        secretion=local[Field.SECRETION] * (np.float32(0.035) + np.float32(0.003) * bundles),
        line=line,
    )


def shapes(local: Image, matter: Matter, bumps: Image, depth_um: float) -> tuple[Image, Image]:
    """Shares of epithelium and of hollows in one sheet."""
    tilt = np.float32(depth_um) * local[Field.SLOPE]
    tilt += np.float32(0.22) * bumps
    gland = step(local[Field.INSIDE] + tilt, -0.25, 0.35)
    tilt += local[Field.HOLLOW]
    hollow = step(tilt, -0.3, 0.4)
    hollow -= hollow * matter.line
    return gland, hollow


def stain(stained: Image, matter: Matter, sheet: Sheet) -> None:
    """Fill one sheet (stains and path, rows, columns)."""
    blue, eosin, path = stained
    free = np.minimum(sheet.nuclei, 1)
    free *= np.float32(-0.8)
    free += np.float32(1)
    solid = np.float32(1) - sheet.hollow
    _fill_haematoxylin(blue, sheet, solid * free)
    _fill_eosin(eosin, matter, sheet)
    eosin *= free
    stained[:2] *= np.float32(SHEET_UM)
    np.add(blue, eosin, out=path)
    path *= np.float32(0.04)
    path += np.float32(0.005) * solid


def _fill_haematoxylin(blue: Image, sheet: Sheet, plasma: Image) -> None:
    np.multiply(sheet.gland, np.float32(0.05), out=blue)
    blue += np.float32(0.012)
    blue *= plasma
    blue += np.float32(0.42) * sheet.nuclei
    blue *= sheet.grains
    blue += np.float32(0.1) * sheet.nuclei


def _fill_eosin(eosin: Image, matter: Matter, sheet: Sheet) -> None:
    np.multiply(matter.stroma[1], sheet.threads, out=eosin)
    eosin += matter.stroma[0]
    _blend(eosin, matter.epithelium[0] + matter.epithelium[1] * sheet.grains, sheet.gland)
    _blend(eosin, matter.secretion, sheet.hollow)
    _blend(eosin, _RED_CELL, sheet.red_cells)


def _blend(target: Image, other: Image | np.float32, share: Image) -> None:
    if not share.any():
        return
    change = other - target
    change *= share
    target += change
