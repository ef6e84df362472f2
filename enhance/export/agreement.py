"""Agreement: whether an exported file gives what `parfocal enhance` gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.checkpoint import Checkpoint
from enhance.engine_torch import TorchEngine
from enhance.errors import ExportError

SIZES = ((1, 1), (5, 90), (33, 47), (64, 64), (97, 130))
"""Rows and columns compared: one pixel, less than the halo, odd and even, more than a tile of most."""
LIMIT = 1e-5
"""Largest difference allowed, in fractions of the white level: a 400th of one 8-bit step."""

Picture = NDArray[np.float32]
Run = Callable[[Picture], NDArray[Any]]
"""From fractions (N, 3, rows, columns) to fractions (N, 3, rows', columns')."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far an exported file is from the engine, in fractions of the white level.

    Parameters
    ----------
    largest : float
        Difference of any value at any of the sizes.
    limit : float
        What is allowed.
    sizes : tuple of (int, int)
        Rows and columns of the pictures compared.
    """

    largest: float
    limit: float
    sizes: tuple[tuple[int, int], ...]


def agreement_of(run: Run, checkpoint: Checkpoint, *, name: str) -> Agreement:
    """Compare what a file gives with what the engine gives, before it is rounded to whole grey levels.

    Parameters
    ----------
    run : callable
        The exported file.
    checkpoint : Checkpoint
        What it was made from.
    name : str
        Of the file, for the message.

    Raises
    ------
    ExportError
        When the file cannot run at one of the sizes, gives another size, or differs by more than `LIMIT`.
    """
    engine = TorchEngine(checkpoint, tile_px=64)
    largest = max(_difference(run, engine, size, name) for size in SIZES)
    if not largest <= LIMIT:
        raise ExportError(
            f"{name} was not kept: it differs from the model by {largest:.1e} of the white level and {LIMIT:.0e} is "
            "allowed: report this with the versions of torch and of the package that ran it"
        )
    return Agreement(largest=largest, limit=LIMIT, sizes=SIZES)


def example_picture(rows: int, columns: int) -> Picture:
    """Return a picture that is smooth in places and rough in others, of every run the same: (1, 3, rows, columns)."""
    rng = np.random.default_rng([rows, columns])
    row, column = np.mgrid[0:rows, 0:columns]
    waves = [0.5 + 0.3 * np.sin(row / (4 + c) + c) * np.cos(column / (6 - c)) for c in range(3)]
    return np.clip(np.stack(waves) + 0.1 * rng.standard_normal((3, rows, columns)), 0, 1)[None].astype(np.float32)


def _difference(run: Run, engine: TorchEngine, size: tuple[int, int], name: str) -> float:
    picture = example_picture(*size)
    wanted = engine.forward(picture[0].transpose(1, 2, 0)).clip(0, 1).transpose(2, 0, 1)[None]
    try:
        given = run(picture)
    except Exception as error:
        raise ExportError(
            f"{name} was not kept: a picture of {size[1]}×{size[0]} pixels does not pass it ({error}): report this "
            "with the versions of torch and of the package that ran it"
        ) from error
    return float(np.abs(given - wanted).max()) if given.shape == wanted.shape else float("inf")
