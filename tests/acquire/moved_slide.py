"""A run on the simulated rig whose first pass is done and whose slide a hand has moved since, for re-finding it."""

from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from acquire.autofocus import approach_z
from acquire.open import open_microscope
from acquire.pairview import pair_view
from acquire.planfile import parse_plan
from acquire.runopen import create_run
from calibration.rigid import rotation
from tests.acquire.rigs import small_rig
from tests.acquire.test_partner import EXPOSURE_MS, true_calibration

TISSUE_UM = (3000.0, 1000.0)


def grid_um(columns, rows, *, step_um, corner_um=TISSUE_UM):
    """Sites in a grid."""
    x_um, y_um = corner_um
    return [[x_um + step_um * i, y_um + step_um * j] for j in range(rows) for i in range(columns)]


def hand(turn_deg, *, place_um, by_um, pivot_um=(10_000.0, 10_000.0)):
    """What a hand does that turns the slide and moves one place of it by so much."""
    turned = rotation(turn_deg) @ np.subtract(place_um, pivot_um) + pivot_um
    return {"shift_um": tuple(float(v) for v in place_um + np.array(by_um) - turned), "turn_deg": turn_deg}


@dataclass(frozen=True, kw_only=True)
class MovedSlide:
    """The microscope with the wet objective in place, the run, and what is true."""

    microscope: object
    run: object

    @property
    def visits(self):
        """Those of the wet objective, as planned."""
        return [v for v in self.run.plan.visits(self.run.rig, self.run.calibration) if v.objective == "100x"]

    @property
    def scene(self):
        return self.microscope.core.scene

    @property
    def view(self):
        return pair_view(self.run, "100x")

    def surface_um(self, place_um):
        """Z of mid-section of the first objective at a point of the slide."""
        x_um, y_um = (np.array(float(v)) for v in place_um)
        return float(self.microscope.core.renderer.slide.specimen.surface_um(x_um, y_um))

    def focus(self, visit):
        """Z of mid-section at a planned visit, as a perfect focus surface would predict it."""
        place_um = np.array([visit.x_um, visit.y_um]) - self.scene.mounts["100x"].parcentric_um
        return self.surface_um(place_um) + self.scene.mounts["100x"].parfocal_um

    def error_um(self, refound, visit):
        """How far the middle of a placed picture is from the point of the slide that was planned."""
        placed = refound.place(visit)
        seen = self.scene.centre_um("100x", placed.x_um, placed.y_um, handled=True)
        planned = self.scene.centre_um("100x", visit.x_um, visit.y_um)
        return float(np.hypot(*np.subtract(seen, planned)))


@contextmanager
def moved_slide(
    folder, sites_um, *, shift_um=(0.0, 0.0), turn_deg=0.0, size_px=(192, 192), rig=None, other=None, **told
):
    """Store the first objective's pictures, then turn to the wet one; the hand moves the slide meanwhile.

    Or puts another one there: `other` is its specimen.
    """
    told = {"oil_step": {"shift_um": list(shift_um), "turn_deg": turn_deg}} | told
    rig = replace(rig, simulated=dict(rig.simulated) | told) if rig else small_rig(size_px=size_px, **told)
    calibration = _true_of(rig)
    document = {"slide": "S1", "sites_um": sites_um, "objectives": list(EXPOSURE_MS), "exposure_ms": EXPOSURE_MS}
    stack = {"stack": {"100x": {"planes": 5, "step_um": 0.4}}}
    run = create_run(folder, parse_plan(document | stack, rig), rig, calibration)
    with open_microscope(rig) as microscope:
        moved = MovedSlide(microscope=microscope, run=run)
        _first_pass(moved)
        if other is None:
            microscope.select_objective("100x")
            yield moved
    if other is not None:
        with open_microscope(replace(rig, simulated=dict(rig.simulated) | {"specimen": other})) as microscope:
            microscope.select_objective("100x")
            yield MovedSlide(microscope=microscope, run=run)


def _first_pass(moved):
    microscope, run = moved.microscope, moved.run
    microscope.state.cleaned()  # another slide than the one before
    microscope.select_objective("40x")
    for visit in (v for v in run.plan.visits(run.rig, run.calibration) if v.objective == "40x"):
        microscope.move_xy(visit.x_um, visit.y_um)
        focus_um = moved.surface_um((visit.x_um, visit.y_um))
        microscope.expect_focus(focus_um)
        approach_z(microscope, focus_um)
        run.write(visit.site, "40x", [microscope.snap(visit.exposure_ms)])


def _true_of(rig):
    """The calibration of the rig before the hand came."""
    with open_microscope(replace(rig, simulated={k: v for k, v in rig.simulated.items() if k != "oil_step"})) as before:
        before.state.cleaned()
        return true_calibration(before)
