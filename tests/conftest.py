"""Fixtures for all tests: no test writes outside its own folder, none needs a display."""

import os
import tempfile

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")


STATES = tempfile.TemporaryDirectory(prefix="parfocal_states_")
os.environ["PARFOCAL_STATE_DIR"] = STATES.name
"""Of rigs that fixtures of a whole session open."""


@pytest.fixture(autouse=True, scope="module")
def _state_folder_of_the_module(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARFOCAL_STATE_DIR", str(tmp_path_factory.mktemp("states")))
        yield


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path_factory, monkeypatch, _state_folder_of_the_module):
    """Each test finds every rig as nobody has used it yet."""
    monkeypatch.setenv("PARFOCAL_STATE_DIR", str(tmp_path_factory.mktemp("states")))
