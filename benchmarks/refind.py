"""How surely the slide is found again after the oil step, and how many sites then pair with their stored pictures.

    python -m benchmarks.refind [--seeds 1 2 3 4 5] [--only moved|other|smaller] [--picture docs/pictures/refind.png]

Each case stores the 40x pictures of 12 sites 300 µm apart on the simulated rig with its realistic faults, lets the hand
that puts the oil on move and turn the slide, finds it, and takes the 100x stack of every site where it should lie now,
once more and wider where the gate asks for it. The turn is about the middle of the stage, 11 mm from the sites, so that
1.5° moves them by 300 µm more.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from acquire.autofocus import approach_z
from acquire.errors import SlideLostError
from acquire.frame import Frame
from acquire.pairgate import PairGate
from acquire.plan import StackPlan, Visit
from acquire.refind import find_slide
from acquire.refound import Refound
from acquire.slidehunt import LOOKING
from calibration.rig import load_rig
from tests.acquire.moved_slide import MovedSlide, grid_um, moved_slide

COLUMNS, ROWS, STEP_UM = 4, 3, 300.0
PAIRED_LIMIT = 0.99
KINDS = ("lung", "kidney", "breast")
SMALLER = ((100.0, 0.5), (20.0, 0.1), (400.0, 0.0))
WIDER_PLANES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the hand does to one slide."""

    shift_um: float
    turn_deg: float
    seed: int
    other: bool = False

    @property
    def specimen(self) -> dict[str, Any]:
        """What lies on the stage."""
        return {"kind": KINDS[self.seed % len(KINDS)], "seed": self.seed}

    @property
    def moved_um(self) -> tuple[float, float]:
        """The shift, in a direction of its own."""
        angle = np.random.default_rng(self.seed).uniform(0, 2 * np.pi)
        return float(self.shift_um * np.cos(angle)), float(self.shift_um * np.sin(angle))


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a case."""

    case: Case
    looks_um: list[tuple[float, float]] = field(default_factory=list)
    refound: Refound | None = None
    refused: str = ""
    seconds: float = 0.0
    paired: int = 0
    again: int = 0
    errors_um: list[float] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def row(self) -> str:
        """In one line."""
        case = self.case
        asked = "another slide" if case.other else f"{case.shift_um:.0f} µm, {case.turn_deg:g}°"
        head = f"{case.specimen['kind']:6} {case.seed}, {asked:14}: {len(self.looks_um):3} looks, {self.seconds:4.0f} s"
        if self.refused:
            return f"{head}; refused: {self.refused}"
        if self.refound is None:
            return f"{head}; nothing found and nothing refused"
        return (
            f"{head}; residual {self.refound.residual_um:.2f} µm, sites off by at most {max(self.errors_um):.2f} µm; "
            f"{self.paired} of {len(self.errors_um)} sites paired (limit {PAIRED_LIMIT:.0%}), {self.again} taken again"
        )


def main() -> None:
    """Print all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--only", choices=["moved", "other", "smaller"])
    parser.add_argument("--picture", type=Path)
    told = parser.parse_args()
    kinds = {
        "moved": [Case(shift_um=400.0, turn_deg=1.5, seed=seed) for seed in told.seeds],
        "other": [Case(shift_um=0.0, turn_deg=0.0, seed=1, other=True)],
        "smaller": [Case(shift_um=shift, turn_deg=turn, seed=1) for shift, turn in SMALLER],
    }
    cases = [case for kind, some in kinds.items() if told.only in (None, kind) for case in some]
    outcomes = []
    for case in cases:
        outcomes.append(play(case))
        print(outcomes[-1].row(), *sorted(set(outcomes[-1].reasons)), sep="\n    ", flush=True)
    _summary(outcomes)
    if told.picture:
        draw(outcomes[0], told.picture)
        print(told.picture)


def play(case: Case) -> Outcome:
    """Store, move, find and capture one slide."""
    rig = load_rig("simulated")
    simulated = {k: v for k, v in rig.simulated.items() if k != "specimen"}
    other = {"kind": case.specimen["kind"], "seed": case.seed + 1000} if case.other else None
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PARFOCAL_STATE_DIR"] = folder
        sites = grid_um(COLUMNS, ROWS, step_um=STEP_UM)
        with moved_slide(
            Path(folder) / "run",
            sites,
            shift_um=case.moved_um,
            turn_deg=case.turn_deg,
            rig=replace(rig, simulated=simulated),
            other=other,
            specimen=case.specimen,
        ) as slide:
            return _found(case, slide)


