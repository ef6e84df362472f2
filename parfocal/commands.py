"""The command line: which command lives where; a command's module is imported when it is called."""

import importlib
import sys
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "demo": "parfocal.demo_command:demo",
    "check": "parfocal.check_command:check",
    "calibrate": "parfocal.calibrate_command:calibrate",
    "plan": "parfocal.plan_command:plan",
    "capture": "parfocal.capture_command:capture",
    "register": "parfocal.picture_commands:register",
    "fuse": "parfocal.picture_commands:fuse",
    "edf": "parfocal.picture_commands:fuse",
    "pairs": "parfocal.picture_commands:pairs",
    "mosaic": "parfocal.mosaic_command:mosaic",
    "mtf": "parfocal.mtf_command:mtf",
    "train": "parfocal.train_command:train",
    "evaluate": "parfocal.evaluate_command:evaluate",
    "enhance": "parfocal.enhance_command:enhance",
    "export": "parfocal.export_command:export",
    "live": "parfocal.live_command:live",
}
"""Name of a command to the function that does it; ``edf`` is another name of ``fuse``."""
HIDDEN = ("edf",)


class CommandTable(TyperGroup):
    """A group that finds its commands in `COMMANDS`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the work."""
        del ctx
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the module of a command and return the command, or None for an unknown name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name].split(":")
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(getattr(importlib.import_module(module), function))
        return typer.main.get_command(single)


app = typer.Typer(
    cls=CommandTable,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What a 40× sees, at the sharpness of a 100×. Research use only, not for diagnosis.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"Parfocal {metadata.version('parfocal')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[  # typer reads it; `_version` answers
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Say the version, to cite it.")
    ] = False,
) -> None:
    """Give the group its help; the commands come from the table."""
    del version


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()
