"""What the demo's report tells, read from the files that the chain wrote."""

import csv
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from acquire.runfolder import RunFolder
from acquire.runopen import open_run
from acquire.simulated.faults import Mount
from acquire.simulated.scene import scene_of
from calibration.flatfield import correct
from calibration.record import Measured
from enhance.bitdepth import as_bytes
from enhance.edf import fuse
from enhance.engine import Engine
from enhance.open import open_engine
from parfocal.demo import Chain
from parfocal.demo_pictures import overview, pair_view
from parfocal.learning_story import crops, curve, liveliest, score_tables
from parfocal.report_capture import Measurement, PairView, Registered, SiteMark, SlideMap, StackView
from parfocal.report_learning import Crop
from parfocal.report_story import Hero, Optics, Step, Story

RESULT_PX = 96
HERO_PX = 128
LIMITS = (
    "Every picture here is simulated: tissue, optics, noise and the rig's faults are computed. "
    "Scores on real slides will be lower.",
    "Training and test slides have different seeds but come from one procedural family and one stain.",
    "The truth comes from the optical model that rendered the pictures: an error of that model does not show here.",
    "The network fills in what is likely. A structure that only the enhanced picture shows is a hypothesis.",
)
QUICK_NOTICE = "The quick form: every step was really done, but none for long enough to claim any quality."
SAYS = {
    "calibrate": "pixel sizes, camera-to-stage matrix, offsets between the objectives, flat fields",
    "capture": "every site at 40×, one oil step, then five planes of 0.4 µm at 100×",
    "pairs": "fuse, register to a fraction of a pixel, reject what does not fit, split by slide",
    "train": "the paper's network with the fast recipe",
    "evaluate": "whole test sites against what the simulator knows",
    "fuse": "one stack of the test slide into one picture, with its depth map",
    "enhance": "one whole 40× frame of the test slide",
}


def widest_crop(chain: Chain) -> Crop:
    """Return the area of the first test site that the picture beside the report shows."""
    engine = open_engine(chain.out / "model")
    pixel_um = chain.calibration.objectives["40x"].pixel_um.value
    return crops(chain.out / "pairs", engine, chain.evaluation, pixel_um=pixel_um, side_px=RESULT_PX)[0]