def _found(case: Case, slide: MovedSlide) -> Outcome:
    outcome, began = Outcome(case=case), time.monotonic()

    def progress(looks: int, _most: int, says: str) -> None:
        """Note where the lens stands: at the last look when the next begins, or where the first site was found."""
        x_um, y_um, _ = slide.microscope.position_um
        if looks - 1 > len(outcome.looks_um) or (looks > len(outcome.looks_um) and says != LOOKING):
            outcome.looks_um.append((x_um, y_um))

    try:
        outcome.refound = find_slide(slide.microscope, slide.run, slide.visits, slide.focus, progress=progress)
    except SlideLostError as error:
        outcome.refused = str(error)
        outcome.looks_um.append(tuple(slide.microscope.position_um[:2]))
    outcome.seconds = time.monotonic() - began
    if outcome.refound is not None:
        _captured(outcome, slide, outcome.refound)
    return outcome


def _captured(outcome: Outcome, slide: MovedSlide, refound: Refound) -> None:
    gate = PairGate(run=slide.run)
    for visit in slide.visits:
        outcome.errors_um.append(slide.error_um(refound, visit))
        placed, z_um = refound.place(visit), slide.focus(visit) + refound.focus_um
        verdict = gate.judge(visit, _stack(slide, placed, visit.stack, z_um))
        if not verdict.passed:
            outcome.again += 1
            wider = StackPlan(planes=WIDER_PLANES, step_um=visit.stack.step_um)
            verdict = gate.judge(visit, _stack(slide, placed, wider, z_um if verdict.z_um is None else verdict.z_um))
        outcome.paired += verdict.passed
        outcome.reasons += [f"site {visit.site}: {verdict.reason}"] if verdict.reason else []


def _stack(slide: MovedSlide, visit: Visit, stack: StackPlan, z_um: float) -> list[Frame]:
    slide.microscope.move_xy(visit.x_um, visit.y_um)
    slide.microscope.expect_focus(z_um)
    depths = [z_um + offset_um for offset_um in stack.offsets_um()]
    approach_z(slide.microscope, depths[0])
    planes = []
    for depth_um in depths:
        slide.microscope.move_z(depth_um)
        planes.append(slide.microscope.snap(visit.exposure_ms))
    return planes


def _summary(outcomes: Sequence[Outcome]) -> None:
    moved = [one for one in outcomes if one.case.shift_um and not one.case.other]
    paired, sites = sum(one.paired for one in moved), COLUMNS * ROWS * len(moved)
    if sites:
        print(f"all moved slides: {paired} of {sites} sites paired ({paired / sites:.1%}, limit {PAIRED_LIMIT:.0%})")
    told = sum(bool(one.refused) for one in outcomes)
    print(f"refused in words: {told} (of {sum(one.case.other for one in outcomes)} other slides)")


def draw(outcome: Outcome, path: Path) -> None:
    """Draw where the lens looked, among where the sites were and are."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 6))
    planned = np.array(grid_um(COLUMNS, ROWS, step_um=STEP_UM))
    axes.plot(*planned.T, "s", color="0.7", markersize=13, label="40x pictures, as stored")
    if outcome.refound is not None:
        axes.plot(
            *outcome.refound.moved.apply(planned).T, "s", fillstyle="none", color="C2", markersize=13,
            label="where they lie now",
        )  # fmt: skip
    looks = np.array(outcome.looks_um)
    axes.plot(*looks.T, "o-", color="C1", linewidth=0.8, markersize=5, label=f"{len(looks)} looks at 100x")
    for number, look in enumerate(looks, start=1):
        axes.annotate(str(number), look, textcoords="offset points", xytext=(5, 4), fontsize=8)
    axes.set(xlabel="stage x (µm)", ylabel="stage y (µm)", title=_title(outcome))
    axes.set_aspect("equal")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, bbox_inches="tight")


def _title(outcome: Outcome) -> str:
    case = outcome.case
    return f"simulated {case.specimen['kind']}: slide shifted {case.shift_um:.0f} µm and turned {case.turn_deg:g}°"


if __name__ == "__main__":
    main()
