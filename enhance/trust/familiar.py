"""Familiar: all that a model keeps of how its training pictures look, a few hundred numbers in ``model.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import CheckpointError
from enhance.trust.ruler import Range, Ruler
from enhance.trust.tilemeasures import MEASURES

Array = NDArray[np.float64]

DIGITS = 6
"""Significant digits kept in a file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Familiar:
    """The look of training tiles: a few clusters of equal shape, and two rulers.

    Parameters
    ----------
    mean, spread : ndarray, shape (measures,)
        Of all tiles; measures are standardised with them.
    low, high : ndarray, shape (measures,)
        The range of each measure.
    centres : ndarray, shape (clusters, measures)
        Standardised.
    whitening : ndarray, shape (measures, measures)
        Makes the scatter round the centres a sphere of radius 1 in each direction.
    farthest : float
        Distance from the nearest centre beyond which a tile is like none of the training.
    pixel : Ruler
        Reads log2 of the pixel size over that of the training.
    focus : Ruler
        Reads defocus in the section in µm, and is blind below the thickness of the section.
    """

    mean: Array
    spread: Array
    low: Array
    high: Array
    centres: Array
    whitening: Array
    farthest: float
    pixel: Ruler
    focus: Ruler

    def standard(self, values: Array) -> Array:
        """Standardise measures of shape (tiles, measures)."""
        return (values - self.mean) / self.spread

    def distance(self, values: Array) -> Array:
        """Distance of each tile from the nearest centre, shape (tiles,); 4 is common among training tiles."""
        apart = (self.standard(values)[:, None] - self.centres) @ self.whitening
        return np.asarray(np.sqrt((apart**2).sum(axis=2)).min(axis=1, initial=np.inf))

    def as_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes, in plain lists and numbers."""
        arrays = ("mean", "spread", "low", "high", "centres", "whitening")
        told: dict[str, Any] = {"measures": list(MEASURES)}
        told |= {name: _plain(getattr(self, name)) for name in arrays}
        told["farthest"] = _rounded(self.farthest)
        return told | {name: _ruler_dict(getattr(self, name)) for name in ("pixel", "focus")}


def from_dict(told: Mapping[str, Any]) -> Familiar | None:
    """Read what `Familiar.as_dict` gave.

    Returns
    -------
    Familiar or None
        None where there is nothing: a model of an earlier version.

    Raises
    ------
    CheckpointError
        When it is damaged, or was measured in another way than this version measures.
    """
    if not told:
        return None
    if list(told.get("measures", [])) != list(MEASURES):
        raise CheckpointError(
            "the model's training pictures were measured in another way than this version of Parfocal measures: train "
            "again, or use the version that trained it"
        )
    try:
        return _familiar(told)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"what the model keeps of its training pictures is damaged ({error}): take another copy of it"
        ) from error


def _familiar(told: Mapping[str, Any]) -> Familiar:
    count = len(MEASURES)
    line = {name: _array(told[name], (count,)) for name in ("mean", "spread", "low", "high")}
    return Familiar(
        **line,
        centres=_array(told["centres"], (len(told["centres"]), count)),
        whitening=_array(told["whitening"], (count, count)),
        farthest=float(told["farthest"]),
        pixel=_ruler(told["pixel"]),
        focus=_ruler(told["focus"]),
    )


def _array(told: Any, shape: tuple[int, ...]) -> Array:
    found = np.array(told, dtype=np.float64)
    if found.shape != shape or not np.isfinite(found).all():
        raise ValueError(f"numbers of shape {found.shape} stand where {shape} should")
    return found


def _ruler(told: Mapping[str, Any]) -> Ruler:
    return Ruler(
        coefficients=_array(told["coefficients"], (len(told["coefficients"]),)),
        tiles=_range(told["tiles"]),
        sites=_range(told["sites"]),
    )


def _range(told: Any) -> Range:
    low, high = told
    return float(low), float(high)


def _ruler_dict(ruler: Ruler) -> dict[str, Any]:
    return {
        "coefficients": _plain(ruler.coefficients),
        "tiles": [_rounded(value) for value in ruler.tiles],
        "sites": [_rounded(value) for value in ruler.sites],
    }


def _plain(values: Array) -> list[Any]:
    return [_plain(row) for row in values] if values.ndim > 1 else [_rounded(value) for value in values]


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
