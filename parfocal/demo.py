"""The whole job on the simulated microscope: the commands of the chain, one after the other, on files in one folder."""

import csv
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from acquire.characterise import Characterise
from acquire.errors import StoreError
from acquire.open import open_microscope
from acquire.planfile import parse_plan
from acquire.runopen import open_run
from acquire.simulated.specimens.mounted import GLASS_UM
from calibration import record
from calibration.flatfield import correct
from calibration.optics import Rig
from calibration.record import Calibration
from calibration.rig import dump_rig, load_rig
from enhance.apply import enhance_path
from enhance.evaluate import evaluate
from enhance.evaluation import Evaluation
from enhance.open import open_engine
from enhance.pairs import PairsResult, build_pairs
from enhance.picturefile import write_picture
from enhance.stackfile import fuse_path
from enhance.train import TrainResult, train
from parfocal.bars import bar
from parfocal.capturing import capture_plan
from parfocal.demo_sizes import Size, Slide
from parfocal.laps import Laps
from parfocal.training_bar import TrainingBar

PITCH_UM = 130.0
"""Distance between sites: more than one field of the low-power objective, so that no two share tissue."""
FIRST_SITE_UM = 500.0
FOCUS_OFFSET_UM = -0.21
"""From the maximum of coarse edges, which lies between two layers of a simulated section, to where its detail is."""
LOW, HIGH = "40x", "100x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What the demo's microscope gave.

    Parameters
    ----------
    rig : Rig
        Without a specimen of its own.
    calibration : Calibration
        As measured.
    runs : tuple of (Slide, Path)
        One run folder for each slide.
    pairs : PairsResult
        Of all runs.
    """

    rig: Rig
    calibration: Calibration
    runs: tuple[tuple[Slide, Path], ...]
    pairs: PairsResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Captured):
    """What the demo made, step by step, for the report; further parameters as in `Captured`.

    Parameters
    ----------
    out : Path
        The folder everything lies in.
    size : Size
        How much was done.
    training, evaluation : results of the commands of that name
    seconds : tuple of (str, float)
        How long each step took, in order, over all sessions in this folder.
    """

    out: Path
    size: Size
    training: TrainResult
    evaluation: Evaluation
    seconds: tuple[tuple[str, float], ...]

    @property
    def true_rms_px(self) -> dict[str, float]:
        """Distance of each accepted pair's transform from the true one, in low-power pixels."""
        with (self.out / "pairs" / "sites.csv").open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["accepted"] == "true"]
        return {row["id"]: float(row["true_rms_px"]) for row in rows}

    @property
    def rig_in_use(self) -> Rig:
        """The rig as the first slide was captured on it, faults and all."""
        return _with_slide(self.rig, self.runs[0][0], self.size.faults)


def run_demo(out: Path, size: Size) -> Chain:
    """Run the whole chain in a folder; run again in the same folder, it goes on where it was stopped.

    Parameters
    ----------
    out : Path
        Where everything is written: rigs, plans, calibration, runs, training set, model, scores.
    size : Size
        How much to do.

    Returns
    -------
    Chain
        What was made, for the report.
    """
    clock = Laps(out / "seconds.json")
    made = capture_demo(out, size, clock)
    with clock.step("train"), bar("Training") as step:
        training = train(
            out / "pairs",
            out / "model",
            recipe="fast",
            steps=size.steps,
            minutes=size.minutes,
            progress=TrainingBar(step),
        )
    with clock.step("evaluate"), bar("Evaluating") as step:
        evaluation = evaluate(open_engine(out / "model"), out / "pairs", out=out / "evaluation", progress=step)
    last = made.runs[-1][1]
    with clock.step("fuse"):
        site = open_run(last).sites()[0]
        fuse_path(last / "sites" / f"{site}_{HIGH}.ome.tif", out / "fused_100x.tif")
    with clock.step("enhance"):
        _enhanced(out, last, site)
    return Chain(
        out=out,
        size=size,
        rig=made.rig,
        calibration=made.calibration,
        runs=made.runs,
        pairs=made.pairs,
        training=training,
        evaluation=evaluation,
        seconds=clock.seconds,
    )


