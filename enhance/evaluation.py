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
from enhance.classical.method import Method
from enhance.judged.marks import MARK_COLUMNS, Marks
from enhance.judged.paired import Paired
from enhance.judged.rings import THRESHOLD
from enhance.metrics import Score

COLUMNS = ("site", "method", "against", *MARK_COLUMNS)
NETWORK, BICUBIC = "network", "bicubic"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteScores:
    """Scores of every method at one site.

    Parameters
    ----------
    against : {'truth', 'registered_100x'}
        Noise-free truth of the label's kind, or the label itself.
    tissue_fraction : float
        Of the scored area.
    methods : mapping of str to Marks
        Against that.
    methods_other : mapping of str to Score
        Against the other kind of truth; empty where it is not known.
    """

    against: str
    tissue_fraction: float
    methods: Mapping[str, Marks]
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
    methods : mapping of str to Marks
        Means over the sites that are at least half tissue; PSNR is averaged in dB.
    spread : mapping of str to mapping of str to float
        Standard deviation over the same sites, by method and column.
    paired : mapping of str to mapping of str to Paired
        The network against each other method, by measure, over the same sites.
    methods_other : mapping of str to Score
        Means against the other kind of truth.
    sites : mapping of str to SiteScores
        Every site by its id.
    counted : tuple of str
        Ids of the sites that the means are over.
    panel : tuple of Method
        What was scored, with its parameters.
    remarks : tuple of str
        What a person should know.
    """

    split: str
    label: str
    border_px: int
    white_level: float
    methods: Mapping[str, Marks]
    spread: Mapping[str, Mapping[str, float]]
    paired: Mapping[str, Mapping[str, Paired]]
    methods_other: Mapping[str, Score]
    sites: Mapping[str, SiteScores]
    counted: tuple[str, ...]
    panel: tuple[Method, ...]
    remarks: tuple[str, ...]

    def ssim_removed(self, method: str) -> float:
        """Share of what bicubic lacks to an SSIM of 1 that a method adds to the mean."""
        lacking = 1 - self.methods[BICUBIC].ssim
        return (self.methods[method].ssim - self.methods[BICUBIC].ssim) / lacking if lacking else float("nan")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; a number that is none (equal pictures, no tissue) becomes None."""
        found: dict[str, Any] = _finite(
            {
                "split": self.split,
                "label": self.label,
                "border_px": self.border_px,
                "data_range": self.white_level,
                "frc_threshold": THRESHOLD,
                "methods": _plain(self.methods),
                "spread": {name: dict(values) for name, values in self.spread.items()},
                "ssim_removed": {name: self.ssim_removed(name) for name in self.methods},
                "paired": {name: _plain(each) for name, each in self.paired.items()},
                "parameters": {method.name: {"says": method.says, **method.parameters} for method in self.panel},
                "methods_other": _plain(self.methods_other),
                "sites": {name: _plain(site.methods) for name, site in self.sites.items()},
                "sites_other": {name: _plain(site.methods_other) for name, site in self.sites.items()},
                "counted": list(self.counted),
                "against": {name: site.against for name, site in self.sites.items()},
                "tissue_fraction": {name: site.tissue_fraction for name, site in self.sites.items()},
                "remarks": list(self.remarks),
            }
        )
        return found


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write ``evaluation.json`` and ``evaluation.csv`` (one row for each site, method and truth), each whole."""
    text = json.dumps(evaluation.as_dict(), indent=1, allow_nan=False, ensure_ascii=False)
    write_whole(folder / "evaluation.json", text.encode())
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for name, site in evaluation.sites.items():
        for method, marks in site.methods.items():
            writer.writerow({"site": name, "method": method, "against": site.against, **marks.as_row()})
        for method, score in site.methods_other.items():
            writer.writerow({"site": name, "method": method, "against": "other_truth", **score.as_dict()})
    write_whole(folder / "evaluation.csv", table.getvalue().encode())


def _plain(scores: Mapping[str, Marks] | Mapping[str, Score] | Mapping[str, Paired]) -> dict[str, dict[str, Any]]:
    return {name: each.as_dict() for name, each in scores.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
