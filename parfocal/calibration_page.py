"""The page of a calibration: one HTML file with what was measured, how well, until when it holds, and pictures."""

from collections.abc import Iterable, Iterator

import numpy as np
from markupsafe import Markup

from calibration.optics import Rig
from calibration.record import Calibration, Curve, Measured, ObjectiveCalibration
from parfocal import calibration_charts as charts
from parfocal.calibration_answer import named_residual, spread

ARROW_PX, BOX_PX = 52.0, 150.0
REFERENCE = Measured(value=0.0, interval95=(0.0, 0.0))
LEAST_SHOWN_UM = 0.001
STYLE = """
:root{color-scheme:light}
body{font:15px/1.55 "Source Serif 4",Georgia,"Times New Roman",serif;margin:2.5rem auto;max-width:58rem;
padding:0 1.5rem;color:#1d1d1d;background:#fff}
h1{font-size:1.9rem;font-weight:600;margin:0 0 .2rem}h2{font-size:1.2rem;font-weight:600;margin:2.2rem 0 .4rem;
border-bottom:1px solid #ccc;padding-bottom:.2rem}
table{border-collapse:collapse;margin:.6rem 0 1.2rem;font-size:14px;border-top:1.5px solid #222;
border-bottom:1.5px solid #222}
td,th{padding:.25rem .9rem .25rem 0;text-align:right;font-variant-numeric:tabular-nums;vertical-align:top;
white-space:nowrap}
th{font-weight:600;border-bottom:1px solid #222}td:first-child,th:first-child{text-align:left}
table.facts{border:0}table.facts td{padding:.05rem 1.2rem .05rem 0;text-align:left;white-space:normal}
.facts td:first-child{color:#666}
code{font:12.5px ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
figure{display:inline-block;margin:0 1.2rem 1.2rem 0;vertical-align:top;break-inside:avoid}
figcaption{font-size:13px;line-height:1.4;color:#444;max-width:20rem;margin-top:.2rem}
figure.small figcaption{max-width:10rem}figure.wide figcaption{max-width:38rem}
.band{background:#ffe2b8;padding:.4rem .8rem;font-weight:600;font-family:system-ui,sans-serif;font-size:14px}
ul{padding-left:1.1rem}li{margin:.3rem 0}.foot{color:#666;font-size:13px;margin-top:2.5rem}
@media print{body{margin:0;max-width:none}}
"""
OBJECTIVE_HEADS = ("Objective", "Pixel, µm", "Rotation, °", "Parcentric x, µm", "y, µm", "Parfocal, µm")
RULER_HEADS = ("Objective", "By moves of the stage, µm", "By the ruler, µm", "Change, %")


def calibration_page(calibration: Calibration, rig: Rig) -> str:
    """Write a calibration as one HTML page without references to any other file.

    Parameters
    ----------
    calibration : Calibration
        As measured.
    rig : Rig
        The rig it was measured on.

    Returns
    -------
    str
    """
    with charts.drawing_style():
        return "\n".join(_parts(calibration, rig))


def _parts(calibration: Calibration, rig: Rig) -> Iterator[Markup]:
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Calibration of {}</title><style>{}</style>'
    yield Markup(head).format(rig.name, Markup(STYLE))
    yield Markup("<h1>Calibration of {}</h1>").format(rig.name)
    if calibration.simulated:
        yield Markup('<p class="band">SIMULATED microscope: no stand was measured.</p>')
    yield _identity(calibration, rig)
    yield _remarks(calibration.remarks)
    yield from _section("Objectives", _objectives(calibration, rig))
    yield from _section("Stage, focus drive and nosepiece", _stage(calibration))
    yield from _section("Camera", _camera(calibration))
    yield from _section("Light", _light(calibration))
    residuals = ((named_residual(key), f"{size:.3g}") for key, size in calibration.residuals.items())
    yield from _section("Residuals", [_table(("Of", "Value"), residuals)])
    yield Markup('<p class="foot">± is half of a 95 % interval. Written by <code>parfocal calibrate</code>.</p></html>')


def _section(title: str, parts: Iterable[Markup]) -> Iterator[Markup]:
    yield Markup("<h2>{}</h2>").format(title)
    yield from parts


def _identity(calibration: Calibration, rig: Rig) -> Markup:
    lenses = ", ".join(objective.label for objective in rig.objectives)
    camera = rig.camera
    facts = (
        ("Measured", f"{calibration.created:%d %B %Y, %H:%M} UTC"),
        ("Valid until", f"{calibration.expires:%d %B %Y}, for this rig file only"),
        ("Objectives", lenses),
        (
            "Camera",
            f"{camera.size_px[0]} × {camera.size_px[1]} pixels of {camera.pixel_um:g} µm, relay {camera.relay:g}",
        ),
        ("Rig", Markup("{}, <code>{}</code>").format(rig.name, calibration.rig_hash)),
        ("Record", Markup("SHA-256 <code>{}</code>").format(calibration.digest)),
    )
    rows = Markup("").join(Markup("<tr><td>{}</td><td>{}</td></tr>").format(*fact) for fact in facts)
    return Markup('<table class="facts">{}</table>').format(rows)


def _remarks(remarks: tuple[str, ...]) -> Markup:
    items = Markup("").join(Markup("<li>{}</li>").format(remark) for remark in remarks)
    return Markup("<h2>Remarks</h2><ul>{}</ul>").format(items) if remarks else Markup()


def _objectives(calibration: Calibration, rig: Rig) -> Iterator[Markup]:
    yield _table(OBJECTIVE_HEADS, _of_objectives(calibration))
    yield from (_axes(name, measured) for name, measured in calibration.objectives.items())
    if calibration.stage_pixel_um:
        yield _table(RULER_HEADS, _of_ruler(calibration))
        says = "Pixel sizes against the nominal ones, with 95 % intervals."
        yield _figure(charts.pixel_chart(calibration, rig), says, wide=True)


