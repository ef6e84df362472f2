"""KeySheet: all keys and what they do, made from the table of deeds."""

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from gui.actions import DEEDS, MOUSE

SPACING_PX = 9
MARGIN_PX = 22
COLUMN_GAP_PX = 24


class KeySheet(QDialog):
    """A sheet that stays open while one works; Escape closes it.

    Parameters
    ----------
    parent : QWidget
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        self._grid.setVerticalSpacing(SPACING_PX)
        self._grid.setHorizontalSpacing(COLUMN_GAP_PX)
        for deed in DEEDS:
            self._add("  ".join(_native(key) for key in deed.keys), deed.tip)
        for gesture, tip in MOUSE:
            self._add(gesture, tip)

    def _add(self, keys: str, tip: str) -> None:
        key = QLabel(keys)
        key.setObjectName("key")
        row = self._grid.rowCount()
        self._grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(QLabel(tip), row, 1)


def _native(key: str) -> str:
    return str(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText))
