"""Open an engine: the only module that names the back-ends, and it imports them when they are asked for."""

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from enhance.checkpoint import Checkpoint, load
from enhance.engine import Engine
from enhance.errors import CheckpointError, EnhanceError

if TYPE_CHECKING:
    from enhance.engine_apart import ApartEngine

SHIPPED = "shipped"
"""The word for the model that comes with the package."""
ENGINES = ("auto", "torch")


def open_engine(model: Checkpoint | Path | str, *, engine: str = "auto") -> Engine:
    """Load a model into a back-end.

    Parameters
    ----------
    model : Checkpoint, Path or str
        A checkpoint, a model folder, or the word ``shipped``.
    engine : {'auto', 'torch'}
        The back-end; `auto` takes the best one that is installed.

    Returns
    -------
    Engine
        Ready to run.

    Raises
    ------
    CheckpointError
        When the model is missing or damaged.
    EnhanceError
        When there is no such engine.
    """
    if engine not in ENGINES:
        raise EnhanceError(f"there is no engine {engine!r}: choose one of {list(ENGINES)}")
    checkpoint = model if isinstance(model, Checkpoint) else load_model(model)
    from enhance.engine_torch import TorchEngine

    return TorchEngine(checkpoint)


def open_apart(model: Path | str) -> "ApartEngine":
    """Load a model into a process of its own, which takes only what others leave of the processor.

    Parameters
    ----------
    model : Path or str
        A model folder, or the word ``shipped``.

    Returns
    -------
    ApartEngine
        Ready to run; close it at the end.

    Raises
    ------
    CheckpointError
        When the model is missing or damaged.
    EnhanceError
        When the process ends at once.
    """
    checkpoint = load_model(model)
    from enhance.engine_apart import ApartEngine

    engine = ApartEngine(checkpoint, model)
    try:
        engine.warm_up()
    except BaseException:
        engine.close()
        raise
    return engine


def load_model(model: Path | str) -> Checkpoint:
    """Read the checkpoint of a folder or of the word ``shipped``; errors as in `enhance.checkpoint.load`."""
    if str(model) != SHIPPED:
        return load(Path(model))
    folder = Path(str(resources.files("enhance"))) / "weights" / SHIPPED
    if not folder.is_dir():
        raise CheckpointError(
            "this copy of Parfocal holds no shipped model: install a released package or name a model folder"
        )
    return load(folder)
