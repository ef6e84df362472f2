"""The claim about depth: one 40x frame, enhanced, against a fused stack of the 100x, in and out of focus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.kinds import make_specimen
from benchmarks.reproduction.chart import draw_curves
from benchmarks.reproduction.claim import Claim, Engines, Verdict, graded
from benchmarks.reproduction.optics import LOW_UM, RATIO, WHITE, Scene, scene_of
from enhance.baselines import bicubic
from enhance.edf import fuse
from enhance.metrics import psnr, tissue_mask
from enhance.validation import trimmed

Picture = NDArray[Any]
Curves = Mapping[str, NDArray[np.float64]]

STACK_UM = (-0.8, -0.4, 0.0, 0.4, 0.8)
STEP_UM = 0.3
FOCI_UM = tuple(np.round(np.arange(-1.5, 1.51, STEP_UM), 2).tolist())
PLACES = (("lung", 2150, (800.0, 800.0)), ("kidney", 2151, (930.0, 800.0)), ("breast", 2152, (1060.0, 800.0)))
SIDE_PX, BORDER_PX = 208, 40
ONE_PLANE = "one 100x exposure"
LOSS_DB = 1.0
"""Below the best of the 100x: as far from focus as that, a picture still counts as sharp."""


def depth(engines: Engines, picture: Path) -> Claim:
    """Score pictures at each focus against the fused, noise-free stack, and draw the curves."""
    curves = _mean([_curves(make_specimen({"kind": k, "seed": seed}), at, engines) for k, seed, at in PLACES])
    draw_curves(
        picture,
        FOCI_UM,
        {name: curve.tolist() for name, curve in curves.items()},
        x="focus from mid-section, µm",
        y="PSNR against the fused 100x stack, dB (tissue)",
        title="Simulated: three fields, one of each family",
    )
    level_db = float(curves[ONE_PLANE].max()) - LOSS_DB
    over_bicubic = float((curves["shipped"] - curves["bicubic"]).mean())
    return Claim(
        says="One enhanced 40x frame is sharp over a larger depth than the 100x, as a fused stack is (fig. 3)",
        only="depth",
        figures={name: _told(curves, name, level_db) for name in engines},
        verdict=_verdict(curves, level_db, over_bicubic),
        why=f"the enhanced frame beats one 100x exposure at {int((curves['shipped'] > curves[ONE_PLANE]).sum())} of "
        f"{len(FOCI_UM)} foci, and bicubic by {over_bicubic:+.2f} dB in their mean: a section is transparent, and a "
        "fused stack is like no plane of it",
    )


def _verdict(curves: Curves, level_db: float, over_bicubic: float) -> Verdict:
    """Judge the depth gained over the 100x; what bicubic gains as well is the lens's, and holds in part."""
    gained_um = _reach_um(curves["shipped"], level_db) - _reach_um(curves[ONE_PLANE], level_db)
    return graded(gained_um, holds=STEP_UM if over_bicubic > 0 else np.inf, in_part=STEP_UM)


def _curves(specimen: Any, centre_um: tuple[float, float], engines: Engines) -> Curves:
    scene = scene_of(specimen, centre_um, side_px=SIDE_PX)
    truth = fuse(np.stack([scene.high(z_um, noise=False) for z_um in STACK_UM])).image
    kept = trimmed(truth, BORDER_PX)
    mask = tissue_mask(kept, pixel_um=LOW_UM / RATIO, white_level=WHITE)
    rows = [_pictures(scene, z_um, engines) for z_um in FOCI_UM]
    return {
        name: np.array([psnr(trimmed(row[name], BORDER_PX), kept, data_range=WHITE, mask=mask) for row in rows])
        for name in rows[0]
    }


def _pictures(scene: Scene, z_um: float, engines: Engines) -> dict[str, Picture]:
    low = scene.low(z_um)
    enhanced = {name: engine.enhance(low, white_level=WHITE) for name, engine in engines.items()}
    return {"bicubic": bicubic(low, (5, 2)), ONE_PLANE: scene.high(z_um)} | enhanced


def _mean(curves: list[Curves]) -> Curves:
    return {name: np.mean([one[name] for one in curves], axis=0) for name in curves[0]}


def _reach_um(curve: NDArray[np.float64], level_db: float) -> float:
    """Length of the focus range in which the curve lies above a level."""
    fine = np.linspace(FOCI_UM[0], FOCI_UM[-1], 241)
    good = np.interp(fine, FOCI_UM, curve) >= level_db
    return float(good.sum() * (fine[1] - fine[0]))


def _told(curves: Curves, name: str, level_db: float) -> str:
    reaches = (f"{one} {_reach_um(curves[one], level_db):.2f} µm" for one in (name, "bicubic", ONE_PLANE))
    return f"above {level_db:.1f} dB over: {', '.join(reaches)}"
