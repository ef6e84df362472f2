"""Comparison: raw beside enhanced, always of one frame, in one coordinate, moved and zoomed together."""

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QSplitter, QVBoxLayout, QWidget

from gui.develop import FramePair
from gui.overlay import Caption, place
from gui.pane import Pane
from gui.scale import objective_text

DEEPEST_SCREEN_PX = 64.0
"""A pixel is never drawn larger than this: beyond it there is nothing to see."""
SMALLEST_SHARE = 8.0
"""The picture is never drawn smaller than this fraction of what fits."""
HANDLE_PX = 4
UNCORRECTED = "not flat-field corrected"
WAITING = "Waiting for the first frame…"


class Comparison(QWidget):
    """Two linked panes; the right one is hidden while there is no enhanced picture.

    Parameters
    ----------
    on_painted : callable
        Called once for each pair, after its raw picture has been painted for the first time.
    """

    def __init__(self, on_painted: Callable[[], None]) -> None:
        super().__init__()
        self._fitted = True
        self._following = False
        self._finest_pixel = 1.0
        self.raw = Pane("RAW", on_painted)
        self.enhanced = Pane("ENHANCED", _nothing)
        self.enhanced.hide()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(HANDLE_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        for pane, other in ((self.raw, self.enhanced), (self.enhanced, self.raw)):
            self._splitter.addWidget(pane)
            pane.installEventFilter(self)
            pane.box.sigRangeChanged.connect(partial(self._follow, pane, other))
            pane.box.sigRangeChangedManually.connect(self._keep_place)
        self.message = Caption(self, "message")
        self.message.say(WAITING)

    def show_pair(self, pair: FramePair, *, pixel_um: float | None, statement: str) -> None:
        """Show one frame in both panes, or in the raw one alone when it was not enhanced.

        Parameters
        ----------
        pair : FramePair
        pixel_um : float or None
            Camera pixel at the specimen; None measures in camera pixels.
        statement : str
            What the network was trained on: stands in the corner of its picture.
        """
        unit, pixel = ("px", 1.0) if pixel_um is None else ("µm", pixel_um)
        known = self.raw.extent
        self.message.say("")
        self._show_raw(pair, pixel, unit)
        self._show_enhanced(pair, pixel, unit)
        self.enhanced.badge.say(statement)
        self._limit_zoom()
        if self._fitted or self.raw.extent != known:
            self.fit()

    @property
    def numbers(self) -> tuple[int | None, int | None]:
        """Frame numbers in the raw and the enhanced pane; None for a hidden one."""
        return self.raw.number, self.enhanced.number

    def fit(self) -> None:
        """Show the whole frame, and keep doing so until the person moves or zooms."""
        scale = max(pane.fitting_scale for pane in self._visible())
        if scale > 0:
            self.raw.box.look(self.raw.extent.center(), scale)
        self._fitted = True

    def show_actual_pixels(self) -> None:
        """Show one pixel of the finer picture on one pixel of the screen."""
        self._fitted = False
        self.raw.box.look(self.raw.box.centre, self._finest_pixel * self.devicePixelRatioF())

    def sizeHint(self) -> QSize:
        """Return the room that two panes want."""
        return QSize(1280, 640)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the message in the middle."""
        super().resizeEvent(event)
        place(self.message, self.rect(), Qt.AlignmentFlag.AlignCenter)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit again when a pane changes its size while the whole frame is shown."""
        handled = bool(super().eventFilter(watched, event))
        if event.type() == QEvent.Type.Resize and self._fitted:
            self.fit()
        return handled

    def _show_raw(self, pair: FramePair, pixel: float, unit: str) -> None:
        self.raw.title.say(f"RAW {objective_text(pair.frame.objective)}")
        self.raw.badge.say("" if pair.corrected else UNCORRECTED)
        self.raw.show_picture(pair.raw_pyramid, number=pair.frame.number, pixel=pixel, unit=unit)
        self._finest_pixel = pixel

    def _show_enhanced(self, pair: FramePair, pixel: float, unit: str) -> None:
        if pair.enhanced_pyramid is None or pair.ratio is None:
            self.enhanced.number = None
            self.enhanced.hide()
            return
        numerator, denominator = pair.ratio
        self._finest_pixel = pixel * denominator / numerator
        self.enhanced.title.say(f"ENHANCED {numerator / denominator:g}×")
        self.enhanced.show_picture(pair.enhanced_pyramid, number=pair.frame.number, pixel=self._finest_pixel, unit=unit)
        if self.enhanced.isHidden():
            self._open_enhanced()

    def _open_enhanced(self) -> None:
        self.enhanced.show()
        self._splitter.setSizes([self.width() // 2, self.width() // 2])
        self._follow(self.raw, self.enhanced)

    def _visible(self) -> tuple[Pane, ...]:
        return tuple(pane for pane in (self.raw, self.enhanced) if not pane.isHidden())

    def _limit_zoom(self) -> None:
        coarsest = SMALLEST_SHARE * max(pane.fitting_scale for pane in self._visible())
        for pane in (self.raw, self.enhanced):
            pane.box.limit_zoom(self._finest_pixel / DEEPEST_SCREEN_PX, coarsest)

    def _follow(self, leader: Pane, follower: Pane, *_changed: object) -> None:
        if self._following:
            return
        self._following = True
        try:
            follower.box.look(leader.box.centre, leader.box.unit_per_px)
        finally:
            self._following = False

    def _keep_place(self, *_mouse: object) -> None:
        self._fitted = False


def _nothing() -> None:
    """Take no notice: the latency is measured at the raw picture."""
