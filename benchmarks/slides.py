"""The simulated slides that the shipped weights are trained, chosen and judged on; captured, calibrated and paired.

    python -m benchmarks.slides FOLDER [--processes 2] [--only REGEX]

Every rig is calibrated and every slide captured as on a stand. What is there already is not made again, so the same
command goes on after it was stopped. All of it takes half an hour on two fast cores, 80 minutes on slower ones, and
3 GB.
"""

import argparse
import math
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

from acquire.characterise import Characterise
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.simulated.specimens.mounted import GLASS_UM
from calibration import record
from calibration.optics import Rig
from calibration.rig import load_rig
from enhance.pairs import build_pairs
from parfocal.capturing import capture_plan
from parfocal.demo import FOCUS_OFFSET_UM

Role = Literal["train", "validation", "test"]
Faults = Literal["realistic", "perfect"]

FAMILIES = ("lung", "kidney", "breast")
DATA = Path(__file__).parents[1] / "tests" / "data"
PICTURES = ("he_tia.jpg", "he_liver.jpg", "pas_kidney.jpg")
"""Photographs at a fictitious scale that are never trained on."""
TRAINING_PICTURES = ("he_os1.jpg", "he_skin.jpg", "dab_kidney.jpg")
"""Of other slides: so that a network has seen sections that nobody's procedure made."""
PERFECT_PICTURES = ("he_os1.jpg", "dab_kidney.jpg")
"""Without the skin: where its four sites of that seed lie there is too little to find the slide again by."""
TRAINING_SCALES_UM = {1: 0.06, 2: 0.05, 3: 0.075}
"""Of a pixel, by the seed of the slide."""
FIRST_UM, PITCH_UM = 500.0, 130.0
"""More than a field of the 40x between sites, so that no two share tissue."""
PICTURE_PITCH_UM = 43.0
"""More than a field of the 100x: a photograph stands for 60 µm or twice that, and goes on as its mirror image."""
LOW, HIGH = "40x", "100x"
FOCUS_OFFSETS_UM = {"lung": -0.23, "kidney": -0.25, "breast": -0.19}
"""From the focus found to the finest detail of a tissue, of the drive through the 40x, by `benchmarks.detail` (decision
39); photographs have one layer, and the offset of the demo."""
PERFECT_SEED = 1
TRAINING_RIGS = (11, 12, 13, 14)
VALIDATION_RIG = 15
TEST_RIGS = (21, 22, 23)
PERFECT_SITES = {6000: 9, 6100: 9, 6200: 12, 6300: 12, 6400: 12}
"""By the seed of the tissue."""
SHIPPED_PICTURE_SEED = 1
"""Of the photographs that the weights that ship learn from."""
SHIPPED_TEST_SLIDE = "lung-2100-realistic"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSlide:
    """One slide on one rig: whose tissue, for what, at how many sites.

    Parameters
    ----------
    kind : str
        A family, or the name of a photograph.
    seed : int
        Of the tissue.
    rig_seed : int
        Of the faults of its rig.
    faults : {'realistic', 'perfect'}
        Of its rig.
    role : {'train', 'validation', 'test'}
        Truth is written for the last two.
    sites : int
        Captured with both objectives.
    """

    kind: str
    seed: int
    rig_seed: int
    faults: Faults
    role: Role
    sites: int

    @property
    def name(self) -> str:
        """Of the slide, its run and its plan."""
        return f"{Path(self.kind).stem}-{self.seed}-{self.faults}"

    @property
    def photograph(self) -> bool:
        """Whether it is a picture, and no tissue."""
        return self.kind not in FAMILIES

    @property
    def rig_name(self) -> str:
        """Of the rig and its calibration."""
        return f"{self.faults}-{self.rig_seed}"


def slides() -> Iterator[SimulatedSlide]:
    """All of them: tissue seeds of training, validation and test differ, and so do the rigs."""
    yield from _training()
    yield from _judging("realistic")
    yield from _judging("perfect")
    yield from _training_without_faults()


def _training() -> Iterator[SimulatedSlide]:
    for rig, (number, kind) in product(TRAINING_RIGS, enumerate(FAMILIES)):
        seed = 100 * rig + number
        yield SimulatedSlide(kind=kind, seed=seed, rig_seed=rig, faults="realistic", role="train", sites=12)
    for (number, kind), seed in product(enumerate(TRAINING_PICTURES), TRAINING_SCALES_UM):
        rig = TRAINING_RIGS[(number + seed) % len(TRAINING_RIGS)]
        yield SimulatedSlide(kind=kind, seed=seed, rig_seed=rig, faults="realistic", role="train", sites=4)


def _training_without_faults() -> Iterator[SimulatedSlide]:
    """From one rig: else a network takes what is in focus and free of noise for what it is not."""
    for kind, (seed, sites) in product(FAMILIES, PERFECT_SITES.items()):
        yield _perfect(kind, seed, sites)
    for kind, seed in product(PERFECT_PICTURES, TRAINING_SCALES_UM):
        yield _perfect(kind, seed, 4)


def _perfect(kind: str, seed: int, sites: int) -> SimulatedSlide:
    return SimulatedSlide(kind=kind, seed=seed, rig_seed=PERFECT_SEED, faults="perfect", role="train", sites=sites)


