"""ViewerWindow: toolbar, band, comparison and status bar round one session."""

import threading
from functools import partial
from pathlib import Path

from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtGui import QCloseEvent, QResizeEvent
from qtpy.QtWidgets import QLabel, QMainWindow, QVBoxLayout, QWidget

from gui.compare import Comparison
from gui.develop import FramePair
from gui.errors import SnapshotError
from gui.keysheet import KeySheet
from gui.overlay import Notice
from gui.readouts import Readouts
from gui.session import Session
from gui.snapshot import save_snapshot
from gui.toolbar import DeedBar

SIZE_PX = (1440, 860)
READINGS_MS = 250
"""How often the status bar is written: four times a second can be read."""
SHORTEST_BETWEEN_PAIRS_MS = 16
"""No more than 60 pictures a second: more are not seen, and the window needs the time."""
SIMULATED = "SIMULATED  ·  these pictures are rendered; no microscope stands behind them"
NO_MODEL = "There is no model: start the viewer with one to enhance"
NOTHING_TO_SAVE = "There is no picture to save yet: start the camera."


class Waker(QObject):
    """Carries the worker's wake-up into the GUI thread, without payload."""

    rung = Signal()

    def ring(self) -> None:
        """Wake the window; a bound method, so that who may ring keeps the waker alive (a bound signal does not)."""
        self.rung.emit()


class ViewerWindow(QMainWindow):
    """The viewer's window; it never calls the microscope, and never waits.

    Parameters
    ----------
    session : Session
    waker : Waker
        Rung by the session's stream.
    snapshots : Path
        Folder for what the person saves.
    """

    closed = Signal()
    told = Signal(str, bool)

    def __init__(self, session: Session, waker: Waker, snapshots: Path) -> None:
        super().__init__()
        self.session = session
        self._snapshots = snapshots
        self._problems_said = 0
        self.setWindowTitle("Parfocal")
        self.resize(*SIZE_PX)
        self.comparison = Comparison(session.note_painted)
        self.band = QLabel(SIMULATED)
        self.run = QLabel()
        self.readouts = Readouts()
        self.notice = Notice(self.comparison)
        self.key_sheet = KeySheet(self)
        self.bar = DeedBar(self)
        self._pause = QTimer(self)
        self._clock = QTimer(self)
        self._lay_out()
        self._connect(waker)
        self.read()

    def show_latest(self) -> None:
        """Take the newest pair, if any, and say what went wrong, if anything; called after each wake-up."""
        if self._pause.isActive():
            return
        pair = self.session.stream.take()
        if pair is not None:
            self._show(pair)
            self._pause.start(SHORTEST_BETWEEN_PAIRS_MS)
        self._say_problems()

    def read(self) -> None:
        """Write the status bar, and let the switches follow what the stream does."""
        stream = self.session.stream
        self.readouts.show_readings(self.session.readings())
        self.bar.follow({"live": stream.live, "enhance": stream.enhancing})

    def tell_run(self, words: str) -> None:
        """Say in the title and above the pictures what runs and how far it is."""
        self.run.setText(words)
        self.run.setVisible(bool(words))
        self.setWindowTitle(f"{words} – Parfocal" if words else "Parfocal")

    def save(self) -> None:
        """Write a snapshot of what is on the screen, in a thread of its own."""
        pair = self.session.shown
        if pair is None:
            self.announce(NOTHING_TO_SAVE)
            return
        write = partial(self._write, pair, self.session.pixel_um(pair))
        threading.Thread(target=write, name="parfocal-snapshot").start()

    def announce(self, words: str, alarming: bool = False) -> None:
        """Say one sentence at the foot of the pictures; from another thread, emit `told` instead."""
        self.notice.announce(words, alarming=alarming)
        self._place_notice()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the notice in its place."""
        super().resizeEvent(event)
        self._place_notice()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop looking and tell the threads to end; who opened the window waits for them."""
        self._clock.stop()
        self._pause.stop()
        self.session.stream.ask_to_close()
        super().closeEvent(event)
        self.closed.emit()

    def _lay_out(self) -> None:
        self.band.setObjectName("band")
        self.band.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.run.setObjectName("run")
        self.run.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.run.setWordWrap(True)
        for strip in (self.band, self.run):
            strip.hide()
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.band)
        column.addWidget(self.run)
        column.addWidget(self.comparison, stretch=1)
        self.addToolBar(self.bar)
        self.setCentralWidget(middle)
        self.setStatusBar(self.readouts)
        if not self.session.stream.can_enhance:
            self.bar.disable("enhance", NO_MODEL)

    def _connect(self, waker: Waker) -> None:
        self.bar.connect_deeds(
            {
                "live": self._switch_live,
                "enhance": self._switch_enhancing,
                "fit": self.comparison.fit,
                "actual": self.comparison.show_actual_pixels,
                "save": self.save,
                "keys": self._show_or_hide_keys,
                "close": self.close,
            }
        )
        waker.rung.connect(self.show_latest, Qt.ConnectionType.QueuedConnection)
        self.told.connect(self.announce, Qt.ConnectionType.QueuedConnection)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.show_latest)
        self._clock.timeout.connect(self.read)
        self._clock.start(READINGS_MS)

    def _switch_live(self) -> None:
        self.session.stream.live = not self.session.stream.live
        self.read()

    def _switch_enhancing(self) -> None:
        self.session.stream.enhancing = not self.session.stream.enhancing
        self.read()

    def _show(self, pair: FramePair) -> None:
        self.band.setVisible(pair.frame.simulated)
        session = self.session
        self.comparison.show_pair(pair, pixel_um=session.pixel_um(pair), statement=session.statement(pair))
        self.session.note_shown(pair, self.comparison.numbers)

    def _say_problems(self) -> None:
        problems = self.session.stream.problems
        for problem in problems[self._problems_said :]:
            self.announce(str(problem), alarming=True)
        self._problems_said = len(problems)

    def _write(self, pair: FramePair, pixel_um: float | None) -> None:
        try:
            sheet = save_snapshot(pair, self._snapshots, pixel_um=pixel_um, provenance=self.session.provenance)
        except SnapshotError as error:
            self.told.emit(str(error), True)
        else:
            self.told.emit(f"Saved {sheet.stem} in {sheet.parent}", False)

    def _show_or_hide_keys(self) -> None:
        self.key_sheet.setVisible(self.key_sheet.isHidden())

    def _place_notice(self) -> None:
        self.notice.settle(self.comparison.rect())
