"""Build a training set: register, gate and split the pairs of captured runs, and cut them into patches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from acquire.rigstate import rig_key
from acquire.runfolder import RunFolder
from acquire.runopen import open_run
from enhance.bitdepth import WHITE_LEVEL
from enhance.candidates import GAP_REASON, Candidate, Progress, explain, gather, remove_pictures
from enhance.card import CARD_FILE, write_card, write_tables
from enhance.contactsheet import write_sheet
from enhance.errors import PairsError
from enhance.pairoptics import PairOptics, common_optics
from enhance.patches import Cut, Shard, nearest_side, write_shard
from enhance.sitepair import Label
from enhance.split import MODES, SPLITS, Assignment, Mode, assign
from enhance.wholefolder import whole_folder

LABELS = ("fused", "plane")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsResult:
    """What `build_pairs` made.

    Parameters
    ----------
    pairs, accepted : int
        Sites looked at, and those that are in the training set.
    rejected : list of {'site', 'reason'}
        All others, each with a sentence.
    patches : int
        Of all splits together.
    splits : dict of str to list of str
        Ids of the accepted sites by split.
    """

    pairs: int
    accepted: int
    rejected: list[dict[str, str]]
    patches: int
    splits: dict[str, list[str]]


def build_pairs(
    runs: Sequence[Path],
    out: Path,
    *,
    label: Label = "fused",
    split: Mode = "auto",
    test_slides: Sequence[str] = (),
    validation_slides: Sequence[str] = (),
    progress: Progress | None = None,
) -> PairsResult:
    """Build a training set from captured runs.

    Parameters
    ----------
    runs : sequence of Path
        Run folders with the same two objectives.
    out : Path
        The training set. One that is there is replaced when the new one is whole; other files are never touched.
    label : {'fused', 'plane'}
        What the network shall learn to show: fused stacks, or the plane nearest to the low-resolution focus.
    split, test_slides, validation_slides
        As in `enhance.split.assign`.
    progress : callable, optional
        Told (done, total, says) after each site.

    Returns
    -------
    PairsResult
        What is in it, and why the rest is not.

    Raises
    ------
    PairsError
        When the runs do not fit together, no pair is accepted, or they cannot be split.
    AcquireError
        When a run folder is missing or damaged.
    """
    opened = _open(runs, label, split, (*test_slides, *validation_slides))
    optics = common_optics(opened)
    with whole_folder(out, marker=CARD_FILE) as folder:
        pairs = folder / "pairs"
        pairs.mkdir()
        candidates = gather(opened, pairs, optics, label, progress)
        assignment = _assign(candidates, optics, split, test_slides, validation_slides)
        candidates = _leave_out(candidates, assignment, pairs)
        shards = _cut(folder, assignment, optics)
        write_sheet(folder, candidates)
        write_tables(folder, candidates, assignment.splits, shards)
        facts = {"label": label, "split": split, "white_level": WHITE_LEVEL, **_facts(candidates, opened)}
        write_card(folder, optics=optics, cut=_cut_of(optics), shards=shards, splits=assignment.splits, facts=facts)
    return _result(candidates, assignment, shards)


def _facts(candidates: Sequence[Candidate], runs: Sequence[RunFolder]) -> dict[str, Any]:
    accepted = [candidate for candidate in candidates if candidate.accepted]
    slides = sorted({candidate.slide for candidate in accepted})
    return {
        "simulated": all(candidate.simulated for candidate in accepted),
        "slides": slides,
        "rigs": sorted({rig_key(run.rig) for run in runs}),
    }


def _result(candidates: Sequence[Candidate], assignment: Assignment, shards: Mapping[str, Shard]) -> PairsResult:
    return PairsResult(
        pairs=len(candidates),
        accepted=sum(candidate.accepted for candidate in candidates),
        rejected=[{"site": c.id, "reason": c.reason} for c in candidates if not c.accepted],
        patches=sum(len(shard.rows) for shard in shards.values()),
        splits={name: list(ids) for name, ids in assignment.splits.items()},
    )


def _open(runs: Sequence[Path], label: str, split: str, named_slides: Iterable[str]) -> list[RunFolder]:
    """Open the runs and check all that can be checked before the work begins."""
    if label not in LABELS:
        raise PairsError(f"label {label!r} is not known: choose one of {list(LABELS)}")
    if split not in MODES:
        raise PairsError(f"split {split!r} is not known: choose one of {list(MODES)}")
    if not runs:
        raise PairsError("no run was given: give at least one folder that `parfocal capture` wrote")
    opened = [open_run(run.resolve()) for run in runs]
    twice = [run.path for i, run in enumerate(opened) if run.path in [other.path for other in opened[:i]]]
    if twice:
        raise PairsError(f"run {twice[0]} was given twice: give each run once")
    unknown = set(named_slides) - {run.slide for run in opened}
    if unknown:
        raise PairsError(
            f"slides {sorted(unknown)} are in none of the runs, which are of {sorted({run.slide for run in opened})}: "
            "name some of these"
        )
    return opened


def _assign(
    candidates: Sequence[Candidate],
    optics: PairOptics,
    split: Mode,
    test_slides: Sequence[str],
    validation_slides: Sequence[str],
) -> Assignment:
    accepted = [candidate for candidate in candidates if candidate.accepted]
    if not accepted:
        why = explain(candidates) or "the runs hold no sites yet"
        raise PairsError(f"none of {len(candidates)} pairs was accepted: {why}")
    return assign(
        [candidate.place for candidate in accepted if candidate.place is not None],
        gap_um=(optics.field_um, optics.field_um),
        mode=split,
        test_slides=test_slides,
        validation_slides=validation_slides,
    )


def _leave_out(candidates: Sequence[Candidate], assignment: Assignment, folder: Path) -> list[Candidate]:
    """Reject what lies in the gap between splits."""
    kept = []
    for candidate in candidates:
        left_out = candidate.id in assignment.left_out
        if left_out:
            remove_pictures(candidate, folder)
        kept.append(replace(candidate, reason=GAP_REASON) if left_out else candidate)
    return kept


def _cut_of(optics: PairOptics) -> Cut:
    return Cut(ratio=optics.ratio, low_px=nearest_side(optics.ratio))


def _cut(folder: Path, assignment: Assignment, optics: PairOptics) -> dict[str, Shard]:
    pairs, patches = folder / "pairs", folder / "patches"
    patches.mkdir()
    files = {
        split: [(name, pairs / f"{name}_low.npy", pairs / f"{name}_high.npy") for name in names]
        for split, names in assignment.splits.items()
    }
    shards: dict[str, Shard] = {split: write_shard(patches, split, files[split], _cut_of(optics)) for split in SPLITS}
    if not shards["train"].rows:
        raise PairsError(
            f"all {shards['train'].dropped} training patches are textureless: capture sites with more tissue"
        )
    return shards
