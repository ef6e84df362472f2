"""Several fields of a stronger objective inside one field of the first: how many, and where their middles lie."""

from dataclasses import dataclass

import numpy as np

from acquire.fields import Point, serpentine
from acquire.fieldview import FieldView

MARGIN_UM = 5.0
"""What registration needs to see all round a field, beside the error of stage and parcentric offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubFields:
    """How many fields are taken inside one field of the first objective.

    Parameters
    ----------
    columns, rows : int
        Along the columns and the rows of the first objective's picture.
    margin_um : float
        How far each field stays from the edges of the first objective's field.
    """

    columns: int = 1
    rows: int = 1
    margin_um: float = MARGIN_UM

    @property
    def count(self) -> int:
        """How many fields there are at a site."""
        return self.columns * self.rows


def middles_um(sub: SubFields, inner: FieldView, outer: FieldView) -> tuple[Point, ...]:
    """Where the middles of the fields lie on the slide, from the middle of the outer field, in a serpentine.

    They stand in the middles of equal parts of the outer field, or closer where they would come too near to its edge.
    The layout follows the outer picture's columns and rows, so it is turned with its camera.

    Parameters
    ----------
    sub : SubFields
        How many, and the margin.
    inner, outer : FieldView
        The stronger objective's and the first one's.

    Returns
    -------
    tuple of (x, y)
        In stage µm.
    """
    stage = np.array(outer.stage_um_per_px)
    relative = np.linalg.inv(stage) @ np.array(inner.stage_um_per_px)
    reach_px = np.abs(relative) @ (np.array(inner.size_px) / 2)
    room_px = np.array(outer.size_px) / 2 - sub.margin_um / outer.pixel_um - reach_px
    columns = _even(sub.columns, outer.size_px[0], room_px[0])
    rows = _even(sub.rows, outer.size_px[1], room_px[1])
    turned = np.array(serpentine((columns, rows))) @ stage.T
    return tuple((float(x), float(y)) for x, y in turned)


def _even(count: int, side_px: float, room_px: float) -> list[float]:
    """Middles of `count` fields about 0, none farther from it than `room_px`."""
    widest = 2 * max(float(room_px), 0.0) / max(count - 1, 1)
    pitch = min(side_px / count, widest)
    return [(index - (count - 1) / 2) * pitch for index in range(count)]
