"""Open the viewer: the only module of this package that can be imported without Qt and the extra `gui`."""

import importlib
import importlib.util
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from acquire.microscope import Microscope
from calibration.flatfield import Correction
from gui.captured import Captured
from gui.errors import DisplayError, MissingExtraError, SnapshotError
from gui.question import Question
from gui.readings import ViewerReport

if TYPE_CHECKING:  # the viewer shows raw frames without loading a network
    from enhance.engine import Engine

Result = TypeVar("Result")
NEEDED = ("qtpy", "pyqtgraph", "qtawesome")
BINDING = "pyside6"
"""What the extra installs; QT_API chooses another."""


def open_viewer(
    microscope: Microscope,
    *,
    engine: "Engine | None" = None,
    evidence: str = "",
    corrections: Mapping[str, Correction],
    exposure_ms: float,
    pixel_um: Mapping[str, float],
    seconds: float | None = None,
    screenshot: Path | None = None,
    snapshots: Path | None = None,
) -> ViewerReport:
    """Load Qt and run the viewer; parameters, result and further errors as in `gui.view.run_viewer`.

    Raises
    ------
    MissingExtraError
        When a package of the extra `gui` is not installed.
    DisplayError
        When Qt's system libraries are missing.
    """
    report: ViewerReport = _view("gui.view").run_viewer(
        microscope,
        engine=engine,
        evidence=evidence,
        corrections=corrections,
        exposure_ms=exposure_ms,
        pixel_um=pixel_um,
        seconds=seconds,
        screenshot=screenshot,
        snapshots=snapshots,
    )
    return report


def open_capture_viewer(
    work: Callable[[], Result],
    captured: Captured,
    *,
    signals: AbstractContextManager[object],
    told: Callable[[], str],
    engine: "Engine | None" = None,
    end_engine: Callable[[], None] = lambda: None,
    objectives: Collection[str] | None = None,
    corrections: Mapping[str, Correction],
    pixel_um: Mapping[str, float],
    screenshot: Path | None = None,
    question: Question | None = None,
) -> tuple[Result, ViewerReport]:
    """Load Qt and preview a capture; as `gui.capture_view.run_capture_viewer`, further errors as `open_viewer`."""
    shown: tuple[Result, ViewerReport] = _view("gui.capture_view").run_capture_viewer(
        work,
        captured,
        signals=signals,
        told=told,
        engine=engine,
        end_engine=end_engine,
        objectives=objectives,
        corrections=corrections,
        pixel_um=pixel_um,
        screenshot=screenshot,
        question=question,
    )
    return shown


def _view(module: str) -> Any:
    """Load a module that needs Qt."""
    check_extra()
    os.environ.setdefault("QT_API", BINDING)
    try:
        importlib.import_module("qtpy.QtWidgets")  # first, so that pyqtgraph takes the same binding
        return importlib.import_module(module)
    except ImportError as error:
        raise DisplayError(
            f"Qt cannot be loaded ({error}): on Debian or Ubuntu install libegl1 libgl1 libxkbcommon0 libdbus-1-3 "
            "libfontconfig1 libglib2.0-0; elsewhere reinstall with `pip install --force-reinstall parfocal[gui]`"
        ) from error


def check_extra() -> None:
    """Check that the extra `gui` is installed, without loading it.

    Raises
    ------
    MissingExtraError
        When a package is missing; it says what to install.
    """
    missing = [name for name in (*NEEDED, *_binding()) if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"the viewer was asked for and {', '.join(missing)} is not installed: pip install parfocal[gui]"
        )


def check_screenshot(screenshot: Path | None) -> None:
    """Check, before anything is opened, that a screenshot is to be called what it will be.

    Raises
    ------
    SnapshotError
        When the name says another format than PNG.
    """
    if screenshot is not None and screenshot.suffix.lower() != ".png":
        raise SnapshotError(
            f"a screenshot is written as PNG and was to be called {screenshot.name}: "
            f"name it {screenshot.with_suffix('.png').name}"
        )


def _binding() -> tuple[str, ...]:
    return () if "QT_API" in os.environ else ("PySide6",)
