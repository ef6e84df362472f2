"""What is on record of a rig, as items of a check; and what a person says to change it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from acquire.errors import LatchedError
from acquire.item import Item
from acquire.rigrecord import Record
from acquire.rigstate import RigState
from acquire.safety import check_latch


def state_items(record: Record) -> list[Item]:
    """Say how latch, slide and foci of a rig stand.

    Parameters
    ----------
    record : Record
        Of the rig, read now.

    Returns
    -------
    list of Item
        The latch fails while it is set; a slide that counts as wet is a warning.
    """
    return [_latch(record), _slide(record), *_foci(record)]


def say_so(
    state: RigState, *, clear_latch: bool = False, slide_cleaned: bool = False, new_slide: str | None = None
) -> list[str]:
    """Take a person's word about a rig.

    Parameters
    ----------
    state : RigState
        Of the rig; its microscope need not be open, and another program may be waiting for this.
    clear_latch : bool
        Lens, slide and drives were looked at and are sound.
    slide_cleaned : bool
        Nothing wet lies on the slide, and every immersion lens was wiped.
    new_slide : str, optional
        Another slide, of this name, was laid down dry, and every immersion lens was wiped.

    Returns
    -------
    list of str
        What is on record now, a sentence for each.
    """
    said = []
    latch = state.record.latch
    if clear_latch:
        state.clear_latch()
        said.append(f"The latch is cleared; it said: {latch.reason}" if latch else "No latch was set.")
    if slide_cleaned:
        state.cleaned()
        said.append("The slide counts as cleaned: a dry lens may come over it.")
    if new_slide is not None:
        state.new_slide(new_slide)
        said.append(f"Slide {new_slide} lies on the stage, dry.")
    return said


def _latch(record: Record) -> Item:
    try:
        check_latch(record)
    except LatchedError as error:
        since = datetime.fromtimestamp(record.latch.time_s, UTC) if record.latch else None
        return Item(name="latch", state="fail", says=f"{error} (since {since:%Y-%m-%d %H:%M} UTC)")
    return Item(name="latch", state="pass", says="not set: no motion has failed since somebody looked")


def _slide(record: Record) -> Item:
    name = record.slide or "nobody has named it"
    if not record.lies_wet:
        return Item(name="slide", state="pass", says=f"{name}; {record.wet}")
    why = "under oil" if record.wet == "oiled" else "perhaps under oil, for the last session ended without closing"
    says = f"{name}; {why}: no dry lens comes over it before --slide-cleaned, or --new-slide NAME"
    return Item(name="slide", state="warn", says=says)


def _foci(record: Record) -> Iterator[Item]:
    for objective, focus in sorted(record.foci.items()):
        at = datetime.fromtimestamp(focus.time_s, UTC)
        says = f"{focus.z_um:.2f} µm on this slide, {at:%Y-%m-%d %H:%M} UTC"
        yield Item(name=f"last focus {objective}", state="pass", says=says)
