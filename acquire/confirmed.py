"""What only a person can see at a stand: asked before a run, answered in a file or by name, and kept with the run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from acquire.errors import PlanError
from acquire.item import Item
from acquire.plan import Plan
from calibration.optics import Rig
from calibration.rig import first_fault

EVENT = "confirmed"
HOLDS = timedelta(hours=24)
"""A condenser is touched every day."""
NA_TOLERANCE = 0.02
"""As well as the scale of a condenser can be read."""
COVER_GLASS_UM = 170.0
COVER_GLASS_TOLERANCE_UM = 10.0
"""10 µm more or less take a dry 0.95 lens from 0.65 to 0.46 of contrast in the middle of its band by this simulator."""
COLLAR_TOLERANCE_MM = 0.01
COLLAR_NA = 0.75
"""Dry lenses from here on have a correction collar, or need the right cover glass all the more."""
UNASKED = ("demo", "simulated")
MM = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What a person has said.

    Parameters
    ----------
    by : str
        Their name.
    at : datetime
        When, in UTC; it holds for `HOLDS`.
    koehler : bool
        Field diaphragm sharp and centred on the section, opened to just outside the field.
    condenser_na : float or None
        As set.
    correction_collar_mm : mapping of objective to float
        As set.
    cover_glass_um : float or None
        As measured, or as printed on the box.
    everything : bool
        Whether they said that all is as the rig file says.
    """

    by: str
    at: datetime
    koehler: bool = False
    condenser_na: float | None = None
    correction_collar_mm: Mapping[str, float] = field(default_factory=dict)
    cover_glass_um: float | None = None
    everything: bool = False

    def event(self) -> dict[str, Any]:
        """Return what a run's journal keeps; `from_event` of it gives the same."""
        document = _File.model_validate({key: getattr(self, key) for key in _File.model_fields}).model_dump(mode="json")
        return {"event": EVENT} | document


def read_confirmed(path: Path) -> Confirmed:
    """Read what a person has written down.

    Raises
    ------
    PlanError
        When the file is missing, or a key is unknown, missing or out of range.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _File.model_validate(document).value()
    except FileNotFoundError as error:
        raise PlanError(
            f"there is no file {path} of what was confirmed: write it, or use --confirm-all NAME"
        ) from error
    except ValidationError as error:
        raise PlanError(f"{path.name}: {first_fault(error)}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlanError(f"{path.name} is not YAML ({str(error).splitlines()[0]}): correct the file") from error


def confirm_all(name: str, now: datetime) -> Confirmed:
    """Take a person's word that everything is set as the rig file says."""
    return Confirmed(by=name, at=now, everything=True)


def from_event(event: Mapping[str, Any]) -> Confirmed:
    """Return what a journal event of the kind `EVENT` holds."""
    return _File.model_validate({key: value for key, value in event.items() if key in _File.model_fields}).value()


def confirmed_items(plan: Plan, rig: Rig, confirmed: Confirmed | None, *, now: datetime) -> list[Item]:
    """Say of each thing that only a person can see whether one has; each warns until then.

    Parameters
    ----------
    plan, rig : Plan, Rig
        Which objectives are used, and what the rig file says of the condenser.
    confirmed : Confirmed, optional
        What was said so far.
    now : datetime
        In UTC.
    """
    asked = _asked(plan, rig)
    if rig.source.kind in UNASKED:
        return [Item(name="stand", state="pass", says=f"{', '.join(asked)}: nothing to set on a rig without glass")]
    if confirmed is None or now - confirmed.at > HOLDS:
        old = f"; {confirmed.by} confirmed it {(now - confirmed.at).days} days ago" if confirmed else ""
        how = "confirm it with --confirmed FILE or --confirm-all NAME"
        return [Item(name=name, state="warn", says=f"{what}{old}: {how}") for name, what in asked.items()]
    answers = dict(_answers(plan, rig, confirmed))
    return [_answered(name, what, answers.get(name), confirmed) for name, what in asked.items()]


def _asked(plan: Plan, rig: Rig) -> dict[str, str]:
    asked = {
        "Köhler": "is the field diaphragm sharp and centred on the section, and just outside the field?",
        "condenser aperture": f"is the condenser open to NA {rig.condenser_na:g} and in the right height?",
    }
    if _collars(plan, rig):
        asked["correction collar"] = f"is the collar of {', '.join(_collars(plan, rig))} set to the cover glass?"
    return asked | {"cover glass": f"is the cover glass {COVER_GLASS_UM:g} ± {COVER_GLASS_TOLERANCE_UM:g} µm thick?"}


def _collars(plan: Plan, rig: Rig) -> list[str]:
    objectives = [rig.objective(name) for name in plan.objectives]
    return [o.name for o in objectives if o.immersion != "oil" and o.na >= COLLAR_NA]


def _answers(plan: Plan, rig: Rig, said: Confirmed) -> Iterator[tuple[str, str]]:
    """Name of each thing that was answered, and what is wrong with the answer; empty when nothing is."""
    if said.everything or said.koehler:
        yield "Köhler", ""
    if said.everything or said.condenser_na is not None:
        yield "condenser aperture", _aperture(rig, said.condenser_na)
    glass_um = said.cover_glass_um if said.cover_glass_um is not None else COVER_GLASS_UM
    if said.everything or all(name in said.correction_collar_mm for name in _collars(plan, rig)):
        yield "correction collar", _collar(plan, rig, said, glass_um)
    if said.everything or said.cover_glass_um is not None:
        thick = abs(glass_um - COVER_GLASS_UM) > COVER_GLASS_TOLERANCE_UM and not _collars(plan, rig)
        yield "cover glass", f"{glass_um:g} µm, and no lens has a collar to set to it" if thick else ""


def _aperture(rig: Rig, na: float | None) -> str:
    if na is None or abs(na - rig.condenser_na) <= NA_TOLERANCE:
        return ""
    return f"NA {na:g}, but condenser_na of the rig file is {rig.condenser_na:g}: set one to the other"


def _collar(plan: Plan, rig: Rig, said: Confirmed, glass_um: float) -> str:
    for name in _collars(plan, rig):
        mm = said.correction_collar_mm.get(name, glass_um / MM)
        if abs(mm - glass_um / MM) > COLLAR_TOLERANCE_MM:
            return f"{name} is set to {mm:g} mm, but the cover glass has {glass_um / MM:g}: set it to that"
    return ""


def _answered(name: str, what: str, wrong: str | None, said: Confirmed) -> Item:
    if wrong is None:
        return Item(name=name, state="warn", says=f"{what} {said.by} did not say: add it to the file")
    if wrong:
        return Item(name=name, state="warn", says=f"{wrong} ({said.by})")
    return Item(name=name, state="pass", says=f"confirmed by {said.by}, {said.at:%Y-%m-%d %H:%M} UTC")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    by: str = Field(min_length=1)
    at: datetime | date
    koehler: bool = False
    condenser_na: float | None = Field(default=None, gt=0, lt=1.6)
    correction_collar_mm: dict[str, float] = Field(default_factory=dict)
    cover_glass_um: float | None = Field(default=None, gt=0)
    everything: bool = False

    def value(self) -> Confirmed:
        told = {key: getattr(self, key) for key in type(self).model_fields}
        return Confirmed(**told | {"at": _utc(self.at)})


def _utc(at: datetime | date) -> datetime:
    """Take a time without a zone for the local one; a day alone counts from its beginning."""
    moment = at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    return moment.astimezone(UTC)
