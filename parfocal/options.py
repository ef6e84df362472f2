"""Options that several commands have in common."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from acquire.confirmed import Confirmed, confirm_all, read_confirmed
from acquire.errors import PlanError

RigOption = Annotated[str, typer.Option("--rig", help="A rig file, or `simulated`, or `demo`.")]
PlanArgument = Annotated[Path, typer.Argument(help="The plan, a YAML file; or a useq-schema sequence.")]
CalibrationOption = Annotated[Path | None, typer.Option("--calibration", help="What `parfocal calibrate` wrote.")]
ConfirmedOption = Annotated[
    Path | None,
    typer.Option("--confirmed", help="A file with what you saw to: Köhler, condenser, collar, cover glass."),
]
ConfirmAllOption = Annotated[
    str | None, typer.Option("--confirm-all", help="Your name: you saw to all of it, and it is as the rig file says.")
]
ConfirmFileOption = Annotated[
    Path | None,
    typer.Option(
        "--confirm-file", help="Ask by a file, which shall hold `yes` or `no`; FILE.question holds the question."
    ),
]
RefocusedOption = Annotated[
    bool,
    typer.Option("--refocused", help="You have focused by hand on the last site, after positions died with the power."),
]


def said(file: Path | None, name: str | None) -> Confirmed | None:
    """Return what a person confirmed on the command line: in a file, or all of it by name.

    Raises
    ------
    PlanError
        When both are given, or the file is not right.
    """
    if file is not None and name is not None:
        raise PlanError("both --confirmed and --confirm-all are given: give one of them")
    if file is not None:
        return read_confirmed(file)
    return confirm_all(name, datetime.now(UTC)) if name else None
