"""What the journal of a run says it has so far, read without opening its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acquire.confirmed import EVENT, Confirmed, from_event
from acquire.journal import Journal
from acquire.plan import Visit
from acquire.slide import ASKED, OILED, REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run so far.

    Parameters
    ----------
    stored : frozenset of (site, objective)
        Stacks in the journal; whether their files are whole is found out when the run is opened.
    focus : mapping or None
        The last focus surface, as journalled.
    confirmed : Confirmed or None
        What a person confirmed last.
    oiled : bool
        Whether it has asked for oil, and was not refused: its slide counts as wet.
    """

    stored: frozenset[tuple[str, str]] = frozenset()
    focus: Mapping[str, Any] | None = None
    confirmed: Confirmed | None = None
    oiled: bool = False

    def has(self, visit: Visit) -> bool:
        """Whether the stack of a visit is journalled."""
        return (visit.site, visit.objective) in self.stored


def begun(folder: Path | None) -> Begun:
    """Read a run folder's journal; a folder that is not there yet has nothing."""
    if folder is None:
        return Begun()
    events = list(Journal(folder / "journal.jsonl").events())
    last = {event.get("event"): event for event in events}
    words = [event.get("event") for event in events if event.get("event") in (ASKED, OILED, REFUSED)]
    return Begun(
        stored=frozenset((e["site"], e["objective"]) for e in events if e.get("event") == "stored"),
        focus=last.get("focus"),
        confirmed=from_event(last[EVENT]) if EVENT in last else None,
        oiled=words[-1:] in ([ASKED], [OILED]),
    )
