"""What stands beside the map of a plan: what the preflight says, and where on the stage the plan lies."""

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from acquire.item import Item
from calibration.optics import Rig

MARKS = {"pass": ("●", "#3c8d5a"), "warn": ("▲", "#d08a00"), "fail": ("✖", "#d40000")}
COLUMNS = 62
"""Characters of a line."""
LINES = {"pass": 2, "warn": 3, "fail": 5}
"""What passed may be cut short: it is in the command's table."""
LINE = 0.0255
"""Height of a line, of the panel."""


def draw_items(axes: Axes, items: Sequence[Item]) -> None:
    """Write the items of a preflight, what failed first.

    Parameters
    ----------
    axes : Axes
        Of which nothing else is seen.
    items : sequence of Item
        From `acquire.preflight`.
    """
    axes.set_axis_off()
    top = 0.985
    for item in sorted(items, key=lambda item: ("fail", "warn", "pass").index(item.state)):
        mark, colour = MARKS[item.state]
        said = textwrap.wrap(item.says, COLUMNS, max_lines=LINES[item.state], placeholder=" …")
        axes.text(0, top, mark, color=colour, fontsize=9, va="top")
        axes.text(0.055, top, item.name, fontsize=8, weight="bold", va="top", color=colour)
        axes.text(0.055, top - LINE, "\n".join(said), fontsize=7, va="top", color="#333333", linespacing=1.15)
        top -= LINE * (1.35 + 0.92 * len(said))


def draw_travel(axes: Axes, rig: Rig, box: tuple[float, float, float, float]) -> None:
    """Show the part of the stage's travel that the map shows.

    Parameters
    ----------
    axes : Axes
        A small one.
    rig : Rig
        Gives the limits.
    box : (left, top, right, bottom)
        Of the map, in µm.
    """
    (left, right), (top, bottom) = rig.limits_um.x, rig.limits_um.y
    size = right - left, bottom - top
    axes.add_patch(Rectangle((left, top), *size, facecolor="#fbfaf7", edgecolor="#d40000", linewidth=1.2))
    width, height = box[2] - box[0], box[3] - box[1]
    axes.add_patch(Rectangle((box[0], box[1]), width, height, facecolor="#1f6f9f", edgecolor="#1f6f9f", linewidth=2))
    axes.plot(box[0] + width / 2, box[1] + height / 2, marker="+", markersize=9, color="#1f6f9f", markeredgewidth=1.5)
    pad = 0.04 * max(*size, width, height)
    axes.set(
        xlim=(min(left, box[0]) - pad, max(right, box[2]) + pad),
        ylim=(max(bottom, box[3]) + pad, min(top, box[1]) - pad),
        aspect="equal",
        xticks=[],
        yticks=[],
    )
    axes.set_title(f"limits of the stage, {size[0] / 1000:g} × {size[1] / 1000:g} mm, and the map in it", fontsize=7)
    for spine in axes.spines.values():
        spine.set_visible(False)