def _of_objectives(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    for name, o in calibration.objectives.items():
        measured = (o.pixel_um, o.rotation_deg, *o.parcentric_um, o.parfocal_um)
        yield name, *(_told(m, digits) for m, digits in zip(measured, (5, 3, 2, 2, 2), strict=True))


def _told(measured: Measured, digits: int) -> str:
    """Return a measured value as text; a dash for an offset of the objective that all offsets are against."""
    return "–" if measured == REFERENCE else spread(measured, digits)


def _of_ruler(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    for name, by_stage in calibration.stage_pixel_um.items():
        by_ruler = calibration.objectives[name].pixel_um
        change = 100 * (by_ruler.value / by_stage.value - 1)
        yield name, spread(by_stage, 5), spread(by_ruler, 5), f"{change:+.3f}"


def _stage(calibration: Calibration) -> Iterator[Markup]:
    yield _table(("What", "Measured"), _of_stage(calibration))
    settled, turned = _curves(calibration, "settle "), _curves(calibration, "turret ")
    if settled:
        says = "After a move of half a field: distance of the picture from where it rests. Dashed: 0.05 px."
        yield _figure(charts.settle_chart(settled), says)
    if turned:
        yield _figure(charts.turret_chart(turned), "Where a point is seen each time the nosepiece has returned.")


def _of_stage(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    for axis, measured in sorted(calibration.backlash_um.items()):
        yield f"Play of {axis}, µm", spread(measured, 3)
    for axis, settle_ms in sorted(calibration.settle_ms.items()):
        yield f"At rest after a move along {axis}, ms", f"≤ {settle_ms:.0f}"
    for name, measured in calibration.turret_um.items():
        scatter, low, high = (_scatter(size) for size in (measured.value, *measured.interval95))
        yield f"Nosepiece, {name} scatter, µm", f"{scatter} ({low} to {high})"


def _scatter(size_um: float) -> str:
    return f"{size_um:.3f}" if size_um >= LEAST_SHOWN_UM else f"< {LEAST_SHOWN_UM}"


def _camera(calibration: Calibration) -> Iterator[Markup]:
    if not calibration.camera:
        yield Markup("<p>Not measured.</p>")
    yield _table(("What", "Measured"), _of_camera(calibration)) if calibration.camera else Markup()
    if "photon transfer" in calibration.curves:
        says = "Photon transfer: pairs of frames of empty glass at six exposures, three colours."
        yield _figure(charts.photon_transfer_chart(calibration), says)
    if "linearity" in calibration.curves:
        yield _figure(charts.linearity_chart(calibration.curves["linearity"]), "Linearity of green over exposure.")


def _of_camera(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    names = {"gain_e_per_level": "Gain, e⁻ per grey level", "read_noise_e": "Read noise, e⁻"}
    for name, measured in calibration.camera.items():
        yield names.get(name, name), spread(measured, 1)
    if "nonlinearity" in calibration.residuals:
        yield "Largest departure from a straight line", f"{calibration.residuals['nonlinearity']:.2%}"


def _light(calibration: Calibration) -> Iterator[Markup]:
    for name, correction in calibration.corrections.items():
        light = np.asarray(correction.flat - correction.dark, np.float64).mean(axis=-1)
        low, high = (float(np.percentile(light, share)) for share in (0.1, 99.9))
        says = f"{name}: light over the field, {low / high:.0%} of the brightest at the darkest place."
        yield _figure(charts.flat_chart(correction), says, wide=True)
    if "lamp" in calibration.curves:
        says = "Frame to frame, before the flat fields were taken."
        yield _figure(charts.lamp_chart(calibration.curves["lamp"]), says)


def _curves(calibration: Calibration, begin: str) -> dict[str, Curve]:
    return {name: curve for name, curve in calibration.curves.items() if name.startswith(begin)}


def _figure(source: str, says: str, *, wide: bool = False) -> Markup:
    return Markup('<figure class="{}"><img src="{}" alt="{}"><figcaption>{}</figcaption></figure>').format(
        "wide" if wide else "", source, says, says
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Markup:
    head = Markup("").join(Markup("<th>{}</th>").format(text) for text in heads)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in rows
    )
    return Markup("<table><tr>{}</tr>{}</table>").format(head, body)


def _axes(name: str, measured: ObjectiveCalibration) -> Markup:
    """Draw where stage x and y point in the picture: the inverse of S, y of pictures downwards as in SVG."""
    to_px = np.linalg.inv(np.array(measured.stage_um_per_px))
    ends = to_px / np.abs(to_px).max() * ARROW_PX
    middle = BOX_PX / 2
    arrows = [
        f'<line x1="{middle}" y1="{middle}" x2="{middle + x:.1f}" y2="{middle + y:.1f}" stroke="{colour}" '
        f'stroke-width="2.5"/><text x="{middle + 1.25 * x:.1f}" y="{middle + 1.25 * y:.1f}" fill="{colour}">'
        f"{axis}</text>"
        for axis, colour, (x, y) in (("x", charts.RED, ends[:, 0]), ("y", charts.BLUE, ends[:, 1]))
    ]
    frame = f'<rect width="{BOX_PX}" height="{BOX_PX}" fill="none" stroke="#999"/>'
    svg = Markup(
        f'<svg width="{BOX_PX}" height="{BOX_PX}">{frame}{"".join(arrows)}</svg>'
    )  # numbers and own words only
    return Markup(
        "<figure>{}<figcaption>{}: the stage's x and y as they lie in the picture.</figcaption></figure>"
    ).format(svg, name)
