"""Paired comparison over sites: how often one method won, and whether that may be chance."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import wilcoxon

from enhance.judged.marks import Marks

MEASURES = ("psnr_db", "ssim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One method against another, site by site.

    Parameters
    ----------
    mean_difference : float
        Of the measure, over the sites.
    won, of : int
        Sites where it was better, and all.
    p : float
        Of the two-sided Wilcoxon signed-rank test; NaN for a single site.
    """

    mean_difference: float
    won: int
    of: int
    p: float

    def as_dict(self) -> dict[str, Any]:
        """Return the four numbers by name."""
        return asdict(self)


def compare(ours: Sequence[float], theirs: Sequence[float]) -> Paired:
    """Compare one measure of two methods over the same sites, larger being better."""
    differences = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    differences = differences[np.isfinite(differences)]
    return Paired(
        mean_difference=float(differences.mean()) if differences.size else float("nan"),
        won=int((differences > 0).sum()),
        of=int(differences.size),
        p=_chance(differences),
    )


def compare_all(sites: Sequence[Mapping[str, Marks]], method: str = "network") -> dict[str, dict[str, Paired]]:
    """Compare one method with every other: by the other's name, then by measure."""
    others = dict.fromkeys(name for site in sites for name in site if name != method)
    return {other: _against(sites, method, other) for other in others}


def least_chance(sites: int) -> float:
    """Smallest p that the two-sided test can give over so many sites: all of them won."""
    return 2.0 ** (1 - sites)


def _against(sites: Sequence[Mapping[str, Marks]], method: str, other: str) -> dict[str, Paired]:
    both = [(site[method], site[other]) for site in sites if method in site and other in site]
    return {
        measure: compare([getattr(our, measure) for our, _ in both], [getattr(their, measure) for _, their in both])
        for measure in MEASURES
    }


def _chance(differences: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    if differences.size < 2:  # noqa: PLR2004
        return float("nan")
    if not differences.any():
        return 1.0
    return float(wilcoxon(differences).pvalue)
