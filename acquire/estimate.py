"""What a capture will take: frames, bytes and seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

from acquire.plan import Plan, Visit
from acquire.steptimes import StepTimes
from calibration.optics import Rig

COLOURS = 3
TRUTH_PICTURES = 2
"""Plane and fused, as the simulated rig keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is still to come.

    Parameters
    ----------
    frames : int
        Planes of all stacks.
    size_bytes : int
        On disk; stacks are not compressed.
    seconds : float
        Without what a person takes to put oil on the slide.
    measured : bool
        Whether the seconds rest on earlier steps of this rig, or on what such stands take.
    """

    frames: int
    size_bytes: int
    seconds: float
    measured: bool


def estimate(plan: Plan, pending: Sequence[Visit], rig: Rig, times: StepTimes, *, sample_bytes: int = 1) -> Estimate:
    """Estimate what some visits will take.

    Parameters
    ----------
    plan : Plan
        Whose visits they are.
    pending : sequence of Visit
        In their order.
    rig : Rig
        Gives the size of a frame.
    times : StepTimes
        What was measured so far.
    sample_bytes : int
        Of one colour of one pixel: 2 for cameras of more than 8 bits.
    """
    columns, rows = rig.camera.size_px
    frames = sum(visit.stack.planes for visit in pending)
    stacks = frames * columns * rows * COLOURS * sample_bytes
    return Estimate(
        frames=frames,
        size_bytes=stacks + _truth_bytes(plan, pending, rig),
        seconds=times.left_s(pending),
        measured=bool(times.before or times.now),
    )


def _truth_bytes(plan: Plan, pending: Sequence[Visit], rig: Rig) -> int:
    """Bytes that the simulated rig writes beside the fields of its second objective, uncompressed."""
    kept = rig.source.kind == "simulated" and rig.simulated.get("truth", "pictures") == "pictures"
    if not kept or len(plan.objectives) == 1:
        return 0
    low, high = plan.objectives[:2]
    columns, rows = rig.camera.size_px
    pixels = columns * rows * (rig.pixel_um(low) / rig.pixel_um(high)) ** 2
    return round(TRUTH_PICTURES * COLOURS * pixels * sum(visit.objective == high for visit in pending))