def capture_demo(out: Path, size: Size, clock: Laps) -> Captured:
    """Do the part of `run_demo` that needs the microscope: calibrate, capture, and register the pairs."""
    rig = replace(load_rig("simulated"), camera=replace(load_rig("simulated").camera, size_px=size.camera_px))
    rigs = {slide.name: _write_rig(out, _with_slide(rig, slide, size.faults)) for slide in size.slides}
    with clock.step("calibrate"):
        calibration = _calibrated(out, rigs[size.slides[0].name], size)
    with clock.step("capture"):
        runs = tuple((slide, _captured(out, rigs[slide.name], slide, calibration)) for slide in size.slides)
    test = tuple(slide.name for slide in size.slides if slide.role == "test")
    with clock.step("pairs"), bar("Registering pairs") as step:
        pairs = build_pairs([run for _, run in runs], out / "pairs", label="plane", test_slides=test, progress=step)
    return Captured(rig=rig, calibration=calibration, runs=runs, pairs=pairs)


def _with_slide(rig: Rig, slide: Slide, faults: str) -> Rig:
    simulated = {
        "faults": faults,
        "specimen": {"kind": "lung", "seed": slide.seed},
        "truth": "pictures" if slide.truth else "transforms",
    }
    return replace(rig, name=slide.name, simulated=simulated)


def _write_rig(out: Path, rig: Rig) -> Rig:
    file, text = out / "rigs" / f"{rig.name}.yaml", dump_rig(rig)
    if file.is_file() and file.read_text(encoding="utf-8") != text:
        raise StoreError(f"{out} holds a demo of another size, quick or full: name another folder with --out")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return rig


def _calibrated(out: Path, rig: Rig, size: Size) -> Calibration:
    path = out / "calibration" / "CAL.yaml"
    if path.is_file():
        return record.load(path)
    with open_microscope(rig) as microscope, bar("Calibrating") as step:
        work = Characterise(
            microscope=microscope, confirm=lambda _question: True, progress=step, sites=size.calibration_sites
        )
        calibration = work.calibrate(at_um=(FIRST_SITE_UM, FIRST_SITE_UM), glass_um=GLASS_UM, now=datetime.now(UTC))
    record.save(calibration, path)
    return calibration


def _captured(out: Path, rig: Rig, slide: Slide, calibration: Calibration) -> Path:
    document = _plan(slide)
    file, run_path = out / "plans" / f"{slide.name}.yaml", out / "runs" / slide.name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    capture_plan(parse_plan(document, rig), rig, calibration, run_path)
    return run_path


def _enhanced(out: Path, run_path: Path, site: str) -> None:
    """Correct one whole 40x frame of the last slide and enhance it, as a person would a picture of their own."""
    run = open_run(run_path)
    stack = run.read(site, LOW)
    correction = (run.calibration or record.load(out / "calibration" / "CAL.yaml")).corrections[LOW]
    pixel_um = run.rig.pixel_um(LOW)
    field = correct(stack.pixels[0], correction, white_level=stack.white_level)
    write_picture(out / "field_40x.tif", field, description="Simulated, corrected 40x frame", pixel_um=pixel_um)
    enhance_path(out / "field_40x.tif", out / "field_enhanced.tif", open_engine(out / "model"))


def _plan(slide: Slide) -> dict[str, Any]:
    side = math.ceil(math.sqrt(slide.sites))
    grid = [(i % side, i // side) for i in range(slide.sites)]
    return {
        "slide": slide.name,
        "sites_um": [[FIRST_SITE_UM + i * PITCH_UM, FIRST_SITE_UM + j * PITCH_UM] for i, j in grid],
        "objectives": [LOW, HIGH],
        "stack": {HIGH: {"planes": 5, "step_um": 0.4}},
        "focus": {"method": "surface", "offset_um": {LOW: FOCUS_OFFSET_UM}},
        "exposure_ms": {LOW: 8, HIGH: 50},
    }
