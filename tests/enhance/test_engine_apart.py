"""The engine in a process of its own does what every engine does, and its end is told, not waited for."""

import os
import signal
import threading

import numpy as np
import pytest

from enhance import engine_apart
from enhance.checkpoint import save
from enhance.engine_apart import LOWEST_NICE, ApartEngine
from enhance.engine_torch import TorchEngine
from enhance.errors import CheckpointError, EnhanceError
from enhance.open import open_apart
from tests.contracts.engine import EngineContract
from tests.enhance.models import checkpoint

PICTURE = np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8)
POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals and priorities")


@pytest.fixture(scope="module", autouse=True)
def _of_our_priority():
    """Of the lowest priority, the other process takes up to two minutes to begin beside tests on all cores."""
    with pytest.MonkeyPatch.context() as patch:
        if os.name == "posix":
            patch.setattr(engine_apart, "LOWEST_NICE", os.getpriority(os.PRIO_PROCESS, 0))
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "small"
    save(checkpoint(), folder)
    return folder


@pytest.fixture(scope="module")
def shared(model):
    engine = open_apart(model)
    yield engine
    engine.close()


@pytest.fixture
def own(model):
    engine = open_apart(model)
    yield engine
    engine.close()


class TestApartEngine(EngineContract):
    @pytest.fixture
    def engine(self, shared):
        return shared


def test_it_gives_what_the_same_model_gives_here(shared):
    here = TorchEngine(checkpoint()).enhance(PICTURE).astype(int)
    assert np.abs(shared.enhance(PICTURE) - here).max() <= 1


@POSIX
def test_its_process_has_the_lowest_priority_and_does_not_hear_ctrl_c(model, monkeypatch):
    monkeypatch.setattr(engine_apart, "LOWEST_NICE", LOWEST_NICE)
    engine = ApartEngine(checkpoint(), model)
    pid = engine._process.pid
    try:
        assert os.getpriority(os.PRIO_PROCESS, pid) == LOWEST_NICE
        assert os.getpgid(pid) != os.getpgid(0)
        assert os.getsid(pid) == os.getsid(0)
    finally:
        engine.close()


def test_a_closed_engine_says_so_and_leaves_nothing_behind(own):
    own.enhance(PICTURE)
    own.close()
    own.close()
    assert own._process.returncode is not None
    with pytest.raises(EnhanceError, match="its process has ended"):
        own.enhance(PICTURE)


@POSIX
def test_closing_ends_a_picture_that_is_under_way(own):
    own.enhance(PICTURE)
    os.kill(own._process.pid, signal.SIGSTOP)
    raised = []

    def ask():
        with pytest.raises(EnhanceError, match="its process has ended") as error:
            own.enhance(PICTURE)
        raised.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not own._turn.locked():
        pass
    own.close()
    asking.join(30)
    assert raised


def test_a_model_that_is_not_there_is_said_before_a_process_is_begun(tmp_path):
    with pytest.raises(CheckpointError):
        open_apart(tmp_path / "none")


def test_a_process_that_cannot_open_its_model_ends_and_that_is_said(model, capfd):
    engine = open_apart(model)
    engine.close()
    broken = type(engine)(engine.checkpoint, model / "gone")
    with pytest.raises(EnhanceError, match="its process has ended"):
        broken.enhance(PICTURE)
    broken.close()
    assert "gone" in capfd.readouterr().err


def test_its_process_ends_with_the_program_that_asked(own):
    own.enhance(PICTURE)
    own._process.stdin.close()
    assert own._process.wait(30) == 0
