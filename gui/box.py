"""PictureBox: the view of one picture; the wheel zooms at the pointer within limits, the left button moves."""

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QPointF, QRectF, Qt

ZOOM_A_NOTCH = 1.25
NOTCH = 120
"""Qt's angle delta of one notch of the wheel."""


class PictureBox(pg.ViewBox):
    """A view whose right button does not scale: people press it by accident and lose their place."""

    def __init__(self) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False)
        self.disableAutoRange()
        self._finest, self._coarsest = 0.0, float("inf")

    @property
    def unit_per_px(self) -> float:
        """Length of one screen pixel (device-independent) in the scene's unit."""
        return float(self.viewRect().width() / max(self.rect().width(), 1.0))

    @property
    def centre(self) -> QPointF:
        """What lies in the middle of the view."""
        return QPointF(self.viewRect().center())

    def look(self, centre: QPointF, unit_per_px: float) -> None:
        """Put `centre` in the middle, at a scale of `unit_per_px`."""
        room = self.rect()
        width, height = room.width() * unit_per_px, room.height() * unit_per_px
        self.setRange(QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height), padding=0)

    def limit_zoom(self, finest: float, coarsest: float) -> None:
        """Keep the wheel between `finest` and `coarsest`, both in the scene's unit per screen pixel."""
        self._finest, self._coarsest = finest, coarsest

    def wheelEvent(self, event: Any) -> None:
        """Zoom so that what lies under the pointer stays there."""
        now = self.unit_per_px
        wanted = now * ZOOM_A_NOTCH ** (-event.delta() / NOTCH)
        factor = min(max(wanted, self._finest), self._coarsest) / now
        self.scaleBy((factor, factor), center=self.mapToView(event.pos()))
        event.accept()
        self.sigRangeChangedManually.emit(self.state["mouseEnabled"])

    def mouseDragEvent(self, event: Any) -> None:
        """Move with the left and the middle button only."""
        if event.button() == Qt.MouseButton.RightButton:
            event.ignore()
        else:
            super().mouseDragEvent(event)
