"""Pane: one picture with the captions in its corners and its scale bar."""

from collections.abc import Callable

import pyqtgraph as pg
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from gui.box import PictureBox
from gui.image import PyramidItem
from gui.overlay import Caption, ScaleBar, place
from gui.pyramid import Pyramid
from gui.theme import GROUND

CAPTION_GAP_PX = 4
LEFT_TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
LEFT_BOTTOM = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
RIGHT_TOP = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
RIGHT_BOTTOM = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom


class Pane(QWidget):
    """One picture in a coordinate that it shares with the pane beside it: a length at the specimen.

    Parameters
    ----------
    title : str
        What the picture is.
    on_painted : callable
        Called once for each picture, after it has been painted for the first time.
    """

    def __init__(self, title: str, on_painted: Callable[[], None]) -> None:
        super().__init__()
        self.number: int | None = None
        self.view = pg.GraphicsView(self, useOpenGL=False, background=GROUND)
        self.box = PictureBox()
        self.view.setCentralItem(self.box)
        self.item = PyramidItem(on_painted)
        self.box.addItem(self.item, ignoreBounds=True)
        self._add_overlays()
        self.title.say(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.box.sigRangeChanged.connect(self._fit_scale_bar)

    def show_picture(self, pyramid: Pyramid, *, number: int, pixel: float, unit: str) -> None:
        """Show one picture of frame `number`.

        Parameters
        ----------
        pyramid : Pyramid
        number : int
            Of the frame it was made from.
        pixel : float
            Side of one of its pixels, in `unit`.
        unit : {'µm', 'px'}
        """
        self.item.show_picture(pyramid, pixel)
        self.number = number
        self.scale_bar.unit = unit
        self.frame_caption.say(f"frame {number}")
        size = f"{pyramid.columns} × {pyramid.rows}"
        self.detail.say(f"{size} · {pixel:.4g} µm/px" if unit == "µm" else size)
        self._fit_scale_bar()

    @property
    def extent(self) -> QRectF:
        """Outline of the picture in the shared coordinate."""
        return self.item.boundingRect()

    @property
    def fitting_scale(self) -> float:
        """Shared unit per screen pixel at which the whole picture is seen, as large as it goes; 0 without one."""
        room = self.box.rect()
        if room.isEmpty():
            return 0.0
        return float(max(self.extent.width() / room.width(), self.extent.height() / room.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the captions in their corners."""
        super().resizeEvent(event)
        self._fit_scale_bar()

    def place_overlays(self) -> None:
        """Put captions and scale bar where they belong."""
        area = self.rect()
        place(self.title, area, LEFT_TOP)
        place(self.detail, area, LEFT_TOP, self.title.sizeHint().height() + CAPTION_GAP_PX)
        place(self.frame_caption, area, RIGHT_TOP)
        place(self.badge, area, LEFT_BOTTOM)
        place(self.scale_bar, area, RIGHT_BOTTOM)

    def _add_overlays(self) -> None:
        self.title = Caption(self, "title")
        self.detail = Caption(self, "detail")
        self.frame_caption = Caption(self, "detail")
        self.badge = Caption(self, "badge")
        self.scale_bar = ScaleBar(self)
        self.scale_bar.hide()
        for overlay in (self.title, self.detail, self.frame_caption, self.badge, self.scale_bar):
            overlay.raise_()

    def _fit_scale_bar(self) -> None:
        if not self.extent.isEmpty():
            self.scale_bar.show()
            self.scale_bar.fit(self.box.unit_per_px, self.width())
        self.place_overlays()
