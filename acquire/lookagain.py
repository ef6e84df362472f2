"""A stored place taken again with its own objective: how far what it shows has moved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from acquire.autofocus import approach_z, autofocus, undisturbed
from acquire.errors import LimitError, SlideLostError
from acquire.frame import Frame
from acquire.knowntissue import LEVELS, TEXTURED_LEVELS
from acquire.microscope import Microscope
from acquire.pairview import even
from acquire.retake import take
from acquire.runfolder import RunFolder
from acquire.store import Stack
from calibration.affine import Matrix, compose, shifting
from calibration.displace import displacement
from calibration.errors import MeasurementError
from calibration.flatfield import Pixels
from calibration.gates import OTHER_PLACE_NCC, departure
from calibration.match import match_plane
from calibration.recognise import pattern

TOLERANCE_DEG = 0.3
"""Largest turn seen in one picture; over a plan of 1 mm it moves the far sites by 5 µm."""

UPRIGHT = np.eye(2, 3)
SOUGHT = "sought"
"""Event of a stored place whose focus is sought by sharpness, for it was not known again at the stored one."""

OFFSETS_UM = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Planes about the depth of the stored picture; where none shows the place, the focus is found by sharpness first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a place that was captured before shows now.

    Parameters
    ----------
    site, objective : str
        Whose stored picture was compared; empty where none could be.
    shift_um : (float, float)
        How far the stage would have to go to see the same again; within `TOLERANCE_UM`.
    z_um : float or None
        At which the stored picture is matched best.
    deeper_um : float
        How far that lies above the Z at which the stored picture was taken.
    says : str
        In a sentence.
    """

    site: str = ""
    objective: str = ""
    shift_um: tuple[float, float] = (0.0, 0.0)
    z_um: float | None = None
    deeper_um: float = 0.0
    says: str = ""


def look_again(microscope: Microscope, run: RunFolder, site: str, objective: str, *, exposure_ms: float) -> Verified:
    """Take the middle of a stored stack again with its own objective, and compare the two.

    Parameters
    ----------
    microscope : Microscope
        Turned to the objective where it must be; Z stays within the near margin of the stored focus.
    run : RunFolder
        Holds the stack.
    site, objective : str
        Which.
    exposure_ms : float
        Of each frame.

    Raises
    ------
    SlideLostError
        When the place does not show what it showed, or is turned.
    """
    verified = seen_again(microscope, run, site, objective, exposure_ms=exposure_ms)
    if verified is None:
        raise SlideLostError(
            f"site {site} does not show any more what {objective} saw there: the slide was moved or changed, or the "
            f"focus is lost; put slide {run.slide} back as it lay and focus, or begin a new run"
        )
    return verified


def seen_again(
    microscope: Microscope,
    run: RunFolder,
    site: str,
    objective: str,
    *,
    exposure_ms: float,
    between: Callable[[], None] = undisturbed,
) -> Verified | None:
    """Do as `look_again`, with None where the place does not show what it showed; a turned one raises there too.

    What `between` raises between two planes of an autofocus ends it there.
    """
    stack = run.read(site, objective)
    middle = len(stack.z_um) // 2
    stored = even(run, objective, stack.pixels[middle], stack.white_level)
    around_um = stack.z_um[middle]
    microscope.select_objective(objective)
    microscope.move_xy(stack.position.x, stack.position.y)
    seen = _seen(run, objective, stored, _planes(microscope, around_um, exposure_ms))
    if seen is None:  # the focus has gone, or the place has: sharpness tells which
        microscope.again(SOUGHT, f"site {site} does not show through {objective} what it showed: its focus is sought")
        found = autofocus(microscope, around_um=around_um, exposure_ms=exposure_ms, between=between)
        again_um = around_um if found.z_um is None else found.z_um
        seen = _seen(run, objective, stored, _planes(microscope, again_um, exposure_ms))
    return None if seen is None else _told(run, stack, seen)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """A frame that shows the stored place, the map from its pixels to the stored ones, and the depth that matches."""

    frame: Frame
    matrix: Matrix
    z_um: float


