"""Curves of a training for TensorBoard, an optional package that is opened only when it is asked for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from enhance.errors import TrainingError

STEP = "step"


class Writer(Protocol):
    """What is used of TensorBoard's ``SummaryWriter``."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Add a point to a curve."""

    def close(self) -> None:
        """Write what was added, and end."""


class Curves:
    """One curve for each column of the history, and more.

    Parameters
    ----------
    writer : Writer
        Where the points go.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def add(self, row: Mapping[str, float | int | None]) -> None:
        """Add the numbers of one step under their names; what is missing makes no point."""
        step = int(row[STEP] or 0)
        for name, value in row.items():
            if name != STEP and value is not None:
                self._writer.add_scalar(name.replace("validation_", "validation/"), value, step)

    def close(self) -> None:
        """Write all points."""
        self._writer.close()


def open_curves(folder: Path, *, after_step: int) -> Curves:
    """Open a folder that ``tensorboard --logdir`` reads.

    Parameters
    ----------
    folder : Path
        Made when missing.
    after_step : int
        Points of later steps, from a run that was broken off, are no longer shown.

    Raises
    ------
    TrainingError
        When tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError(
            f"curves were asked for in {folder} and the package tensorboard, which writes them, is not installed: run "
            "`pip install tensorboard`, or leave --tensorboard out (history.csv holds the same numbers)"
        ) from error
    return Curves(SummaryWriter(str(folder), purge_step=after_step + 1))
