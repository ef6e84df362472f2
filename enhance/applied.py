"""Applied: what came of enhancing pictures."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One enhanced picture.

    Parameters
    ----------
    source, out : Path
        Files.
    shape : (int, int, int)
        Rows, columns and 3 of the enhanced picture.
    pixel_um : float or None
        Its pixel size, where that of the source is known.
    novel_fraction : float or None
        Share of its tiles unlike anything in training; None when the model does not know.
    novel : bool or None
        Whether the picture as a whole is.
    consistency : float or None
        How far the input lies from what the enhanced picture says it should be, 1 when by noise alone; see
        `enhance.trust.consistency`. None where it cannot be told.
    doubtful_fraction : float or None
        Share of the field where they disagree.
    notes : tuple of str
        What was assumed, and what speaks against the picture.
    """

    source: Path
    out: Path
    shape: tuple[int, ...]
    pixel_um: float | None
    novel_fraction: float | None
    novel: bool | None
    consistency: float | None
    doubtful_fraction: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of enhancing a file or a folder.

    Parameters
    ----------
    outputs : tuple of Output
        In the order of their names.
    skipped : tuple of str
        A sentence for each picture of a folder that could not be enhanced.
    engine, mode : str
        What ran, and how.
    seconds : float
        In all.
    novel_fraction, consistency : float or None
        Means over the outputs.
    statement : str
        What the model was trained on.
    notes : tuple of str
        What holds for all of them.
    """

    outputs: tuple[Output, ...]
    skipped: tuple[str, ...]
    engine: str
    mode: str
    seconds: float
    novel_fraction: float | None
    consistency: float | None
    statement: str
    notes: tuple[str, ...]
