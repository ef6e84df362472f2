import builtins
import sys
from types import ModuleType
from typing import ClassVar

import pytest

from enhance.curves import open_curves
from enhance.errors import TrainingError


class Recorder:
    """Stands where tensorboard's writer would, at the border of that package."""

    opened: ClassVar = []

    def __init__(self, folder, *, purge_step):
        self.folder, self.purge_step, self.points, self.closed = folder, purge_step, [], False
        Recorder.opened.append(self)

    def add_scalar(self, tag, value, step):
        self.points.append((tag, value, step))

    def close(self):
        self.closed = True


@pytest.fixture
def recorder(monkeypatch):
    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Recorder
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    Recorder.opened.clear()
    return Recorder.opened


def test_each_number_of_a_step_is_a_point_of_its_own_curve_and_what_is_missing_is_none(recorder, tmp_path):
    curves = open_curves(tmp_path, after_step=0)
    curves.add({"step": 3, "loss": 0.5, "validation_ssim": None, "validation_psnr_db": 30.0})
    curves.close()
    assert recorder[0].points == [("loss", 0.5, 3), ("validation/psnr_db", 30.0, 3)]
    assert recorder[0].closed


def test_points_of_steps_that_are_taken_again_are_purged(recorder, tmp_path):
    open_curves(tmp_path, after_step=40)
    assert recorder[0].purge_step == 41


def test_without_tensorboard_it_is_said_what_to_install(monkeypatch, tmp_path):
    real = builtins.__import__

    def missing(name, *rest, **options):
        if name.startswith("torch.utils.tensorboard"):
            raise ModuleNotFoundError("No module named 'tensorboard'")
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        open_curves(tmp_path, after_step=0)
