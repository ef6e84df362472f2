"""Where the slide lies since the oil step: the motion found, as a run's journal keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from acquire.plan import Visit
from acquire.runfolder import RunFolder
from calibration.rigid import Rigid

EVENT = "refound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refound:
    """How the slide was moved by the hand that put the oil on, and how well that is known.

    Parameters
    ----------
    moved : Rigid
        In stage coordinates without parcentric offset.
    parcentric_um : mapping of str to (float, float)
        Of each objective, relative to the reference of the calibration.
    sites : tuple of str
        Sites whose pictures it rests on; empty where the slide was not looked for.
    residual_um : float
        Largest distance of one of them from where the motion puts it.
    focus_um : float
        What the sites add to the Z that was expected of them, in the middle.
    looks : int
        Pictures taken until the slide was recognised.
    seconds : float
        That all of it took.
    says : str
        In a sentence.
    """

    moved: Rigid = field(default_factory=Rigid)
    parcentric_um: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sites: tuple[str, ...] = ()
    residual_um: float = 0.0
    focus_um: float = 0.0
    looks: int = 0
    seconds: float = 0.0
    says: str = ""

    def place(self, visit: Visit) -> Visit:
        """Return a visit where its site lies now.

        Parameters
        ----------
        visit : Visit
            As planned; not one that was placed already.
        """
        x_um, y_um = self.parcentric_um.get(visit.objective, (0.0, 0.0))
        now = self.moved.apply((visit.x_um - x_um, visit.y_um - y_um))
        return replace(visit, x_um=float(now[0]) + x_um, y_um=float(now[1]) + y_um)

    def event(self) -> dict[str, Any]:
        """Return what the journal keeps, without the time."""
        return {"event": EVENT, **asdict(self)}


def refound_in(run: RunFolder) -> Refound | None:
    """Return what was found last in a run, or None when the slide was not looked for yet."""
    told = run.journal.last(EVENT)
    return None if told is None else _refound(told)


def _refound(event: Mapping[str, Any]) -> Refound:
    moved = event["moved"]
    return Refound(
        moved=Rigid(
            shift_um=_point(moved["shift_um"]), turn_deg=float(moved["turn_deg"]), pivot_um=_point(moved["pivot_um"])
        ),
        parcentric_um={name: _point(offset) for name, offset in event["parcentric_um"].items()},
        sites=tuple(event["sites"]),
        residual_um=float(event["residual_um"]),
        focus_um=float(event["focus_um"]),
        looks=int(event["looks"]),
        seconds=float(event["seconds"]),
        says=str(event["says"]),
    )


def _point(told: Any) -> tuple[float, float]:
    x, y = told
    return float(x), float(y)
