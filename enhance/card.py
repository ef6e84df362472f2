"""What a training set says of itself: the card, the table of sites and the index of patches."""

import csv
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from calibration.optics import Objective
from enhance.atomic import write_whole
from enhance.candidates import Candidate
from enhance.pairoptics import PairOptics
from enhance.patches import LEAST_STD, Cut, PatchRow, Shard

CARD_FILE = "card.yaml"
CHUNK_BYTES = 1 << 20
SITE_COLUMNS = (
    "id",
    "run",
    "slide",
    "site",
    "split",
    "accepted",
    "reason",
    "residual_px",
    "high_pass_ncc",
    "tissue_fraction",
    "matrix",
    "true_rms_px",
)
PATCH_COLUMNS = ("run", "slide", "site", "row", "column", "split", "number", "std")


def write_card(
    folder: Path,
    *,
    optics: PairOptics,
    cut: Cut,
    shards: Mapping[str, Shard],
    splits: Mapping[str, Sequence[str]],
    facts: Mapping[str, Any],
) -> None:
    """Write ``card.yaml``.

    Parameters
    ----------
    folder : Path
        The training set, its pairs already in it.
    optics : PairOptics
        Of all pairs.
    cut : Cut
        How patches were cut.
    shards, splits : mapping of str to Shard and to sequence of str
        Patches and ids of each split.
    facts : mapping
        What else there is to say: label, simulated, white_level, slides, and how the split was made.
    """
    card = {
        **facts,
        "ratio": [optics.ratio.numerator, optics.ratio.denominator],
        "corrected": optics.corrected,
        "pixel_um": {"low": optics.low_pixel_um, "high": optics.high_pixel_um},
        "objectives": {"low": optics.low.name, "high": optics.high.name},
        "optics": {
            "low": _objective(optics.low),
            "high": _objective(optics.high),
            "condenser_na": optics.condenser_na,
        },
        "patch_px": {"low": cut.low_px, "high": cut.high_px},
        "overlap": cut.overlap,
        "least_std": LEAST_STD,
        "patches": {split: len(shard.rows) for split, shard in shards.items()},
        "textureless": {split: shard.dropped for split, shard in shards.items()},
        "splits": {split: list(names) for split, names in splits.items()},
        "remarks": [f"{split} is empty: there were too few pairs apart" for split in splits if not splits[split]],
        "data_sha256": data_sha256(folder / "pairs"),
    }
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True)
    write_whole(folder / CARD_FILE, text.encode())


def data_sha256(folder: Path) -> str:
    """Hash names and contents of all files of a folder, in the order of their names."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(f"{file.name}\n".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def write_tables(
    folder: Path, candidates: Sequence[Candidate], splits: Mapping[str, Sequence[str]], shards: Mapping[str, Shard]
) -> None:
    """Write ``sites.csv``, all candidates with what was measured of them, and ``index.csv``, where each patch lies."""
    split_of = {name: split for split, names in splits.items() for name in names}
    by_id = {candidate.id: candidate for candidate in candidates}
    sites = [_site_row(candidate, split_of.get(candidate.id, "")) for candidate in candidates]
    patches = [_patch_row(by_id[row.id], row, split) for split, shard in shards.items() for row in shard.rows]
    _write_table(folder / "sites.csv", SITE_COLUMNS, sites)
    _write_table(folder / "index.csv", PATCH_COLUMNS, patches)


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(rows)


def _objective(objective: Objective) -> dict[str, Any]:
    return {"na": objective.na, "magnification": objective.magnification, "immersion": objective.immersion}


def _site_row(candidate: Candidate, split: str) -> dict[str, Any]:
    found = candidate.registration
    return {
        "id": candidate.id,
        "run": candidate.run,
        "slide": candidate.slide,
        "site": candidate.site,
        "split": split,
        "accepted": str(candidate.accepted).lower(),
        "reason": candidate.reason,
        "residual_px": _number(found.residual_px) if found else "",
        "high_pass_ncc": _number(found.high_pass_ncc) if found else "",
        "tissue_fraction": _number(candidate.tissue_fraction),
        "matrix": " ".join(f"{value:.9g}" for value in found.matrix.ravel()) if found else "",
        "true_rms_px": _number(candidate.true_rms_px),
    }


def _patch_row(candidate: Candidate, patch: PatchRow, split: str) -> dict[str, Any]:
    return {
        "run": candidate.run,
        "slide": candidate.slide,
        "site": candidate.site,
        "row": patch.row,
        "column": patch.column,
        "split": split,
        "number": patch.number,
        "std": _number(patch.std),
    }


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else ""