def _seen(run: RunFolder, objective: str, stored: Pixels, planes: Sequence[Frame]) -> _Seen | None:
    """Find the plane that shows the stored picture; None when none does.

    How far the content has moved is found first, over half a field, and the common part is registered.
    """
    if not planes:
        return None
    pictures = [even(run, objective, frame.pixels, frame.white_level) for frame in planes]
    middle = len(planes) // 2
    try:
        moved = displacement(stored, pictures[middle])
    except MeasurementError:
        return None
    x, y = round(moved.dx), round(moved.dy)
    part = _part(stored, -x, -y)
    parts, white = [_part(one, x, y) for one in pictures], (planes[middle].white_level,) * 2
    match = match_plane(part, parts, factor=Fraction(1), start=middle, prior=UPRIGHT, white_levels=white)
    if not match.registration.high_pass_ncc >= OTHER_PLACE_NCC:
        return None
    matrix = compose(
        shifting(max(-x, 0), max(-y, 0)), compose(match.registration.matrix, shifting(-max(x, 0), -max(y, 0)))
    )
    depths = [frame.position.z for frame in planes]
    return _Seen(frame=planes[match.index], matrix=matrix, z_um=match.z_um(depths))


def _part(pixels: Pixels, x: int, y: int) -> Pixels:
    """Part of a picture that another one shows too, when its content lies (x, y) further than in that one."""
    rows, columns = pixels.shape[:2]
    part: Pixels = pixels[max(y, 0) : rows + min(y, 0), max(x, 0) : columns + min(x, 0)].copy()
    return part


def _planes(microscope: Microscope, around_um: float, exposure_ms: float) -> list[Frame]:
    depths = sorted((around_um + off for off in OFFSETS_UM), reverse=microscope.rig.z.toward_slide < 0)
    microscope.expect_focus(around_um)
    planes = []
    try:
        approach_z(microscope, depths[0])
        for z_um in depths:
            microscope.move_z(z_um)
            planes.append(take(microscope, exposure_ms))
    except LimitError:
        return planes
    return planes


def _told(run: RunFolder, stack: Stack, seen: _Seen) -> Verified:
    """Turn the map from the new picture to the stored one into a move of the stage."""
    matrix, frame = seen.matrix, seen.frame
    middle = (np.array(frame.pixels.shape[1::-1]) - 1) / 2
    offset_px = matrix[:, :2] @ middle + matrix[:, 2] - middle
    steps = stage_steps(run, stack.objective)
    turn_deg, _ = departure(matrix, UPRIGHT)
    if abs(turn_deg) > TOLERANCE_DEG:
        raise SlideLostError(
            f"site {stack.site} is turned by {turn_deg:.2f}° since {stack.objective} saw it and {TOLERANCE_DEG:g}° is "
            "allowed: the slide or the camera was turned; turn it back, or begin a new run"
        )
    commanded = np.array(frame.position[:2]) - np.array(stack.position[:2])
    shift = commanded - steps @ offset_px
    return Verified(
        site=stack.site,
        objective=stack.objective,
        shift_um=(round(float(shift[0]), 3), round(float(shift[1]), 3)),
        z_um=seen.z_um,
        deeper_um=seen.z_um - stack.z_um[len(stack.z_um) // 2],
        says=f"site {stack.site} lies {float(np.hypot(*shift)):.1f} µm from where {stack.objective} saw it before",
    )


def has_structure(stack: Stack) -> bool:
    """Whether the middle of a stack shows enough to be known again by."""
    middle = stack.pixels[len(stack.pixels) // 2]
    plane = pattern(middle) * (LEVELS / stack.white_level)
    return float(np.std(plane)) > TEXTURED_LEVELS


def last_site(run: RunFolder, objective: str) -> str | None:
    """Return the site that an objective stored last and that shows enough to be known again by."""
    stored = {site: entry for (site, lens), entry in run.stored.items() if lens == objective}
    newest = sorted(stored, key=lambda site: float(stored[site].get("time_s", 0.0)), reverse=True)
    whole = (site for site in newest if run.has(site, objective))
    return next((site for site in whole if has_structure(run.read(site, objective))), None)


def stage_steps(run: RunFolder, objective: str) -> NDArray[np.float64]:
    """Return the stage move for a pixel, shape (2, 2); nominal without a calibration: straight, its length right."""
    if run.calibration is None:
        return np.eye(2) * run.rig.pixel_um(objective)
    return np.array(run.calibration.objectives[objective].stage_um_per_px)
