"""The table of all that can be done by key, mouse or button: toolbar, shortcuts and the key sheet are made from it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing the person can do.

    Parameters
    ----------
    name : str
        What the program calls it.
    text : str
        What stands on the button.
    keys : tuple of str
        Key sequences in Qt's spelling.
    tip : str
        One line: what it does.
    icon : str
        Name in the icon font.
    checkable : bool
        Whether it is a switch.
    """

    name: str
    text: str
    keys: tuple[str, ...]
    tip: str
    icon: str
    checkable: bool = False


DEEDS = (
    Deed(name="live", text="Live", keys=("Space",), tip="Run or stop the camera", icon="mdi6.play", checkable=True),
    Deed(
        name="enhance",
        text="Enhance",
        keys=("E",),
        tip="Show the enhanced picture of the same frame beside the raw one, or raw frames at full rate",
        icon="mdi6.auto-fix",
        checkable=True,
    ),
    Deed(name="fit", text="Fit", keys=("F",), tip="Show the whole frame", icon="mdi6.fit-to-page-outline"),
    Deed(
        name="actual",
        text="1:1",
        keys=("1",),
        tip="One pixel of the finer picture to one pixel of the screen",
        icon="mdi6.magnify",
    ),
    Deed(
        name="save",
        text="Save",
        keys=("Ctrl+S",),
        tip="Save raw and enhanced as PNG, with a JSON that says what they are",
        icon="mdi6.content-save-outline",
    ),
    Deed(name="keys", text="Keys", keys=("F1", "?"), tip="Show or hide this sheet", icon="mdi6.keyboard-outline"),
    Deed(name="close", text="Close", keys=("Ctrl+Q",), tip="Stop the camera and close", icon="mdi6.close"),
)

MOUSE = (
    ("Wheel", "Zoom at the pointer, both pictures together"),
    ("Left drag", "Move both pictures"),
)
"""What the mouse does in a picture."""
