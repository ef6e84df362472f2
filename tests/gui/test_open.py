from pathlib import Path

import pytest

from gui import open as door
from gui.errors import MissingExtraError, SnapshotError


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(door, "NEEDED", ("qtpy", "no_such_package"))
    with pytest.raises(MissingExtraError, match=r"no_such_package is not installed: pip install parfocal\[gui\]"):
        door.check_extra()


def test_a_whole_installation_passes():
    door.check_extra()


@pytest.mark.parametrize("asked", ["a.jpg", "a"])
def test_a_screenshot_of_another_format_is_refused(asked):
    with pytest.raises(SnapshotError, match=f"was to be called {asked}: name it a.png"):
        door.check_screenshot(Path(asked))


@pytest.mark.parametrize("asked", [None, Path("a.png"), Path("a.PNG")])
def test_a_screenshot_that_is_called_a_png_passes(asked):
    door.check_screenshot(asked)
