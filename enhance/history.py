"""History: one row of ``history.csv`` for each training step, cut where training goes on."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from enhance.atomic import write_whole

COLUMNS = ("step", "loss", "validation_psnr_db", "validation_ssim", "seconds")


class History:
    """The file, open for writing at its end.

    Parameters
    ----------
    path : Path
        The file; made when missing.
    after_step : int
        Rows of later steps are from a run that was broken off after its last state, and are cut.
    """

    def __init__(self, path: Path, *, after_step: int) -> None:
        kept = [row for row in read_history(path) if int(row["step"]) <= after_step] if path.is_file() else []
        lines = [COLUMNS, *([row[name] for name in COLUMNS] for row in kept)]
        write_whole(path, "".join(",".join(line) + "\n" for line in lines).encode())
        self._file: TextIO = path.open("a", encoding="utf-8")

    def add(self, row: Mapping[str, float | int | None]) -> None:
        """Append a row; what is missing stays empty. Numbers are written so that they read back the same."""
        cells = (row.get(name) for name in COLUMNS)
        self._file.write(",".join("" if cell is None else repr(cell) for cell in cells) + "\n")

    def flush(self) -> None:
        """Hand what was added to the system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file; nothing can be added after."""
        self._file.close()


def read_history(path: Path) -> list[dict[str, str]]:
    """Return the rows of a history as text by column; a last line that was cut short is left out."""
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if all(row.get(name) is not None for name in COLUMNS)]
