"""Fat of the breast: the cells that fill the ground between glands."""

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.lattice import key_of, keys_of, noise, strewn
from acquire.simulated.specimens.tissues.parenchyma import BORDER_UM2, FAR_UM, Field, Ground, nearest_of
from acquire.simulated.specimens.window import Window

Numbers = NDArray[np.float64]

FAT_SIGHT_UM = 240.0
"""Fat keeps clear of glands up to this far beyond its window."""

_FAT_CELL_UM, _FAT_JITTER, _FIBROUS_BELOW = 60.0, 0.42, -0.72  # size, jitter, and draw that gives stroma instead
_CUFF_UM = 16.0  # stroma between glands and fat
_CORNER_UM = 5.0  # reach of the filling where three fat cells meet


def paint_fat(ground: Ground, glands: Numbers, seed: int) -> None:
    """Fill the ground between glands with fat cells, and the corners between those.

    Parameters
    ----------
    ground : Ground
        Bare; it is changed.
    glands : ndarray, shape (3, n)
        Places and radii of those up to `FAT_SIGHT_UM` away, as `lobules.places_near` gives them.
    seed : int
        Of the slide.
    """
    window, fields = ground.window, ground.fields
    bend = 6.0 * noise(window, 26.0, *keys_of(seed, 51, 2)) + noise(window, 7.0, *keys_of(seed, 53, 2))
    origin = window.x_um[0], window.y_um[0]
    x = (window.x_um - origin[0]).astype(np.float32) + bend[0]
    y = (window.y_um[:, None] - origin[1]).astype(np.float32) + bend[1]
    centres, fat = _fat_cells(window, glands, seed)
    first, second, third = nearest_of(x, y, (centres[fat] - origin).tolist(), 3)
    stroma = nearest_of(x, y, (centres[~fat] - origin).tolist(), 1)[0]
    corner = np.maximum(_CORNER_UM - 0.5 * (third - first), 0)
    uneven = 0.8 * noise(window, 5.0, key_of(seed, 55))[0]
    fields[Field.HOLLOW] = np.clip(0.5 * (stroma - first) - 0.7 * corner + uneven, -FAR_UM, FAR_UM)
    fields[Field.BORDER] = np.minimum(np.square(0.5 * (second - first)), BORDER_UM2)
    for gland_x, gland_y, radius in glands.T.tolist():
        area, across, down = ground.patch(gland_x, gland_y, radius + _CUFF_UM + 1.5 * FAR_UM)
        if 0 not in (across.size, down.size):
            part = fields[Field.HOLLOW][area]
            np.minimum(part, np.hypot(across, down) - np.float32(radius + _CUFF_UM) + uneven[area], out=part)


def _fat_cells(window: Window, glands: Numbers, seed: int) -> tuple[Numbers, NDArray[np.bool_]]:
    """Centres of the cells that share the ground, shape (n, 2), and which of them hold fat; the others are stroma."""
    wide = window.grown(2 * _FAT_CELL_UM)
    centres, draw = strewn(wide, _FAT_CELL_UM, _FAT_JITTER, (seed, 239))
    apart = np.hypot(centres[:, :1] - glands[0], centres[:, 1:] - glands[1])
    fat = (draw[:, 0] > _FIBROUS_BELOW) & np.all(apart > glands[2] + _CUFF_UM, axis=1)
    return centres, fat
