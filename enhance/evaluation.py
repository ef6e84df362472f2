"""Evaluation: what a model and its rivals scored, site by site and in the mean; as values and as files."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enhance.atomic import write_whole
from enhance.metrics import Score

COLUMNS = ("site", "method", "against", "psnr_db", "ssim", "whole_psnr_db", "whole_ssim")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteScores:
    """Scores of every method at one site.

    Parameters
    ----------
    against : {'truth', 'registered_100x'}
        Noise-free truth of the label's kind, or the label itself where no truth is known.
    tissue_fraction : float
        Of the scored area.
    methods : mapping of str to Score
        Against that.
    methods_other : mapping of str to Score
        Against the other kind of truth; empty where it is not known.
    """

    against: str
    tissue_fraction: float
    methods: Mapping[str, Score]
    methods_other: Mapping[str, Score]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """Scores over one split of a training set.

    Parameters
    ----------
    split : str
        Which sites.
    label : {'fused', 'plane'}
        What the labels are; truth is of that kind, `methods_other` against the other.
    border_px : int
        Output pixels left out at each side, the same for all methods.
    white_level : float
        The data range of all scores.
    methods, methods_other : mapping of str to Score
        Means over the sites that are at least half tissue; PSNR is averaged in dB.
    sites : mapping of str to SiteScores
        Every site by its id.
    remarks : tuple of str
        What a person should know.
    """

    split: str
    label: str
    border_px: int
    white_level: float
    methods: Mapping[str, Score]
    methods_other: Mapping[str, Score]
    sites: Mapping[str, SiteScores]
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; a number that is none (equal pictures, no tissue) becomes None."""
        return {
            "split": self.split,
            "label": self.label,
            "border_px": self.border_px,
            "data_range": self.white_level,
            "methods": _plain(self.methods),
            "methods_other": _plain(self.methods_other),
            "sites": {name: _plain(site.methods) for name, site in self.sites.items()},
            "sites_other": {name: _plain(site.methods_other) for name, site in self.sites.items()},
            "against": {name: site.against for name, site in self.sites.items()},
            "tissue_fraction": {name: site.tissue_fraction for name, site in self.sites.items()},
            "remarks": list(self.remarks),
        }


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write ``evaluation.json`` and ``evaluation.csv`` (one row for each site, method and truth), each whole."""
    write_whole(folder / "evaluation.json", json.dumps(evaluation.as_dict(), indent=1, allow_nan=False).encode())
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for name, site in evaluation.sites.items():
        for against, methods in ((site.against, site.methods), ("other_truth", site.methods_other)):
            writer.writerows(
                {"site": name, "method": method, "against": against, **each.as_dict()}
                for method, each in methods.items()
            )
    write_whole(folder / "evaluation.csv", table.getvalue().encode())


def _plain(scores: Mapping[str, Score]) -> dict[str, dict[str, float | None]]:
    return {
        name: {key: value if math.isfinite(value) else None for key, value in each.as_dict().items()}
        for name, each in scores.items()
    }
