"""A plan as a picture: the map, and beside it what the preflight says."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from acquire.errors import PlanError
from acquire.item import Item
from acquire.plan import Plan
from calibration.optics import Rig
from calibration.record import Calibration
from parfocal.plan_fields import RED, Overview
from parfocal.plan_map import draw_map
from parfocal.plan_panel import draw_items, draw_travel

DRAWABLE = (".png", ".svg", ".pdf")
SIZE_IN = (12.0, 7.6)
DPI = 130


def draw_plan(
    plan: Plan,
    rig: Rig,
    calibration: Calibration | None,
    path: Path,
    *,
    items: Sequence[Item] = (),
    overview: Overview | None = None,
) -> None:
    """Draw a plan and its preflight.

    Parameters
    ----------
    plan : Plan
        From a plan file.
    rig : Rig
        Gives the fields of view and the limits.
    calibration : Calibration, optional
        Gives the offsets between objectives and the turn of the camera.
    path : Path
        PNG, SVG or PDF.
    items : sequence of Item
        What the preflight says.
    overview : (ndarray, Tissue), optional
        From `acquire.tissue.read_overview`; laid under the fields.

    Raises
    ------
    PlanError
        When the name asks for another format, or is that of a folder.
    """
    if path.suffix.lower() not in DRAWABLE or path.is_dir():
        raise PlanError(f"{path} cannot hold a map: give a file name that ends in one of {list(DRAWABLE)}")
    plan_figure(plan, rig, calibration, items=items, overview=overview).savefig(path, dpi=DPI)


def plan_figure(
    plan: Plan,
    rig: Rig,
    calibration: Calibration | None,
    *,
    items: Sequence[Item] = (),
    overview: Overview | None = None,
) -> Figure:
    """Return the picture of a plan as a figure; arguments as in `draw_plan`."""
    figure = Figure(figsize=SIZE_IN, layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.75, 1), height_ratios=(4.6, 1))
    axes = figure.add_subplot(grid[:, 0])
    wrong = draw_map(axes, plan, rig, calibration, overview=overview)
    title = f"Slide {plan.slide} on rig {rig.name}: {len(plan.sites(rig))} sites, {', then '.join(plan.objectives)}"
    axes.set_title(title, fontsize=11, loc="left", weight="bold")
    if wrong:
        axes.scatter(
            [], [], marker="s", s=70, facecolor=(RED, 0.35), edgecolor=RED, label=f"{len(wrong)} visits cannot be made"
        )
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=3, frameon=False, fontsize=8)
    draw_items(figure.add_subplot(grid[0, 1]), items)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    draw_travel(figure.add_subplot(grid[1, 1]), rig, (left, top, right, bottom))
    return figure
