"""What lies over the pictures: captions in the corners, the scale bar, and passing notices."""

from functools import partial

from qtpy.QtCore import QRect, QRectF, QSize, Qt, QTimer
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from qtpy.QtWidgets import QLabel, QStyle, QWidget

from gui.scale import bar_length, length_text

MARGIN_PX = 12
BAR_PX = 4
BAR_SHARE = 0.3
BAR_LONGEST_PX = 200.0
"""The scale bar takes at most this share of the pane, and never more than this many pixels."""
OUTLINE_PX = 1
NOTICE_MS = 6000
FOOT = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
FOOT_PX = 52
"""Room below a notice for badges and scale bars."""
OUTLINE = QColor(0, 0, 0, 150)
PAPER = QColor("white")


def place(overlay: QWidget, area: QRect, corner: Qt.AlignmentFlag, offset_px: int = 0) -> None:
    """Move `overlay` into a corner of `area`, `offset_px` further down from it."""
    inside = area.adjusted(MARGIN_PX, MARGIN_PX + offset_px, -MARGIN_PX, -MARGIN_PX)
    size = overlay.sizeHint().boundedTo(inside.size())
    overlay.setGeometry(QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, corner, size, inside))


class Caption(QLabel):
    """Words over a picture; invisible when there are none, and never in the way of the mouse.

    Parameters
    ----------
    parent : QWidget
    kind : str
        Name that the style sheet knows it by.
    """

    def __init__(self, parent: QWidget, kind: str) -> None:
        super().__init__("", parent)
        self.setObjectName(kind)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, words: str) -> None:
        """Show `words`, or hide when there are none; the parent places it anew."""
        if words != self.text():
            self.setText(words)
            self.setVisible(bool(words))


class ScaleBar(QWidget):
    """A bar of a round length, and the length above it.

    Parameters
    ----------
    parent : QWidget
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.unit = "µm"
        self.length = 0.0
        self.length_px = 0.0
        self.setObjectName("scale")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def fit(self, unit_per_px: float, room_px: int) -> None:
        """Choose the length for a picture of `unit_per_px` in a pane `room_px` wide."""
        if unit_per_px <= 0 or room_px <= 0:
            return
        self.length = bar_length(unit_per_px, min(BAR_SHARE * room_px, BAR_LONGEST_PX))
        self.length_px = self.length / unit_per_px
        self.updateGeometry()
        self.update()

    @property
    def words(self) -> str:
        """The length as it stands above the bar."""
        return length_text(self.length, self.unit)

    def sizeHint(self) -> QSize:
        """Return the room for bar, outline and words."""
        metrics = QFontMetrics(self.font())
        width = max(round(self.length_px), metrics.horizontalAdvance(self.words)) + 2 * OUTLINE_PX
        return QSize(width, metrics.height() + BAR_PX + 3 * OUTLINE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint words and bar in white with a dark outline: legible on glass and on tissue."""
        painter = QPainter(self)
        bar = self._bar()
        painter.fillRect(bar.adjusted(-OUTLINE_PX, -OUTLINE_PX, OUTLINE_PX, OUTLINE_PX), OUTLINE)
        painter.fillRect(bar, PAPER)
        above = QRectF(0, 0, self.width(), bar.top() - OUTLINE_PX)
        for colour, shift_px in ((OUTLINE, OUTLINE_PX), (PAPER, 0)):
            painter.setPen(colour)
            painter.drawText(above.translated(shift_px, shift_px), Qt.AlignmentFlag.AlignCenter, self.words)
        painter.end()

    def _bar(self) -> QRectF:
        width = round(self.length_px)
        left = self.width() - width - OUTLINE_PX
        return QRectF(left, self.height() - BAR_PX - OUTLINE_PX, width, BAR_PX)


class Notice(Caption):
    """A sentence that passes: what was saved, what went wrong.

    Parameters
    ----------
    parent : QWidget
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "notice")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(partial(self.say, ""))

    def announce(self, words: str, *, alarming: bool = False) -> None:
        """Show `words` for a while, in the colour of an alarm if need be; the parent places it anew."""
        self.setProperty("alarming", alarming)
        self.style().unpolish(self)
        self.style().polish(self)
        self.say(words)
        self.raise_()
        self._timer.start(NOTICE_MS)

    def settle(self, area: QRect) -> None:
        """Stand at the foot of `area`, above badges and scale bars, as wide as the words or as there is room."""
        room_px = area.width() - 2 * MARGIN_PX
        self.setWordWrap(False)
        size = self.sizeHint()
        if size.width() > room_px:
            self.setWordWrap(True)
            size = QSize(room_px, self.heightForWidth(room_px))
        foot = area.adjusted(0, 0, 0, -FOOT_PX)
        self.setGeometry(QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, FOOT, size, foot))
