"""TrainingFolder: what a training writes, model, state, history and curves; only the first process writes it."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from enhance.checkpoint import Checkpoint, save
from enhance.curves import Curves, open_curves
from enhance.history import History
from enhance.trainingstate import TrainingState, save_state

HISTORY_FILE = "history.csv"
Row = Mapping[str, float | int | None]


class TrainingFolder:
    """A model folder, open for one run; a context manager.

    Parameters
    ----------
    folder : Path
        Model folder.
    after_step : int
        Steps that were already taken: what the files say of later ones is cut.
    writes : bool
        Whether this process writes; otherwise nothing here does anything.
    curves : Path, optional
        Folder for TensorBoard.

    Raises
    ------
    TrainingError
        When curves are asked for and tensorboard is not installed.
    """

    def __init__(self, folder: Path, *, after_step: int, writes: bool, curves: Path | None = None) -> None:
        self._folder = folder
        self._writes = writes
        self._curves: Curves | None = open_curves(curves, after_step=after_step) if curves and writes else None
        self._history = History(folder / HISTORY_FILE, after_step=after_step) if writes else None

    def __enter__(self) -> "TrainingFolder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._history, self._curves):
            if each is not None:
                each.close()

    def add(self, row: Row, *, rate: float) -> None:
        """Append a row to the history; curves also show the learning rate."""
        if self._history is not None:
            self._history.add(row)
        if self._curves is not None:
            self._curves.add({**row, "learning_rate": rate})

    def keep_state(self, state: TrainingState) -> None:
        """Write the state to go on from, after the history up to it."""
        if self._history is not None:
            self._history.flush()
            save_state(state, self._folder)

    def keep_model(self, model: Checkpoint) -> None:
        """Write the model over the one before."""
        if self._writes:
            save(model, self._folder)
