"""The map of a plan: tissue, fields of every objective, the way the stage goes, and in red what cannot be done."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke

from acquire.fieldview import view_of
from acquire.plan import Plan, Visit
from acquire.planfaults import Faults, outside_limits, uncontained
from calibration.optics import Limits, Rig
from calibration.record import Calibration
from parfocal.plan_fields import RED, Overview, draw_blank, draw_fields, draw_overview, draw_route, outlines

COLOURS = ("#1f6f9f", "#c2417c", "#3c8d5a", "#8a5fbf")
HALO = withStroke(linewidth=1.8, foreground="white")
GLASS = "#fbfaf7"
NUMBERED = 80
"""Sites up to which each carries its number."""
AROUND = 0.06
"""Of the map's longer side, left free on every side."""
LIMIT_SHOWN = 0.25
"""A limit nearer than this part of the map is brought into it."""

Box = tuple[float, float, float, float]


def draw_map(axes: Axes, plan: Plan, rig: Rig, calibration: Calibration | None, *, overview: Overview | None) -> Faults:
    """Draw a plan in stage µm of its first objective, x to the right and y downwards as in the report.

    Parameters
    ----------
    axes : Axes
        Where.
    plan, rig, calibration : Plan, Rig, Calibration or None
        What, and how large and turned its fields are.
    overview : (ndarray, Tissue), optional
        From `acquire.tissue.read_overview`.

    Returns
    -------
    Faults
        The visits that were drawn in red.
    """
    visits = list(plan.visits(rig, calibration))
    wrong: Faults = {**outside_limits(plan, rig, calibration), **uncontained(plan, rig, calibration)}
    axes.set_facecolor(GLASS)
    if overview is not None:
        draw_overview(axes, *overview)
    draw_blank(axes, plan, rig, calibration)
    for number, name in enumerate(plan.objectives):
        own = [visit for visit in visits if visit.objective == name]
        draw_fields(axes, plan, rig, calibration, own, wrong, COLOURS[number % len(COLOURS)], first=number == 0)
    route = [visit for visit in visits if visit.objective == plan.objectives[0]]
    draw_route(axes, route)
    _draw_places(axes, plan, rig, route)
    _frame(axes, plan, rig, calibration, visits)
    return wrong


def _draw_places(axes: Axes, plan: Plan, rig: Rig, route: Sequence[Visit]) -> None:
    if plan.outline_um:
        line = Polygon(plan.outline_um, edgecolor="black", facecolor="none", linewidth=1.2, linestyle="--", zorder=5)
        axes.add_patch(line)
        axes.plot([], [], color="black", linestyle="--", linewidth=1.2, label="region of the plan")
    if plan.background_um is not None:
        axes.plot(*plan.background_um, marker="*", markersize=13, color="#f0a500", markeredgecolor="black", zorder=6)
        axes.plot([], [], marker="*", linestyle="", markersize=10, color="#f0a500", label="empty glass, for the lamp")
    if len(route) > NUMBERED:
        return
    width_um, height_um = rig.field_um(plan.objectives[0])
    for visit in route:
        place = (visit.x_um - 0.46 * width_um, visit.y_um - 0.44 * height_um)
        said = axes.annotate(visit.site.lstrip("0"), place, fontsize=6.5, color="black", va="top", zorder=6)
        said.set_path_effects([HALO])


def _frame(axes: Axes, plan: Plan, rig: Rig, calibration: Calibration | None, visits: Sequence[Visit]) -> None:
    """Choose what the map shows: all fields, and a limit where one is near."""
    left, top, right, bottom = _bounds(plan, rig, calibration, visits)
    limits = rig.limits_um
    side = max(right - left, bottom - top)
    left, right = _with_limits(left, right, limits.x, side)
    top, bottom = _with_limits(top, bottom, limits.y, side)
    _draw_limits(axes, limits)
    axes.set(
        xlim=(left - AROUND * side, right + AROUND * side),
        ylim=(bottom + AROUND * side, top - AROUND * side),
        aspect="equal",
        xlabel="stage x (µm)",
        ylabel="stage y (µm)",
    )
    axes.tick_params(labelsize=8)


def _draw_limits(axes: Axes, limits: Limits) -> None:
    (left, right), (top, bottom) = limits.x, limits.y
    size = right - left, bottom - top
    axes.add_patch(Rectangle((left, top), *size, edgecolor=RED, facecolor="none", linewidth=1.5, zorder=3))
    axes.plot([], [], color=RED, linewidth=1.5, label="limits of the stage")


def _with_limits(low: float, high: float, span: tuple[float, float], side: float) -> tuple[float, float]:
    near = LIMIT_SHOWN * side
    lowest = min(low, span[0]) if abs(low - span[0]) < near else low
    return lowest, max(high, span[1]) if abs(span[1] - high) < near else high


def _bounds(plan: Plan, rig: Rig, calibration: Calibration | None, visits: Sequence[Visit]) -> Box:
    first = view_of(rig, calibration, plan.objectives[0])
    corners = [np.array(plan.background_um).reshape(-1, 2)] if plan.background_um is not None else []
    for name in plan.objectives:
        own = [(visit.x_um, visit.y_um) for visit in visits if visit.objective == name]
        corners.append(outlines(own, view_of(rig, calibration, name), first).reshape(-1, 2))
    if plan.tissue is not None:
        corners.append(outlines([(tile.x_um, tile.y_um) for tile in plan.tiles(rig)], first, first).reshape(-1, 2))
    (left, top), (right, bottom) = np.concatenate(corners).min(axis=0), np.concatenate(corners).max(axis=0)
    return float(left), float(top), float(right), float(bottom)
