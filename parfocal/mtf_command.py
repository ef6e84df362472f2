"""The command that measures resolution: mtf, on a USAF target, a slanted edge, or two exposures of one field."""

from pathlib import Path
from typing import Annotated

import typer

from calibration.errors import MeasurementError
from calibration.mtf import COARSELY_SAMPLED_PX, Element, TargetContrast, measure_target
from calibration.ringcorrelation import correlate_exposures
from calibration.slantededge import measure_edge
from calibration.targetplace import squares_of_template
from calibration.triplet import find_triplets
from calibration.usaf import Square
from enhance.picture import Picture, open_picture
from parfocal.answer import Answer, answering
from parfocal.resolution_charts import check_drawable, draw_edge, draw_elements, draw_rings

CLIPPED = 0.001
"""Part of the pixels at the largest value from which on it is said."""

HALF = 0.5
GREEN = 1


@answering
def mtf(
    image: Annotated[Path, typer.Argument(help="A picture of a USAF 1951 target, an edge, or any specimen.")],
    pixel_um: Annotated[
        float | None, typer.Option("--pixel-um", help="Pixel size at the specimen; else that of the OME header.")
    ] = None,
    edge: Annotated[bool, typer.Option("--edge", help="The picture shows one slanted edge (ISO 12233).")] = False,
    second: Annotated[
        Path | None, typer.Option("--second", help="Another exposure of the field: Fourier ring correlation.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="A clean picture of the whole target, if its layout is special.")
    ] = None,
    template_group: Annotated[
        int, typer.Option("--template-group", help="Group of the template's largest bars, its element 1.")
    ] = 4,
    black_level: Annotated[float, typer.Option("--black-level", help="Pixel value without light.")] = 0.0,
    plot: Annotated[Path | None, typer.Option("--plot", help="A chart to write (.png or .svg).")] = None,
) -> Answer:
    """Measure resolution: contrast per element of a USAF target, the MTF of a slanted edge, or ring correlation."""
    if edge and second is not None:
        raise MeasurementError("--edge and --second ask for two measurements: give one of them")
    if plot is not None:
        check_drawable(plot)
    picture = open_picture(image)
    size_um = pixel_um if pixel_um is not None else picture.pixel_um
    if edge:
        return _edge(picture, _stated(size_um, image), black_level, plot)
    if second is not None:
        return _rings(picture, open_picture(second), _stated(size_um, image), plot)
    squares = None if template is None else _template(template, template_group)
    measured = measure_target(picture.pixels, size_um, template=squares, black_level=black_level)
    if plot is not None:
        draw_elements(measured, plot)
    return _target_answer(measured)


def _stated(pixel_um: float | None, image: Path) -> float:
    """Pixel size that was given or read, or a refusal."""
    if pixel_um is None or not pixel_um > 0:
        told = f"{image.name} states no pixel size" if pixel_um is None else f"the pixel size was given as {pixel_um:g}"
        raise MeasurementError(f"{told} and frequencies are told in cycles per µm: give --pixel-um, such as 0.185")
    return pixel_um


def _template(path: Path, coarsest_group: int) -> tuple[Square, ...]:
    triplets, _ = find_triplets(open_picture(path).pixels[..., GREEN].astype("float32"))
    return squares_of_template(triplets, coarsest_group)


def _target_answer(measured: TargetContrast) -> Answer:
    finest = measured.finest
    keys = {
        "elements": [_element_keys(element) for element in measured.elements],
        "finest": None if finest is None else {"group": finest.group, "element": finest.element},
        "pixel_um": measured.place.pixel_um,
        "layout": measured.place.layout,
        "turn_deg": measured.place.turn_deg,
        "clipped": measured.clipped,
    }
    rows = [f"{'element':>7} {'lp/mm':>7} {'µm':>6} {'horizontal':>10} {'vertical':>8}"]
    rows += [_row(element) for element in measured.elements]
    last = "no element is resolved" if finest is None else _finest(finest)
    says = [
        "\n".join(rows),
        f"{last}; the target says {measured.place.pixel_um:.5g} µm per pixel ({measured.place.layout} layout)",
    ]
    return Answer(keys=keys, says=(*says, *_uncertain(measured), *_clipped(measured.clipped)))


def _uncertain(measured: TargetContrast) -> tuple[str, ...]:
    if not measured.uncertain:
        return ()
    first = measured.uncertain[0]
    return (
        f"from group {first.group} element {first.element} on a line pair has fewer than {COARSELY_SAMPLED_PX} pixels, "
        f"and the target is turned by only {measured.place.turn_deg:.1f}°: turn it by 5° to 40° against the camera, or "
        "these may err by 0.08",
    )


def _finest(element: Element) -> str:
    period_um = 1000 / element.cycles_per_mm
    return f"finest resolved: group {element.group} element {element.element}, {period_um:.3f} µm per line pair"


def _element_keys(element: Element) -> dict[str, int | float | None]:
    return {
        "group": element.group,
        "element": element.element,
        "cycles_per_mm": element.cycles_per_mm,
        "contrast": element.contrast,
        "contrast_horizontal": element.horizontal,
        "contrast_vertical": element.vertical,
    }


def _row(element: Element) -> str:
    name = f"{element.group}.{element.element}"
    bars = [_said(contrast) for contrast in (element.horizontal, element.vertical)]
    return f"{name:>7} {element.cycles_per_mm:7.0f} {1000 / element.cycles_per_mm:6.3f} {bars[0]:>10} {bars[1]:>8}"


def _said(contrast: float | None) -> str:
    if contrast is None:
        return "-"
    return f"{contrast:.3f}" if contrast else "lost"


def _edge(picture: Picture, pixel_um: float, black_level: float, plot: Path | None) -> Answer:
    response = measure_edge(picture.pixels, black_level=black_level)
    half = response.frequency_at(HALF)
    keys = {
        "frequency_cycles_per_um": (response.frequency_cycles_per_px / pixel_um).tolist(),
        "mtf": response.mtf.tolist(),
        "mtf_sigma": response.sigma.tolist(),
        "mtf50_cycles_per_um": None if half is None else half / pixel_um,
        "slant_deg": response.slant_deg,
        "clipped": response.clipped,
    }
    if plot is not None:
        draw_edge(response, pixel_um, plot)
    nyquist = HALF / pixel_um
    fell = f"stays above 0.5 up to {nyquist:.3g}" if half is None else f"falls to 0.5 at {half / pixel_um:.3g}"
    says = (
        f"MTF {fell} cycles/µm and is {response.mtf[-1]:.3f} ± {2 * response.sigma[-1]:.3f} (noise, two standard "
        f"deviations) at the camera's Nyquist frequency, {nyquist:.3g}"
    )
    return Answer(keys=keys, says=(f"edge slanted by {response.slant_deg:.1f}°: {says}", *_clipped(response.clipped)))


def _rings(one: Picture, other: Picture, pixel_um: float, plot: Path | None) -> Answer:
    rings = correlate_exposures(one.pixels, other.pixels)
    cutoff = rings.cutoff_cycles_per_px
    resolution_um = None if cutoff is None else pixel_um / cutoff
    keys = {
        "frequency_cycles_per_um": (rings.frequency_cycles_per_px / pixel_um).tolist(),
        "frc": rings.frc.tolist(),
        "resolution_um": resolution_um,
        "drift_px": list(rings.drift_px),
    }
    if plot is not None:
        draw_rings(rings, pixel_um, plot)
    if resolution_um is None:
        says = f"the exposures agree up to the camera's Nyquist frequency: the pixels limit, {2 * pixel_um:.3g} µm"
    else:
        says = f"the exposures agree down to {resolution_um:.3g} µm (ring correlation 1/7)"
    return Answer(keys=keys, says=(f"{says}; drift {rings.drift_px[0]:+.2f}, {rings.drift_px[1]:+.2f} px undone",))


def _clipped(share: float) -> tuple[str, ...]:
    if share < CLIPPED:
        return ()
    return (f"{share:.1%} of the pixels stand at the largest value: where light is cut off, contrast is not the truth",)