def tell(chain: Chain) -> Story:
    """Tell what a finished chain did.

    Parameters
    ----------
    chain : Chain
        From `parfocal.demo.run_demo`.
    """
    runs = {slide.name: open_run(path) for slide, path in chain.runs}
    engine = open_engine(chain.out / "model")
    rows = _rows(chain.out / "pairs" / "sites.csv")
    tests = [row["id"] for row in rows if row["split"] == "test" and row["accepted"] == "true"]
    pixel_um = chain.calibration.objectives["40x"].pixel_um.value
    return Story(
        title="What a 40× sees, at the sharpness of a 100×",
        subtitle="Parfocal's whole chain, run once on the simulated microscope.",
        simulated=True,
        facts=_facts(chain),
        optics=Optics(
            low="40×",
            high="100×",
            low_label="40×/0.95 air",
            high_label="100×/1.40 oil",
            low_pixel_um=pixel_um,
            high_pixel_um=pixel_um / 2.5,
        ),
        limits=LIMITS,
        notice="" if chain.size.claims else QUICK_NOTICE,
        steps=tuple(Step(name=name, says=SAYS[name], seconds=seconds) for name, seconds in chain.seconds),
        hero=_hero(chain, engine, tests[0], pixel_um),
        slides=tuple(_slide(runs[slide.name], slide.role, slide.seed) for slide, _ in chain.runs),
        fields_um={o.name: chain.rig.field_um(o.name) for o in chain.rig.objectives},
        stack_plan="100×: 5 planes, 0.4 µm apart",
        calibration=tuple(_measurements(chain)),
        pair=_pair(runs, rows, tests[0]),
        registered=tuple(_registered(row, chain) for row in rows),
        stack=_stack(runs, rows, tests[0]),
        training=curve(
            chain.out / "model",
            chain.training,
            recipe="fast",
            parameters=sum(weight.size for weight in engine.checkpoint.weights.values()),
            patches=chain.pairs.patches,
        ),
        crops=crops(chain.out / "pairs", engine, chain.evaluation, pixel_um=pixel_um),
        scores=score_tables(chain.evaluation),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _facts(chain: Chain) -> dict[str, str]:
    packages = ("parfocal", "torch", "pymmcore", "pycromanager")
    return {
        "Made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Microscope": "simulated, over a real Micro-Manager core",
        "Specimen": "procedural Masson's trichrome of dense lung",
        "Machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Versions": ", ".join(f"{name} {metadata.version(name)}" for name in packages),
        "Training": f"{chain.training.steps} steps in {chain.training.seconds:.0f} s",
        "In all sessions": f"{sum(seconds for _, seconds in chain.seconds) / 60:.1f} minutes",
    }


def _hero(chain: Chain, engine: Engine, site: str, pixel_um: float) -> Hero:
    low = np.load(chain.out / "pairs" / "pairs" / f"{site}_low.npy")
    side_px = min(HERO_PX, *low.shape[:2])
    row, column = liveliest(low, side_px)
    p, q = engine.checkpoint.ratio
    enhanced = as_bytes(engine.enhance(low))
    top, left, side = row * p // q, column * p // q, side_px * p // q
    return Hero(
        before=as_bytes(low)[row : row + side_px, column : column + side_px],
        after=enhanced[top : top + side, left : left + side],
        width_um=side_px * pixel_um,
        before_name="40×, as captured",
        after_name="Enhanced",
        caption=f"Test site {site}, a slide the network never saw.",
    )


def _slide(run: RunFolder, role: Any, seed: int) -> SlideMap:
    picture, edges_um = overview(run)
    sites = run.plan.sites(run.rig)
    return SlideMap(
        name=run.slide,
        specimen=f"lung, Masson, seed {seed}",
        role=role,
        sites=tuple(SiteMark(name=site.name, x_um=site.x_um, y_um=site.y_um) for site in sites),
        overview=picture,
        overview_um=edges_um,
    )


def _measurements(chain: Chain) -> list[Measurement]:
    mounts = scene_of(chain.rig_in_use).mounts
    rows = []
    for name, measured in chain.calibration.objectives.items():
        mount = mounts[name]
        nominal_um = chain.rig.pixel_um(name)
        rows.append(_row(f"{name} pixel size", "µm", measured.pixel_um, mount.scale * nominal_um, 5))
        rows.append(_row(f"{name} rotation", "°", measured.rotation_deg, mount.rotation_deg, 3))
        if name != chain.rig.objectives[0].name:
            rows += _offsets(name, measured.parcentric_um, measured.parfocal_um, mount)
    return rows


def _offsets(name: str, parcentric: tuple[Measured, Measured], parfocal: Measured, mount: Mount) -> list[Measurement]:
    rows = [
        _row(f"{name} parcentric {axis}", "µm", measured, truth_um, 2)
        for axis, measured, truth_um in zip("xy", parcentric, mount.parcentric_um, strict=True)
    ]
    return [*rows, _row(f"{name} parfocal", "µm", parfocal, mount.parfocal_um, 2)]


def _row(name: str, unit: str, measured: Measured, truth: float, digits: int) -> Measurement:
    return Measurement(
        name=name, unit=unit, value=measured.value, interval95=measured.interval95, truth=truth, digits=digits
    )


def _pair(runs: dict[str, RunFolder], rows: list[dict[str, str]], site: str) -> PairView:
    row = next(row for row in rows if row["id"] == site)
    return pair_view(runs[row["slide"]], row)


def _registered(row: dict[str, str], chain: Chain) -> Registered:
    roles = {slide.name: slide.role for slide, _ in chain.runs}
    role: Any = row["split"] or roles[row["slide"]]
    return Registered(
        site=row["id"],
        role=role,
        accepted=row["accepted"] == "true",
        residual_px=float(row["residual_px"] or "nan"),
        high_pass_ncc=float(row["high_pass_ncc"] or "nan"),
        truth_rms_px=float(row["true_rms_px"]) if row["true_rms_px"] else None,
        reason=row["reason"],
    )


def _stack(runs: dict[str, RunFolder], rows: list[dict[str, str]], site: str) -> StackView:
    row = next(row for row in rows if row["id"] == site)
    run = runs[row["slide"]]
    high = run.objectives[-1]
    stack = run.read(row["site"], high)
    flat = run.calibration.corrections[high] if run.calibration else None
    planes = [correct(plane, flat, white_level=stack.white_level) if flat else plane for plane in stack.pixels]
    middle_um = float(np.mean(stack.z_um))
    relative = tuple(z - middle_um for z in stack.z_um)
    fused = fuse(np.stack(planes), z_um=relative)
    return StackView(
        site=site,
        planes=tuple(np.asarray(plane, dtype=np.uint8) for plane in planes),
        z_um=relative,
        fused=np.asarray(fused.image, dtype=np.uint8),
        depth_um=np.asarray(fused.depth, dtype=np.float64),
        pixel_um=run.rig.pixel_um(high),
    )
