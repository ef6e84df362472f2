import pytest

from gui import open as door
from gui.errors import MissingExtraError


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(door, "NEEDED", ("qtpy", "no_such_package"))
    with pytest.raises(MissingExtraError, match=r"no_such_package is not installed: pip install parfocal\[gui\]"):
        door.check_extra()


def test_a_whole_installation_passes():
    door.check_extra()
