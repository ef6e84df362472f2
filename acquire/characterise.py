"""Captures the series that a calibration is estimated from: empty glass, moves, focal stacks at several sites.

All dry work is done first; oil goes on the slide once, and no dry lens comes back after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from acquire.autofocus import approach_xy, approach_z, autofocus, hand_focus_um, pictures_depend_on_focus
from acquire.characterise_asides import Asides
from acquire.characterise_focus import focus_surface, section_focus
from acquire.characterise_light import (
    dark_frames,
    exposure_ms,
    glass_frames,
    master,
    photon_transfer,
    tissue_frames,
)
from acquire.characterise_stage import SIDES, Round, approach_from_above, ring_um, travel_round
from acquire.errors import MicroscopeError
from acquire.frame import Frame, Pixels
from acquire.microscope import Microscope
from acquire.slide import Confirm, slide_is_dry, slide_is_oiled
from calibration.errors import MeasurementError
from calibration.flatfield import Correction, correct
from calibration.gain import CameraNoise
from calibration.interval import measured_mean
from calibration.optics import Objective
from calibration.pixelsizes import check_pixel_um
from calibration.record import Calibration, Measured, rig_hash
from calibration.ruler import Ruler
from calibration.through import Reference, Seen, check_order, measure_objectives
from calibration.turret import SectionFocus

SITES = 4
"""Places on the ring at which focal stacks are taken and objectives compared."""
PLACES_FOR_SITE = 6
"""On the ring: the scatter of the stage averages over four times as many arrivals, two from either side each."""
ARRIVALS_AT_SITE = 8
"""Of each later objective, from either side in turn: 32 arrivals in all bring 0.3 µm of scatter down to 0.05 µm."""
THERE_AND_BACK = 2
"""Sites at which the first objective's stack is taken in both directions: the play of the focus drive is found to
0.005 µm at each."""
SLIDE = "calibration"
"""What the slide is called on record, which outlives this work."""

Step = Callable[[int, int, str], None]
Point = tuple[float, float]


@dataclass(slots=True, kw_only=True, eq=False)
class Characterise:
    """One guided calibration.

    Parameters
    ----------
    microscope : Microscope
        Focused by hand on tissue with the first objective.
    confirm : callable
        Asked before oil goes on the slide.
    progress : callable
        Told (done, total, says).
    sites : int
        At how many places stacks are taken and offsets measured. The ring of stage moves has 6 times as many, and each
        later objective arrives 8 times at each of them, so that errors fall with the square root of this.
    ruler, ruler_um : Ruler and (float, float), or None
        A micrometer or USAF target, and where on the stage its middle is seen; in oil, where the lens is.
    from_tissue : bool
        Whether flat fields come from tissue, where the slide has no empty glass.
    """

    microscope: Microscope
    confirm: Confirm
    progress: Step
    sites: int = SITES
    ruler: Ruler | None = None
    ruler_um: Point | None = None
    from_tissue: bool = False
    _done: int = field(default=0, init=False)
    _focus_um: float = field(default=0.0, init=False)
    _asides: Asides = field(init=False)

    def __post_init__(self) -> None:
        self._asides = Asides(microscope=self.microscope, ruler=self.ruler, ruler_um=self.ruler_um)

    def calibrate(self, *, at_um: Point, glass_um: Point, now: datetime) -> Calibration:
        """Measure all objectives of the rig.

        Parameters
        ----------
        at_um : (float, float)
            The middle of a place full of tissue, some 250 µm to every side.
        glass_um : (float, float)
            Empty glass, for the flat fields; a field round it is used.
        now : datetime
            Stored as the date of the calibration.

        Raises
        ------
        MicroscopeError
            When this rig cannot be calibrated, the first objective is not in place, or the oil was not confirmed.
        MeasurementError
            When the pictures do not allow a measurement, or contradict Micro-Manager's pixel size.
        """
        rig = self.microscope.rig
        if not pictures_depend_on_focus(rig):
            raise MicroscopeError(
                f"rig {rig.name!r} cannot be calibrated: its pictures depend on neither stage nor focus; "
                "calibrate the rig `simulated`, or your own"
            )
        check_order(rig.objectives)
        first, *others = rig.objectives
        self._focus_um = hand_focus_um(self.microscope, first.name)
        if not first.wet and not slide_is_dry(microscope=self.microscope, confirm=self.confirm, slide=SLIDE):
            raise MicroscopeError(f"{first.name} is dry and the slide is not: clean it, wipe the oil lens, start again")
        ring = ring_um(rig, at_um, PLACES_FOR_SITE * self.sites)
        sites = ring[::PLACES_FOR_SITE]
        self.microscope.select_objective(first.name)
        corrections, camera = self._light(first, sites[0], glass_um, camera=True)
        reference, play_of_z = self._reference(first, ring, sites, corrections)
        corrections = self._besides(first, sites[0], glass_um, corrections)
        known_um = {first.name: self._known_pixel_um()}
        lights, seen, oiled = {first.name: corrections}, {}, False
        for objective in sorted(others, key=lambda o: o.wet):
            oiled = oiled or self._oil(objective)
            self.microscope.select_objective(objective.name)
            known_um[objective.name] = self._known_pixel_um()
            self._focus_at(sites[0], objective)
            foci, frames = self._look(objective, sites)  # first what drifts, then the light
            lights[objective.name], _ = self._light(objective, sites[0], glass_um, camera=False)
            seen[objective.name] = _seen(foci, frames, lights[objective.name])
            self._besides(objective, sites[0], None, lights[objective.name])
        through = measure_objectives(rig.objectives, reference, seen)
        for name, size_um in known_um.items():
            check_pixel_um(name, through.objectives[name].pixel_um.value, size_um)
        calibration = Calibration(
            rig_name=rig.name,
            rig_hash=rig_hash(rig),
            created=now,
            objectives=through.objectives,
            corrections=lights,
            backlash_um=through.backlash_um | {"z": play_of_z},
            camera={"gain_e_per_level": camera.gain_e_per_level, "read_noise_e": camera.read_noise_e} if camera else {},
            residuals=through.residuals | ({"nonlinearity": camera.nonlinearity} if camera else {}),
            simulated=rig.source.kind == "simulated",
        )
        return self._asides.written_into(calibration)

    def _oil(self, objective: Objective) -> bool:
        if not objective.wet:
            return False
        if not slide_is_oiled(objective, microscope=self.microscope, confirm=self.confirm, slide=SLIDE):
            raise MicroscopeError(f"calibration ended before {objective.label}: the oil was not confirmed")
        return True

    def _light(
        self, objective: Objective, place: Point, glass_um: Point, *, camera: bool
    ) -> tuple[Correction, CameraNoise | None]:
        """Take empty glass with the lens at the focus of the tissue: retracted it has other light, and no oil film."""
        self._focus_at(place, objective)
        if not self.from_tissue:
            self.microscope.move_xy(*glass_um)
        if camera:
            self._asides.lamp(objective)
        lit = (
            tissue_frames(self.microscope, objective, place)
            if self.from_tissue
            else glass_frames(self.microscope, objective, glass_um)
        )
        dark = dark_frames(self.microscope, objective)
        on_glass = camera and dark and not self.from_tissue
        noise = photon_transfer(self.microscope, objective, dark) if on_glass else None
        self._asides.light(objective, lit, noise, from_tissue=self.from_tissue)
        self._step(f"{objective.name}: {'light from tissue' if self.from_tissue else 'empty glass'}")
        return master(lit, dark, tissue=self.from_tissue), noise

    def _besides(self, objective: Objective, place: Point, glass_um: Point | None, light: Correction) -> Correction:
        """Measure what is no offset; return the flat field in the light of now, where there is glass to see it on."""
        pictures = partial(_corrected, light)
        if glass_um is not None:
            self._asides.settle(objective, place, self._focus_um, pictures)
        self._asides.turret(objective, place, self._focus_um, pictures)
        if glass_um is not None and not self.from_tissue:
            light = self._asides.relit(light, objective, glass_um)
        self._asides.by_ruler(objective, self._focus_um, pictures, self.confirm)
        self._step(f"{objective.name}: rest of the stage, turret, ruler")
        return light

    def _reference(
        self, first: Objective, ring: list[Point], sites: list[Point], light: Correction
    ) -> tuple[Reference, Measured]:
        """Stacks at the sites, the ring, and the play of the focus drive."""
        foci, play_um = [], []
        for number, site in enumerate(sites):
            foci.append(self._stack(first, site))
            if number < THERE_AND_BACK:
                back = self._stack(first, None)
                play_um.append(self.microscope.rig.z.toward_slide * (foci[-1].z_um - back.z_um))
        made = self._round(first, ring, light, focus_surface(sites, [one.z_um for one in foci]))
        again = self._stack(first, sites[0])
        reference = Reference(
            visits=made.visits,
            frames=made.frames,
            at=made.at,
            foci=tuple(foci),
            focus_drift_um_per_s=(again.z_um - foci[0].z_um) / (again.time_s - foci[0].time_s),
        )
        return reference, measured_mean(play_um, what="backlash of z")

    def _round(
        self, first: Objective, ring: list[Point], light: Correction, surface: Callable[[Point], float]
    ) -> Round:
        return travel_round(
            self.microscope,
            ring,
            keep_every=PLACES_FOR_SITE,
            z_um=surface,
            exposure_ms=exposure_ms(first),
            correct=partial(_corrected, light),
            said=partial(self._step, f"{first.name}: stage moves"),
        )

    def _look(self, objective: Objective, sites: Sequence[Point]) -> tuple[list[SectionFocus], list[Frame]]:
        """At each site the section in depth, then what the first objective saw in focus, arrival after arrival."""
        foci, frames = [], []
        for site in sites:
            foci.append(self._stack(objective, site))
            approach_z(self.microscope, foci[-1].z_um)
            for number in range(ARRIVALS_AT_SITE):
                (approach_from_above if _from_above(number) else approach_xy)(self.microscope, *site)
                frames.append(self.microscope.snap(exposure_ms(objective)))
        return foci, frames

    def _stack(self, objective: Objective, site: Point | None) -> SectionFocus:
        """Nearing the slide at a site, or back again where the stage stands."""
        if site is not None:
            approach_xy(self.microscope, *site)
        found = section_focus(
            self.microscope, self._focus_um, exposure_ms=exposure_ms(objective), nearing=site is not None
        )
        if site is not None:
            self._focus_um = found.z_um
        self._step(f"{objective.name}: section in depth")
        return found

    def _focus_at(self, place: Point, objective: Objective) -> None:
        approach_xy(self.microscope, *place)
        focus = autofocus(self.microscope, around_um=self._focus_um, exposure_ms=exposure_ms(objective))
        if focus.z_um is None:
            raise MeasurementError(
                f"no focus was found at ({place[0]:.0f}, {place[1]:.0f}) µm with {objective.name}: {focus.reason}; "
                "give a place with tissue (--at), focused by hand"
            )
        self._focus_um = focus.z_um

    def _known_pixel_um(self) -> float:
        core = getattr(self.microscope, "core", None)
        return float(core.get_pixel_size_um()) if core is not None else 0.0

    def _step(self, says: str) -> None:
        self._done += 1
        of_light_and_depth = len(self.microscope.rig.objectives) * (self.sites + 2) + THERE_AND_BACK + 1
        self.progress(self._done, PLACES_FOR_SITE * self.sites + of_light_and_depth, says)


def _seen(foci: list[SectionFocus], frames: list[Frame], light: Correction) -> Seen:
    return Seen(
        frames=tuple(_corrected(light, frame) for frame in frames),
        sites=tuple(number // ARRIVALS_AT_SITE for number in range(len(frames))),
        positions_um=tuple((frame.position.x, frame.position.y) for frame in frames),
        from_above=tuple(_from_above(number) for number in range(len(frames))),
        foci=tuple(foci),
    )


def _from_above(number: int) -> bool:
    """Whether the stage comes from above in this arrival: from either side in turn."""
    return SIDES[number % len(SIDES)]


def _corrected(light: Correction, frame: Frame) -> Pixels:
    return correct(frame.pixels, light, white_level=frame.white_level)
