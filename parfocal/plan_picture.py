"""A plan as a picture: limits, fields of every objective, and the way the stage goes."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from acquire.errors import PlanError
from acquire.plan import Plan
from calibration.optics import Rig
from calibration.record import Calibration

DRAWABLE = (".png", ".svg", ".pdf")
COLOURS = ("#2a7fbf", "#d1495b", "#3c8d5a", "#8a5fbf")


def draw_plan(plan: Plan, rig: Rig, calibration: Calibration | None, path: Path) -> None:
    """Draw the fields of a plan on the stage, in µm, x to the right and y downwards as in the report.

    Parameters
    ----------
    plan : Plan
        From a plan file.
    rig : Rig
        Gives the fields of view.
    calibration : Calibration, optional
        Gives the offsets between objectives.
    path : Path
        PNG, SVG or PDF.

    Raises
    ------
    PlanError
        When the name asks for another format, or is that of a folder.
    """
    if path.suffix.lower() not in DRAWABLE or path.is_dir():
        raise PlanError(f"{path} cannot hold a map: give a file name that ends in one of {list(DRAWABLE)}")
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.add_subplot()
    visits = list(plan.visits(rig, calibration))
    for colour, name in zip(COLOURS * len(plan.objectives), plan.objectives, strict=False):
        width, height = rig.field_um(name)
        for visit in (v for v in visits if v.objective == name):
            corner = (visit.x_um - width / 2, visit.y_um - height / 2)
            axes.add_patch(Rectangle(corner, width, height, edgecolor=colour, facecolor=colour, alpha=0.25))
        axes.plot([], [], color=colour, linewidth=4, alpha=0.5, label=f"{name}, {width:.0f} × {height:.0f} µm")
    route = [(v.x_um, v.y_um) for v in visits if v.objective == plan.objectives[0]]
    axes.plot(*zip(*route, strict=True), color="0.3", linewidth=0.8, marker=".", markersize=3)
    axes.set(
        xlabel="stage x (µm)", ylabel="stage y (µm)", title=f"Slide {plan.slide}: {len(route)} sites", aspect="equal"
    )
    axes.invert_yaxis()
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, frameon=False)
    figure.savefig(path, dpi=150)
