"""Readouts: the numbers of the status bar, as text and as labels that do not dance."""

from qtpy.QtCore import QSize
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QLabel, QStatusBar, QWidget

from gui.readings import Readings
from gui.scale import objective_text
from gui.theme import TEXT

NOTHING = "–"
GAP_PX = 8
BY_IMPORTANCE = ("position", "objective", "latency", "camera", "network", "dropped", "exposure", "age", "display")
"""In a narrow window the last are left out first."""
LEFT = ("position", "objective", "exposure")
"""Readings of the microscope stand on the left, those of the stream on the right."""


def reading_texts(readings: Readings) -> dict[str, tuple[str, str]]:
    """Return (word, value) for each readout.

    Parameters
    ----------
    readings : Readings
    """
    return {
        "position": ("", _position(readings)),
        "objective": ("", _objective(readings)),
        "exposure": ("exposure", _with_unit(readings.exposure_ms, "ms", digits=1)),
        "camera": ("camera", _rate(readings.camera_fps)),
        "display": ("display", _rate(readings.display_fps)),
        "network": ("network", _rate(readings.network_fps)),
        "latency": ("latency", _with_unit(readings.latency_ms, "ms")),
        "dropped": ("dropped", f"{readings.dropped}"),
        "age": ("age", _with_unit(readings.age_ms, "ms")),
    }


class Readouts(QStatusBar):
    """Shows all readings at once.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._labels: dict[str, QLabel] = {}

    def minimumSizeHint(self) -> QSize:
        """Let the window become narrower than all readings need."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self._choose()

    def show_readings(self, readings: Readings) -> None:
        """Write the readings into their labels."""
        for name, (word, value) in reading_texts(readings).items():
            label = self._labels.get(name) or self._new_label(name)
            label.setText(f"{word} <span style='color:{TEXT}'>{value}</span>".strip())
            label.setMinimumWidth(max(label.minimumWidth(), label.sizeHint().width()))
        self._choose()

    def text(self, name: str) -> str:
        """Return what the readout `name` says now, without its colours."""
        word, _, value = self._labels[name].text().partition("<span")
        return f"{word}{value.partition('>')[2].partition('<')[0]}".strip()

    def _choose(self) -> None:
        room_px = self.width()
        for name in BY_IMPORTANCE:
            if name in self._labels:
                room_px -= self._labels[name].minimumWidth() + GAP_PX
                self._labels[name].setVisible(room_px >= 0)

    def _new_label(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName("reading")
        self._labels[name] = label
        if name in LEFT:
            self.addWidget(label)
        else:
            self.addPermanentWidget(label)
        return label


def _position(readings: Readings) -> str:
    if readings.position is None:
        return NOTHING
    x_um, y_um, z_um = (round(value, 2) + 0.0 for value in readings.position)  # + 0.0 makes zero of minus zero
    return f"X {x_um:.1f}  Y {y_um:.1f}  Z {z_um:.2f} µm"


def _objective(readings: Readings) -> str:
    if readings.objective is None:
        return NOTHING
    pixel = NOTHING if readings.pixel_um is None else f"{readings.pixel_um:.4g}"
    return f"{objective_text(readings.objective)} · {pixel} µm/px"


def _rate(per_second: float | None) -> str:
    slow = per_second is not None and 0 < per_second < 1
    return _with_unit(per_second, "fps", digits=2 if slow else 1)


def _with_unit(value: float | None, unit: str, *, digits: int = 0) -> str:
    return NOTHING if value is None else f"{value:.{digits}f} {unit}"
