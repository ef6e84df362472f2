"""What the journal of a run keeps of its focus, so that a resumed run knows all that was seen before."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from acquire.focusfield import FocusField, FocusPoint, Place
from acquire.focusmap import FocusSurface, surface_from
from acquire.journal import Journal

SURFACE, FOCUSED, PEAK, FAILED = "focus", "focused", "peak", "focus_failed"
"""Events: the plane of the first objective; an autofocus; the peak of a stack; an autofocus that found nothing."""


def note_surface(journal: Journal, surface: FocusSurface, time_s: float) -> None:
    """Write down the plane of the first objective."""
    journal.append(event=SURFACE, time_s=time_s, **asdict(surface))


def note_point(journal: Journal, event: str, point: FocusPoint, **more: Any) -> None:
    """Write down a focus that was seen, by an autofocus (`FOCUSED`) or in a stack (`PEAK`)."""
    journal.append(event=event, z_um=point.z_um, **asdict(point.place), **more)


def surface_in(events: Iterable[Mapping[str, Any]]) -> FocusSurface | None:
    """Return the plane of the first objective, when it was written down."""
    return next((surface_from(event) for event in events if event.get("event") == SURFACE), None)


def field_in(events: Iterable[Mapping[str, Any]]) -> FocusField:
    """Return all that was seen of the focus, in order."""
    kept = (event for event in events if event.get("event") in (FOCUSED, PEAK))
    return FocusField(tuple(_point(event) for event in kept))


def tried_in(events: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return where an autofocus was tried: (site, objective)."""
    tried = (event for event in events if event.get("event") in (FOCUSED, FAILED))
    return {(event["site"], event["objective"]) for event in tried}


def _point(event: Mapping[str, Any]) -> FocusPoint:
    place = Place(
        site=event["site"], lens=event["lens"], x_um=event["x_um"], y_um=event["y_um"], time_s=event["time_s"]
    )
    return FocusPoint(place=place, z_um=event["z_um"])
