"""How often the novelty flag is raised on sound fields, and how often it is missed on all that is not one.

    python -m benchmarks.novelty [--model MODEL] [--fields FILE.npz] [--picture docs/pictures/novelty.png]

Fields are of slides and rigs that nothing was fitted to, with realistic faults. Without a model the flag is fitted
here, to 72 fields of four other rigs, as `parfocal train` does. Rendering takes some minutes; FILE keeps the fields. A
picture is *flagged* as a whole; the share of flagged tiles stands beside it. Defocus counts in the section, and by the
drive.
"""

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.novelty_cases import Case, Expected, cases
from benchmarks.novelty_fields import cached
from benchmarks.novelty_picture import draw
from calibration.rig import load_rig
from calibration.transfer import focus_ratio
from enhance.errors import CheckpointError
from enhance.open import load_model
from enhance.trust.familiar import Familiar, from_dict
from enhance.trust.familiarise import familiarise
from enhance.trust.judgement import judge

MOST_FALSE, LEAST_FOUND = 0.05, 0.95
EVERY = 2
"""Of the training fields, so that as many are looked at as in training."""
WHITE = 255.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of one case.

    Parameters
    ----------
    name, expected : str
        As in `Case`.
    count : int
        Pictures.
    flagged, tiles : float
        Share of flagged pictures, mean share of flagged tiles.
    factors : tuple of float
        How large the pixels of each picture seem.
    reason : str
        The most frequent.
    """

    name: str
    expected: Expected
    count: int
    flagged: float
    tiles: float
    factors: tuple[float, ...]
    reason: str


def main() -> None:
    """Print a row for each case, and the rates over all sound and all wrong ones beside their limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a model folder, or `shipped`")
    parser.add_argument("--fields", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", type=Path, help="for the model card")
    told = parser.parse_args()
    with TemporaryDirectory() as folder:
        fields = cached(told.fields or Path(folder) / "fields.npz")
    familiar = familiar_of(told.model, fields["training"][::EVERY])
    ratio = focus_ratio(load_rig("simulated").objective("40x"))
    rows = [_shown(row_of(case, familiar)) for case in cases(fields, ratio)]
    _summary(rows)
    if told.json:
        told.json.write_text(json.dumps(rates(rows), indent=1))
    if told.picture:
        draw(told.picture, rows)


def familiar_of(model: str | None, pictures: np.ndarray) -> Familiar:  # type: ignore[type-arg]
    """Take what a model keeps of its training, or learn it from pictures."""
    if model is not None:
        kept = from_dict(load_model(model).familiar)
        if kept is None:
            raise CheckpointError(f"{model} keeps nothing of its training pictures: train again")
        return kept
    optics = {"low": {"na": 0.95, "immersion": "air"}, "condenser_na": 0.55}
    found = familiarise(list(pictures), white_level=WHITE, optics=optics, pixel_um=0.185)
    if found is None:
        raise CheckpointError("the training fields show nothing but glass: render them again")
    return found


def row_of(case: Case, familiar: Familiar) -> Row:
    """Judge all pictures of a case."""
    judged = [judge(picture, familiar, white_level=WHITE) for picture in case.pictures]
    reasons = Counter(reason for one in judged for reason in one.reasons)
    return Row(
        name=case.name,
        expected=case.expected,
        count=len(judged),
        flagged=float(np.mean([one.novel for one in judged])),
        tiles=float(np.mean([one.fraction for one in judged])),
        factors=tuple(one.pixel_factor for one in judged if one.pixel_factor is not None),
        reason=reasons.most_common(1)[0][0] if reasons else "",
    )


def rates(rows: list[Row]) -> dict[str, float]:
    """Share of sound pictures that are flagged, and of wrong ones that are not, each picture counted once."""
    sound, wrong = ([row for row in rows if row.expected == kind] for kind in ("sound", "wrong"))
    return {
        "false_alarms": _weighted(sound),
        "misses": 1 - _weighted(wrong),
        "sound_pictures": sum(row.count for row in sound),
        "wrong_pictures": sum(row.count for row in wrong),
    }


def _weighted(rows: list[Row]) -> float:
    return float(np.average([row.flagged for row in rows], weights=[row.count for row in rows]))


def _shown(row: Row) -> Row:
    limits = {"sound": (f"(limit ≤ {MOST_FALSE:.0%})", row.flagged <= MOST_FALSE), "told": ("", True)}
    limit, met = limits.get(row.expected, (f"(limit ≥ {LEAST_FOUND:.0%})", row.flagged >= LEAST_FOUND))
    said = "" if met else "  NOT MET"
    print(
        f"{row.name:42} {row.count:3} pictures: flagged {row.flagged:6.1%} {limit:14} tiles {row.tiles:6.1%}{said}  "
        f"{row.reason}",
        flush=True,
    )
    return row


def _summary(rows: list[Row]) -> None:
    found = rates(rows)
    print(
        f"false alarms {found['false_alarms']:.1%} of {found['sound_pictures']} sound pictures (limit {MOST_FALSE:.0%})"
    )
    print(f"missed {found['misses']:.1%} of {found['wrong_pictures']} wrong ones (limit {1 - LEAST_FOUND:.0%})")


if __name__ == "__main__":
    main()
