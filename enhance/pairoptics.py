"""What all pairs of one training set have in common: two objectives, the ratio of their pixels, the correction."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from acquire.runfolder import RunFolder
from calibration.bandwidth import as_ratio
from calibration.optics import Objective
from enhance.errors import PairsError


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOptics:
    """How the pairs of a training set were taken.

    Parameters
    ----------
    low, high : Objective
        The first and the second objective of the plans.
    ratio : Fraction
        p/q: nominal pixels of the high-resolution side for each of the low-resolution side.
    low_pixel_um : float
        Pixel size of the low-resolution side, measured where there is a calibration.
    field_um : float
        The longer side of the low-resolution field.
    condenser_na : float
        Numerical aperture of the illumination.
    corrected : bool
        Whether dark and flat field are known and taken out.
    """

    low: Objective
    high: Objective
    ratio: Fraction
    low_pixel_um: float
    field_um: float
    condenser_na: float
    corrected: bool

    @property
    def high_pixel_um(self) -> float:
        """Pixel size of the labels, which lie on the low-resolution grid made p/q times finer."""
        return self.low_pixel_um / float(self.ratio)


def common_optics(runs: Sequence[RunFolder]) -> PairOptics:
    """Return what the runs have in common.

    Parameters
    ----------
    runs : sequence of RunFolder
        At least one.

    Raises
    ------
    PairsError
        When a run has fewer than two objectives, the second is not the stronger one, its pictures do not depend on
        the objective, or runs differ in objectives, pixel sizes or in whether they are calibrated.
    """
    first = _optics(runs[0])
    for run in runs[1:]:
        other = _optics(run)
        if (other.low, other.high, other.ratio) != (first.low, first.high, first.ratio):
            raise PairsError(
                f"runs {runs[0].path.name} ({first.low.label}, {first.high.label}) and {run.path.name} "
                f"({other.low.label}, {other.high.label}) have no common objectives and pixel sizes: make one training "
                "set of each"
            )
        if other.corrected != first.corrected:
            without = run if first.corrected else runs[0]
            raise PairsError(
                f"run {without.path.name} was captured without a calibration and others with one: corrected and "
                "uncorrected pictures do not mix, make one training set of each"
            )
    return first


def _optics(run: RunFolder) -> PairOptics:
    if run.rig.source.kind == "demo":
        raise PairsError(
            f"run {run.path.name} was captured on rig {run.rig.name}, whose pictures do not depend on the objective: "
            "there is nothing to pair, capture on the rig `simulated` or on your own"
        )
    if len(run.objectives) <= 1:
        raise PairsError(
            f"run {run.path.name} has only the objectives {list(run.objectives)}: pairs need a plan with two, the one "
            "of lower magnification first"
        )
    low, high = (run.rig.objective(name) for name in run.objectives[:2])
    factor = run.rig.pixel_um(low.name) / run.rig.pixel_um(high.name)
    if factor <= 1:
        raise PairsError(
            f"run {run.path.name} took {low.name} before {high.name}, which has the larger pixels: name the objective "
            "of lower magnification first in the plan"
        )
    measured = run.calibration.objectives.get(low.name) if run.calibration else None
    corrections = run.calibration.corrections if run.calibration else {}
    return PairOptics(
        low=low,
        high=high,
        ratio=as_ratio(factor),
        low_pixel_um=measured.pixel_um.value if measured else run.rig.pixel_um(low.name),
        field_um=max(run.rig.field_um(low.name)),
        condenser_na=run.rig.condenser_na,
        corrected=low.name in corrections and high.name in corrections,
    )