def _judging(faults: Faults) -> Iterator[SimulatedSlide]:
    realistic = faults == "realistic"
    for kind in FAMILIES:
        rig = VALIDATION_RIG if realistic else PERFECT_SEED
        yield SimulatedSlide(kind=kind, seed=5000, rig_seed=rig, faults=faults, role="validation", sites=3)
    for number, kind in product(TEST_RIGS, FAMILIES):
        rig = number if realistic else PERFECT_SEED
        yield SimulatedSlide(kind=kind, seed=100 * number, rig_seed=rig, faults=faults, role="test", sites=3)
    for number, kind in zip(TEST_RIGS, PICTURES, strict=True):
        rig = number if realistic else PERFECT_SEED
        yield SimulatedSlide(kind=kind, seed=1, rig_seed=rig, faults=faults, role="test", sites=2)


def rig_of(slide: SimulatedSlide) -> Rig:
    """Return the rig with that slide on it."""
    specimen: dict[str, Any] = {"kind": slide.kind, "seed": slide.seed}
    if slide.photograph:
        specimen |= {"kind": "picture", "file": str(DATA / slide.kind)}
    if slide.kind in TRAINING_PICTURES:
        specimen["um_per_px"] = TRAINING_SCALES_UM[slide.seed]
    simulated = {
        "faults": slide.faults,
        "seed": slide.rig_seed,
        "specimen": specimen,
        "truth": "transforms" if slide.role == "train" else "pictures",
    }
    return replace(load_rig("simulated"), name=slide.name, simulated=simulated)


def calibrate(folder: Path, slide: SimulatedSlide) -> None:
    """Calibrate the rig of a slide on it, unless that was done."""
    path = folder / "calibrations" / f"{slide.rig_name}.yaml"
    if path.is_file():
        return
    with open_microscope(rig_of(slide)) as microscope:
        work = Characterise(microscope=microscope, confirm=lambda _question: True, progress=lambda *_told: None)
        found = work.calibrate(at_um=(FIRST_UM, FIRST_UM), glass_um=GLASS_UM, now=datetime.now(UTC))
    record.save(found, path)


def capture(folder: Path, slide: SimulatedSlide) -> None:
    """Capture a slide, or what is missing of it."""
    rig = rig_of(slide)
    pitch_um = PICTURE_PITCH_UM if slide.photograph else PITCH_UM
    side = math.ceil(math.sqrt(slide.sites))
    sites_um = [
        [FIRST_UM + pitch_um * (number % side), FIRST_UM + pitch_um * (number // side)] for number in range(slide.sites)
    ]
    document = {
        "slide": slide.name,
        "sites_um": sites_um,
        "objectives": [LOW, HIGH],
        "stack": {HIGH: {"planes": 5, "step_um": 0.4}},
        "focus": {"method": "surface", "offset_um": {LOW: FOCUS_OFFSETS_UM.get(slide.kind, FOCUS_OFFSET_UM)}},
        "exposure_ms": {LOW: 8, HIGH: 50},
    }
    calibration = record.load(folder / "calibrations" / f"{slide.rig_name}.yaml")
    capture_plan(parse_plan(document, rig), rig, calibration, run_path(folder, slide))


def run_path(folder: Path, slide: SimulatedSlide) -> Path:
    """Where the run of a slide lies."""
    return folder / "runs" / slide.name


def pair(folder: Path, name: str, chosen: Sequence[SimulatedSlide]) -> None:
    """Make a training set of some slides: its splits are their roles."""
    named = {role: [slide.name for slide in chosen if slide.role == role] for role in ("validation", "test")}
    build_pairs(
        [run_path(folder, slide) for slide in chosen],
        folder / f"pairs-{name}",
        label="plane",
        test_slides=named["test"],
        validation_slides=named["validation"],
    )


def sets(chosen: Sequence[SimulatedSlide]) -> dict[str, list[SimulatedSlide]]:
    """Training sets by name: to ship, to compare networks by, and one of each kind of rig to judge and fit filters on.

    The second names no test slide: about a fifth of its sites is kept for a test.
    """
    return {
        "training": [slide for slide in chosen if _ships(slide)],
        "mixed": [slide for slide in chosen if slide.role != "test"],
        "realistic": [slide for slide in chosen if slide.faults == "realistic"],
        "perfect": [slide for slide in chosen if slide.faults == "perfect"],
    }


def _ships(slide: SimulatedSlide) -> bool:
    """Whether the weights that ship learn from it, or are chosen by it: all tissue, and few photographs.

    One slide stands for the test: where none is named, a fifth of the sites is kept for it.
    """
    if slide.role == "test":
        return slide.name == SHIPPED_TEST_SLIDE
    return not slide.photograph or (slide.faults == "realistic" and slide.seed == SHIPPED_PICTURE_SEED)


def main() -> None:
    """Make what is missing in the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="slides whose names match; no pairs are made")
    told = parser.parse_args()
    chosen = [slide for slide in slides() if re.search(told.only, slide.name)]
    rigs = {slide.rig_name: slide for slide in reversed(chosen) if slide.kind in FAMILIES}
    with ProcessPoolExecutor(told.processes, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        list(pool.map(calibrate, [told.folder] * len(rigs), rigs.values()))
        list(pool.map(capture, [told.folder] * len(chosen), chosen))
    if not told.only:
        for name, own in sets(chosen).items():
            pair(told.folder, name, own)


if __name__ == "__main__":
    main()
