"""The command that looks at a microscope, and takes a person's word about it."""

from typing import Annotated

import typer

from acquire.open import open_microscope
from acquire.rigcheck import check_microscope
from acquire.rigstate import open_state
from acquire.statecheck import say_so, state_items
from calibration.rig import load_rig
from parfocal.answer import Answer, answering, people
from parfocal.item_table import items_answer


@answering
def check(
    rig: Annotated[str, typer.Argument(help="A rig file, or `simulated`, or `demo`.")],
    clear_latch: Annotated[
        bool, typer.Option("--clear-latch", help="You looked: lens, slide and drives are sound after a failed motion.")
    ] = False,
    slide_cleaned: Annotated[
        bool, typer.Option("--slide-cleaned", help="Nothing wet lies on the slide, and every oil lens was wiped.")
    ] = False,
    new_slide: Annotated[
        str | None, typer.Option("--new-slide", help="Name of another slide, laid down dry; every oil lens was wiped.")
    ] = None,
    retract: Annotated[
        bool, typer.Option("--retract", help="Move Z to z_safe_um first, away from the slide; nothing else moves.")
    ] = False,
) -> Answer:
    """Connect and verify devices, labels, pixel sizes, limits, latch and slide; moves nothing by itself."""
    loaded = load_rig(rig)
    state = open_state(loaded)
    for says in say_so(state, clear_latch=clear_latch, slide_cleaned=slide_cleaned, new_slide=new_slide):
        people().print(says, markup=False, highlight=False, soft_wrap=True)
    people().print("Connecting. Loading a Micro-Manager configuration may move hardware, as in Micro-Manager itself.")
    with open_microscope(loaded) as microscope:
        if retract:
            microscope.retract()
        items = [*check_microscope(microscope), *state_items(state.record)]
    return items_answer(items, f"Rig {loaded.name}")
