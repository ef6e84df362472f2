"""Marks: all that one picture of a site scored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from enhance.judged.bands import BANDS, COLOURS, Correlation


def _column(colour: str, band: str) -> str:
    return f"correlation_{colour}_{band}"


CORRELATION_COLUMNS = tuple(_column(colour, band) for colour in COLOURS for band in BANDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Scores of one picture; those without ``whole_`` inside tissue. Two equal pictures have an infinite PSNR.

    Parameters
    ----------
    psnr_db, ssim, whole_psnr_db, whole_ssim : float
        As in `enhance.metrics`.
    frc_um : float
        Period up to which it agrees with the truth, from `enhance.judged.rings`.
    delta_e, whole_delta_e : float
        Mean ΔE2000.
    worst_decile_db : float
        PSNR of the worst tenth of the tiles.
    correlation : mapping of str to mapping of str to float
        By colour and band, from `enhance.judged.bands`.
    """

    psnr_db: float
    ssim: float
    whole_psnr_db: float
    whole_ssim: float
    frc_um: float
    delta_e: float
    whole_delta_e: float
    worst_decile_db: float
    correlation: Correlation = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the scores by name, the correlation nested."""
        return asdict(self)

    def as_row(self) -> dict[str, float]:
        """Return the scores by name, the correlation as columns of `CORRELATION_COLUMNS`."""
        plain = {name: getattr(self, name) for name in NUMBERS}
        return plain | {
            _column(colour, band): value for colour, bands in self.correlation.items() for band, value in bands.items()
        }


NUMBERS = tuple(each.name for each in fields(Marks) if each.name != "correlation")
MARK_COLUMNS = (*NUMBERS, *CORRELATION_COLUMNS)


def from_row(row: Mapping[str, float]) -> Marks:
    """Undo `Marks.as_row`."""
    known = {name: value for name, value in row.items() if name in CORRELATION_COLUMNS}
    correlation = {
        colour: {band: known[_column(colour, band)] for band in BANDS if _column(colour, band) in known}
        for colour in COLOURS
        if known
    }
    return Marks(**{name: row[name] for name in NUMBERS}, correlation=correlation)


def mean_marks(marks: Sequence[Marks]) -> Marks:
    """Mean of each number over the sites that have it; NaN where none has."""
    return from_row({name: _mean(values) for name, values in _columns(marks).items()})


def spread(marks: Sequence[Marks]) -> dict[str, float]:
    """Return the standard deviation of each number over the sites; NaN for fewer than two."""
    return {name: _deviation(values) for name, values in _columns(marks).items()}


def _columns(marks: Sequence[Marks]) -> dict[str, list[float]]:
    rows = [each.as_row() for each in marks]
    return {name: [row[name] for row in rows if not np.isnan(row[name])] for name in rows[0]}


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _deviation(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 and np.isfinite(values).all() else float("nan")
