"""PyramidItem: paints one picture without copying it, nearest when magnified, area-averaged when minified."""

import math
from collections.abc import Callable
from functools import partial

from qtpy.QtCore import QRectF, QTimer
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.pyramid import Pyramid


class PyramidItem(QGraphicsItem):
    """One picture in a scene whose unit is a length at the specimen.

    Parameters
    ----------
    on_painted : callable
        Called once for each picture, after it has been painted for the first time.
    """

    def __init__(self, on_painted: Callable[[], None]) -> None:
        super().__init__()
        self._on_painted = on_painted
        self._pyramid: Pyramid | None = None
        self._images: tuple[QImage, ...] = ()
        self._extent = QRectF()
        self._fresh = False
        self._failed = False

    def show_picture(self, pyramid: Pyramid, pixel: float) -> None:
        """Show `pyramid`, its outer corner at the origin.

        Parameters
        ----------
        pyramid : Pyramid
            Kept as long as it is shown: Qt paints from its memory.
        pixel : float
            Side of one pixel of the full picture, in the unit of the scene.
        """
        extent = QRectF(0.0, 0.0, pyramid.columns * pixel, pyramid.rows * pixel)
        if extent != self._extent:
            self.prepareGeometryChange()
            self._extent = extent
        self._images = tuple(
            QImage(level.data, level.shape[1], level.shape[0], level.strides[0], QImage.Format.Format_RGB32)
            for level in pyramid.levels
        )
        self._pyramid = pyramid
        self._fresh = True
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the outline of the picture in the unit of the scene."""
        return self._extent

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint the picture; an exception here would end the process, so the event loop raises the first instead."""
        try:
            self._draw(painter)
        except Exception as error:  # whatever it is, it must not leave a paint event
            if not self._failed:
                QTimer.singleShot(0, partial(_raise, error))
            self._failed = True

    def _draw(self, painter: QPainter) -> None:
        if not self._images:
            return
        screen_px = self._screen_px_per_pixel(painter)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, screen_px < 1)
        painter.drawImage(self._extent, self._images[level_for(screen_px, len(self._images))])
        if self._fresh:
            self._fresh = False
            self._on_painted()

    def _screen_px_per_pixel(self, painter: QPainter) -> float:
        transform = painter.deviceTransform()
        unit_px = math.hypot(transform.m11(), transform.m12())
        return float(unit_px * self._extent.width() / self._images[0].width())


def level_for(screen_px_per_pixel: float, levels: int) -> int:
    """Return the smallest level that is not magnified: what is left is a reduction by less than two.

    Parameters
    ----------
    screen_px_per_pixel : float
        Screen pixels that one pixel of the full picture covers along one axis.
    levels : int
        How many there are.

    Examples
    --------
    >>> [level_for(zoom, 4) for zoom in (3.0, 1.0, 0.6, 0.5, 0.1, 0.001)]
    [0, 0, 0, 1, 3, 3]
    """
    if screen_px_per_pixel <= 0:
        return levels - 1
    halvings = math.floor(-math.log2(screen_px_per_pixel))
    return min(max(halvings, 0), levels - 1)


def _raise(error: Exception) -> None:
    raise error
