"""What lies on the map of a plan: the tissue, the fields of one objective, the way of the stage."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from acquire.fields import Point
from acquire.fieldview import FieldView, view_of
from acquire.plan import Plan, Visit
from acquire.planfaults import Faults
from acquire.tissue import Tissue
from calibration.optics import Rig
from calibration.record import Calibration

RED = "#d40000"
GREY = "#8a8780"
OVER_GLASS, OVER_TISSUE = 0.28, 0.1
"""How dense the later objectives' fields are painted."""
ROUTE = "viridis"
START, END = "#440154", "#8fd744"
MANY = 80
"""Legs of a way from which it is drawn thinner."""
LARGEST_PX = 1600
"""Side of the overview as drawn."""
UM_PER_MM = 1000.0

Overview = tuple[NDArray[Any], Tissue]
"""Picture of a slide, and where it lies."""


def outlines(places_um: Sequence[Point], view: FieldView, first: FieldView) -> NDArray[np.float64]:
    """Corners of fields in stage µm of the first objective.

    Parameters
    ----------
    places_um : sequence of (x, y)
        Where the stage stands for each field.
    view, first : FieldView
        Of the objective, and of the first one.

    Returns
    -------
    ndarray, shape (n, 4, 2)
    """
    around = view.outline_um((0.0, 0.0)) + np.array(first.parcentric_um)
    return np.asarray(np.array(places_um, dtype=np.float64).reshape(-1, 1, 2) + around)


def draw_overview(axes: Axes, overview: NDArray[Any], tissue: Tissue) -> None:
    """Lay the overview of a slide under the map."""
    step = max(1, -(-max(overview.shape[:2]) // LARGEST_PX))
    small = overview[::step, ::step]
    shown = small if small.dtype == np.uint8 else np.clip(small / np.percentile(small, 99.5), 0, 1)
    matrix = np.eye(3)
    matrix[:2, :2] = np.array(tissue.um_per_px) * step
    middle = np.array([(overview.shape[1] - 1) / 2, (overview.shape[0] - 1) / 2])
    matrix[:2, 2] = np.array(tissue.at_um) - np.array(tissue.um_per_px) @ middle
    image = axes.imshow(shown, cmap="gray", interpolation="antialiased", alpha=0.9, zorder=0, aspect="auto")
    image.set_transform(Affine2D(matrix) + axes.transData)


def draw_blank(axes: Axes, plan: Plan, rig: Rig, calibration: Calibration | None) -> None:
    """Outline the tiles that show no tissue; nothing for a plan without an overview."""
    if plan.tissue is None:
        return
    tiles, view = plan.tiles(rig), view_of(rig, calibration, plan.objectives[0])
    blank = [tiles[number - 1] for number in plan.tissue.blank]
    corners = outlines([(tile.x_um, tile.y_um) for tile in blank], view, view)
    tiles_drawn = PolyCollection(
        list(corners), facecolors="none", edgecolors=GREY, linestyles="dotted", linewidths=0.6, zorder=1
    )
    axes.add_collection(tiles_drawn)
    axes.plot([], [], color=GREY, linestyle=":", linewidth=1, label=f"{len(blank)} blank tiles, skipped")


def draw_fields(
    axes: Axes,
    plan: Plan,
    rig: Rig,
    calibration: Calibration | None,
    visits: Sequence[Visit],
    wrong: Faults,
    colour: str,
    *,
    first: bool,
) -> None:
    """Paint the fields of one objective, those that cannot be made in red."""
    name = visits[0].objective
    view, around = view_of(rig, calibration, name), view_of(rig, calibration, plan.objectives[0])
    veil = OVER_TISSUE if plan.tissue is not None else OVER_GLASS
    for faulty in (False, True):
        own = [v for v in visits if ((v.site, v.objective) in wrong) is faulty]
        paint = RED if faulty else colour
        fields = PolyCollection(
            list(outlines([(visit.x_um, visit.y_um) for visit in own], view, around)),
            facecolors=(paint, 0.35 if faulty else 0.05 if first else veil),
            edgecolors=(paint, 0.9),
            linewidths=1.4 if faulty else 0.9 if first else 0.5,
            zorder=4 if faulty else 2 + 0.1 * (not first),
        )
        axes.add_collection(fields)
    width_um, height_um = rig.field_um(name)
    label = f"{name}: {len(visits)} fields of {width_um:.0f} × {height_um:.0f} µm"
    axes.scatter([], [], marker="s", s=70, facecolor=(colour, 0.15 if first else 0.4), edgecolor=colour, label=label)


def draw_route(axes: Axes, route: Sequence[Visit]) -> None:
    """Draw the way of the first pass, dark at its beginning and bright at its end."""
    points = np.array([(visit.x_um, visit.y_um) for visit in route])
    if len(points) > 1:
        legs = np.stack([points[:-1], points[1:]], axis=1)
        line = LineCollection(
            list(legs), cmap=ROUTE, linewidths=1.6 if len(legs) < MANY else 1.0, zorder=5, capstyle="round"
        )
        line.set_array(np.linspace(0, 0.9, len(legs)))
        line.set_clim(0, 1)
        axes.add_collection(line)
    axes.plot(*points[0], marker="o", markersize=8, color=START, markeredgecolor="white", zorder=6)
    axes.plot(*points[-1], marker="s", markersize=7, color=END, markeredgecolor="black", zorder=6)
    ends = f"way of each pass, {_length(points)}: ● start, ■ end"
    axes.plot([], [], color="#31688e", linewidth=1.6, label=ends)


def _length(points: NDArray[np.float64]) -> str:
    um = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    return f"{um / UM_PER_MM:.1f} mm" if um > UM_PER_MM else f"{um:.0f} µm"
