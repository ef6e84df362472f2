"""From the story's arrays to the figures the page shows: which pictures, under which names, at which scale."""

from collections.abc import Mapping
from dataclasses import dataclass

from parfocal.report_capture import PairView, Picture, SlideMap, StackView
from parfocal.report_learning import Crop
from parfocal.report_pictures import checkerboard, depth_map, difference_map, match_size, red_cyan
from parfocal.report_story import Hero, Optics

HERO_ASPECT = 16 / 9
"""Taller pictures are cut to this, about their middle, so that the first screen holds the whole of them."""

MAP_MARGIN = 1.12
"""A map's side over the extent of the fields on it."""

MANY_SITES = 20
"""A map with more sites than this leaves out their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One picture as the page shows it.

    Parameters
    ----------
    picture : Picture
        What to show.
    name, note : str
        Its caption, and a second, quieter line.
    width_um : float
        From edge to edge; 0 draws no scale bar.
    lossless : bool
        Whether single pixels matter.
    square : bool
        Whether the browser must show pixels as squares instead of interpolating.
    """

    picture: Picture
    name: str
    note: str = ""
    width_um: float = 0.0
    lossless: bool = False
    square: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlideView:
    """One slide's map: a square window in stage µm, and whether its sites are named."""

    slide: SlideMap
    left_um: float
    top_um: float
    side_um: float
    named: bool


def hero_figures(hero: Hero) -> tuple[Figure, Figure]:
    """Return before and after, cut to the same wide middle."""
    return (
        Figure(picture=_widescreen(hero.before), name=hero.before_name, width_um=hero.width_um),
        Figure(picture=_widescreen(hero.after), name=hero.after_name, width_um=hero.width_um),
    )


def slide_views(slides: tuple[SlideMap, ...], fields_um: Mapping[str, tuple[float, float]]) -> list[SlideView]:
    """Return a window for each slide, all of one scale, each about the middle of its own sites."""
    widest, tallest = (max(field[axis] for field in fields_um.values()) for axis in (0, 1))
    boxes = [_extent(slide, widest, tallest) for slide in slides]
    side = MAP_MARGIN * max(max(right - left, bottom - top) for left, top, right, bottom in boxes)
    return [
        SlideView(
            slide=slide,
            left_um=(left + right - side) / 2,
            top_um=(top + bottom - side) / 2,
            side_um=side,
            named=len(slide.sites) <= MANY_SITES,
        )
        for slide, (left, top, right, bottom) in zip(slides, boxes, strict=True)
    ]


def pair_figures(pair: PairView, optics: Optics) -> list[Figure]:
    """Return the low picture, both overlays and the checkerboard."""
    low = match_size(pair.low, pair.registered)
    width_um = low.shape[1] * pair.pixel_um
    shown = [
        (low, optics.low, "as captured, corrected"),
        (
            red_cyan(low, pair.nominal),
            "Before",
            f"{optics.high} laid where stage and turret say: {pair.nominal_offset_px:.1f} px off",
        ),
        (
            red_cyan(low, pair.registered),
            "After",
            f"{optics.high} laid by its pixels: {pair.residual_px:.3f} px residual",
        ),
        (checkerboard(low, pair.registered), "Checkerboard", f"{optics.low} and {optics.high} in turn, after"),
    ]
    return [Figure(picture=picture, name=name, note=note, width_um=width_um) for picture, name, note in shown]


DEPTH_NOTE = "where each pixel is sharpest; mottled where the section has detail at every depth, black where unknown"


def plane_figures(stack: StackView) -> list[Figure]:
    """Return the planes of a stack in order."""
    return [
        Figure(
            picture=plane,
            name=f"{z_um:+.1f} µm".replace("-", "−") if round(z_um, 1) else "0 µm",
            width_um=plane.shape[1] * stack.pixel_um,
        )
        for plane, z_um in zip(stack.planes, stack.z_um, strict=True)
    ]


def fused_figures(stack: StackView) -> list[Figure]:
    """Return the fused picture and the depth map."""
    width_um = stack.fused.shape[1] * stack.pixel_um
    depth = depth_map(stack.depth_um, low_um=min(stack.z_um), high_um=max(stack.z_um))
    return [
        Figure(
            picture=stack.fused, name="Fused", note="each detail from the plane that has it sharp", width_um=width_um
        ),
        Figure(picture=depth, name="Depth", note=DEPTH_NOTE, width_um=width_um),
    ]


def crop_figures(crop: Crop, optics: Optics) -> list[Figure]:
    """Return one test area through every method, from the raw pixels to the truth."""
    shown: list[tuple[Picture | None, str, str]] = [
        (crop.low, f"{optics.low}, raw", "its own pixels"),
        (crop.bicubic, "Bicubic", "interpolated, nothing learnt"),
        (crop.network, "Enhanced", f"the network, from {optics.low} alone"),
        (crop.label, optics.high, "what a capture gives there"),
        (crop.truth, "Truth", "noise-free, of the simulator"),
    ]
    return [
        Figure(picture=picture, name=name, note=note, width_um=crop.width_um, lossless=True, square=picture is crop.low)
        for picture, name, note in shown
        if picture is not None
    ]


def difference_figures(crop: Crop, optics: Optics) -> list[Figure]:
    """Return where bicubic, network and high-power capture differ from the truth; empty where it is not known."""
    if crop.truth is None:
        return []
    shown = [("Bicubic", crop.bicubic), ("Enhanced", crop.network), (optics.high, crop.label)]
    return [
        Figure(picture=difference_map(picture, crop.truth), name=f"{name} − truth", lossless=True)
        for name, picture in shown
    ]


def _extent(slide: SlideMap, width_um: float, height_um: float) -> tuple[float, float, float, float]:
    x = [site.x_um for site in slide.sites]
    y = [site.y_um for site in slide.sites]
    return min(x) - width_um / 2, min(y) - height_um / 2, max(x) + width_um / 2, max(y) + height_um / 2


def _widescreen(picture: Picture) -> Picture:
    rows, columns = picture.shape[:2]
    keep = min(rows, round(columns / HERO_ASPECT))
    top = (rows - keep) // 2
    return picture[top : top + keep]
