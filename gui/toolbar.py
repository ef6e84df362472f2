"""DeedBar: the toolbar and the shortcuts, made from the table of deeds."""

from collections.abc import Callable, Mapping

import qtawesome
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QSizePolicy, QToolBar, QWidget

from gui.actions import DEEDS, Deed
from gui.theme import ACCENT, DISABLED, TEXT

ICON_PX = 18
BUTTONLESS = frozenset({"close"})
ENDS_GROUP = frozenset({"enhance", "actual"})
PUSHED_RIGHT = "keys"


class DeedBar(QToolBar):
    """Buttons for the deeds; their actions carry the shortcuts.

    Parameters
    ----------
    parent : QWidget
        Window in which the shortcuts work.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Viewer", parent)
        self.setMovable(False)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.deeds: dict[str, QAction] = {deed.name: _action(deed, parent) for deed in DEEDS}
        for name, action in self.deeds.items():
            self._lay_out(name, action)
            parent.addAction(action)

    def connect_deeds(self, do: Mapping[str, Callable[[], object]]) -> None:
        """Let each deed do what `do` says; a switch shows the new state when `follow` is called, not by itself."""
        for name, call in do.items():
            self.deeds[name].triggered.connect(_without_state(call))

    def follow(self, states: Mapping[str, bool]) -> None:
        """Set the switches to what is true, without doing anything."""
        for name, on in states.items():
            self.deeds[name].setChecked(on)

    def disable(self, name: str, why: str) -> None:
        """Take a deed away and say why."""
        self.deeds[name].setEnabled(False)
        self.deeds[name].setToolTip(why)

    def _lay_out(self, name: str, action: QAction) -> None:
        if name == PUSHED_RIGHT:
            self.addWidget(_spring())
        if name not in BUTTONLESS:
            self.addAction(action)
        if name in ENDS_GROUP:
            self.addSeparator()


def _action(deed: Deed, parent: QWidget) -> QAction:
    icon = qtawesome.icon(deed.icon, color=TEXT, color_on=ACCENT, color_disabled=DISABLED)
    action = QAction(icon, deed.text, parent)
    action.setShortcuts([QKeySequence(key) for key in deed.keys])
    action.setCheckable(deed.checkable)
    action.setToolTip(f"{deed.tip} ({', '.join(deed.keys)})")
    return action


def _without_state(call: Callable[[], object]) -> Callable[[bool], None]:
    """Leave out the state that Qt passes with every trigger: the button's may lag behind the stream's."""

    def triggered(_checked: bool) -> None:
        call()

    return triggered


def _spring() -> QWidget:
    spring = QWidget()
    spring.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return spring
