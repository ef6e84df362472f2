"""When a registered pair is good enough to train on, and the sentence that says why one is not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from calibration.affine import Matrix
from calibration.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Limits of acceptance.

    Parameters
    ----------
    residual_p95_px : float
        Largest 95th percentile of the block residual, in LOW pixels. A misregistration of σ pixels multiplies the
        transfer function by exp(-2 π² σ² f²): at 0.2 px and Nyquist 18 % of the contrast is gone.
    misplaced_px : float
        Largest root mean square of the affine part of the block residual. Of 100 simulated sound pairs the largest was
        0.03 px; it names a transform that is off.
    bend_px : float
        Largest local mean of what the affine part leaves: 0.06 px in 98 of 100 sound pairs, 0.09 px and more where a
        distortion of 0.3 px was left in.
    high_pass_ncc : float
        Smallest correlation of the high-passed pictures. In simulated pairs 0.990 when registered, 0.957 at 0.5 px,
        0.863 at 1 px: it catches a wrong place, the block residual what is finer. Lower it for a noisy camera.
    textured_fraction : float
        Smallest fraction of blocks in which a displacement can be measured at all.
    rotation_deg, scale : float
        Largest departure from the nominal transform; between objectives 0.7° and 1.3 % were measured.
    energy_ratio : (float, float)
        Energy of LOW over that of HIGH after the high-pass: outside, one of them is out of focus.
    """

    residual_p95_px: float = 0.2
    misplaced_px: float = 0.1
    bend_px: float = 0.08
    high_pass_ncc: float = 0.93
    textured_fraction: float = 0.15
    rotation_deg: float = 5.0
    scale: float = 0.05
    energy_ratio: tuple[float, float] = (1 / 3, 3.0)


OTHER_PLACE_NCC = 0.6
"""High-pass correlation below which two pictures show different places; 2 µm out of focus it was 0.8."""

SCATTER_WEIGHT = 2.5
"""Of the scatter, against the affine part, in naming the cause: out of focus it is 0.4 to 5 times that part."""

BENT_NCC = 0.97
"""Least high-pass correlation of a pair that is only distorted: 0.98 with bumps of up to 1 px; out of focus 0.96."""

GATES = Gates()
"""The limits used when none are given."""


def departure(matrix: Matrix, nominal: Matrix) -> tuple[float, tuple[float, float]]:
    """Rotation in degrees and the smallest and largest scale of `matrix` relative to `nominal`."""
    relative = np.linalg.inv(nominal[:, :2]) @ matrix[:, :2]
    scales = np.linalg.svd(relative, compute_uv=False)
    rotation = np.rad2deg(np.arctan2(relative[1, 0] - relative[0, 1], relative[0, 0] + relative[1, 1]))
    return float(rotation), (float(scales[-1]), float(scales[0]))


def judge(evidence: Evidence, matrix: Matrix, nominal: Matrix, gates: Gates = GATES) -> str:
    """Return why the pair is refused, in one sentence, or nothing when it is accepted.

    Parameters
    ----------
    evidence : Evidence
        Of the pair under `matrix`.
    matrix, nominal : ndarray, shape (2, 3)
        The transform found and the one expected.
    gates : Gates
        The limits.
    """
    return next(_complaints(evidence, matrix, nominal, gates), "")


def _complaints(evidence: Evidence, matrix: Matrix, nominal: Matrix, gates: Gates) -> Iterator[str]:
    """Complaints in the order of their causes: no structure, wrong place, odd transform, focus, then precision."""
    if evidence.textured_fraction < gates.textured_fraction:
        yield (
            f"only {evidence.textured_fraction:.0%} of the common area has structure to measure by and "
            f"{gates.textured_fraction:.0%} is needed: choose a place with more tissue, or focus again"
        )
    if not evidence.high_pass_ncc >= OTHER_PLACE_NCC:
        yield (
            f"the fine structure of the two pictures agrees to {evidence.high_pass_ncc:.3f} and "
            f"{gates.high_pass_ncc:.3f} is needed: they show different places, check the prior and capture both again"
        )
    yield from _odd_transform(matrix, nominal, gates)
    yield from _unlike_energy(evidence, gates)
    if not _fits(evidence, gates):
        yield _discord(evidence, gates)


def _odd_transform(matrix: Matrix, nominal: Matrix, gates: Gates) -> Iterator[str]:
    rotation, (smallest, largest) = departure(matrix, nominal)
    if abs(rotation) > gates.rotation_deg or smallest < 1 - gates.scale or largest > 1 + gates.scale:
        yield (
            f"the transform found turns by {rotation:.1f}° and scales by {smallest:.3f} to {largest:.3f}, where "
            f"{gates.rotation_deg:.0f}° and {1 - gates.scale:.2f} to {1 + gates.scale:.2f} are believed: check the "
            "factor, the objectives and the camera's orientation"
        )


def _unlike_energy(evidence: Evidence, gates: Gates) -> Iterator[str]:
    low, high = gates.energy_ratio
    if not low <= evidence.energy_ratio <= high:
        blurred = "LOW" if evidence.energy_ratio < low else "HIGH"
        yield (
            f"LOW holds {evidence.energy_ratio:.2f} times the fine structure of HIGH where {low:.2f} to {high:.2f} is "
            f"believed: {blurred} is out of focus, focus and capture it again"
        )


def _fits(evidence: Evidence, gates: Gates) -> bool:
    """Whether the pictures agree; with few textured blocks the parts of the residual are nan, and then not asked."""
    return (
        evidence.high_pass_ncc >= gates.high_pass_ncc
        and evidence.residual_p95_px <= gates.residual_p95_px
        and not evidence.misplaced_px > gates.misplaced_px
        and not evidence.bend_px > gates.bend_px
    )


def _discord(evidence: Evidence, gates: Gates) -> str:
    """Say what the displacements look like: a transform that is off, a bend, or two depths of the section."""
    measured = (
        f"blocks lie up to {evidence.residual_p95_px:.2f} px apart where {gates.residual_p95_px:.2f} px is allowed, "
        f"fine structure agrees to {evidence.high_pass_ncc:.3f} where {gates.high_pass_ncc:.3f} is needed"
    )
    if evidence.misplaced_px > max(evidence.bend_px, SCATTER_WEIGHT * evidence.scatter_px):
        return (
            f"the transform is off by {evidence.misplaced_px:.2f} px and {gates.misplaced_px:.2f} px is allowed "
            f"({measured}): register the pair again"
        )
    if evidence.bend_px > gates.bend_px and evidence.high_pass_ncc >= BENT_NCC:
        return (
            f"one of the pictures is distorted by {evidence.bend_px:.2f} px over a few blocks and "
            f"{gates.bend_px:.2f} px is allowed ({measured}): capture the pair again at rest, or register it with "
            "distortion"
        )
    return (
        f"the two pictures show two depths of the section ({measured}): focus and capture the pair again, and if "
        "HIGH is a fused stack register its plane in focus instead"
    )
