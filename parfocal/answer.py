"""What commands share: a JSON object with ``--json``, one sentence on failure, a traceback only with ``--debug``."""

import functools
import inspect
import json
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from acquire.errors import AcquireError
from calibration.errors import CalibrationError
from enhance.errors import EnhanceError
from gui.errors import ViewerError

FAILED = 1
STOPPED = 130
KNOWN = (AcquireError, CalibrationError, EnhanceError, ViewerError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command found out.

    Parameters
    ----------
    keys : mapping
        For scripts; printed with ``--json``.
    says : renderables
        For people.
    failed : bool
        Whether the command ran but what it checked did not pass; it then exits with 1.
    """

    keys: Mapping[str, Any]
    says: tuple[RenderableType, ...] = field(default=())
    failed: bool = False


def answering(command: Callable[..., Answer]) -> Callable[..., None]:
    """Turn a function that returns an `Answer` into a command with ``--json`` and ``--debug``."""

    @functools.wraps(command)
    def run(*args: Any, json: bool, debug: bool, **options: Any) -> None:
        try:
            answer = command(*args, **options)
        except KeyboardInterrupt:
            _fail("stopped by hand: the same command goes on where it can", json=json, code=STOPPED)
        except KNOWN as error:
            if debug:
                traceback.print_exc()
            _fail(_sentence(error), json=json, code=FAILED)
        _show(answer, json=json)

    signature = inspect.signature(command)
    extra = [
        inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_JSON),
        inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_DEBUG),
    ]
    parameters = [*signature.parameters.values(), *extra]
    run.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "json": _JSON, "debug": _DEBUG, "return": None}
    return run


def people() -> Console:
    """Return the console for people: standard error, so that standard output stays readable for scripts."""
    return Console(stderr=True)


_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
_DEBUG = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]


def _show(answer: Answer, *, json: bool) -> None:
    if json:
        _print_json(answer.keys)
    else:
        console = Console()
        for part in answer.says:
            said = Text(part) if isinstance(part, str) else part  # paths and reasons hold brackets
            console.print(said, soft_wrap=isinstance(part, str))
    if answer.failed:
        raise typer.Exit(FAILED)


def _fail(sentence: str, *, json: bool, code: int) -> None:
    people().print(f"[bold red]parfocal:[/] {_plain(sentence)}", highlight=False, soft_wrap=True)
    if json:
        _print_json({"error": sentence})
    raise typer.Exit(code)


def _print_json(keys: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(_finite(keys), default=str, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _finite(value: Any) -> Any:
    """Replace what JSON cannot say: nan and infinity become null, mappings and sequences are walked."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value


def _plain(sentence: str) -> str:
    return sentence.replace("[", "\\[")


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}: check the path and the permissions"
    return str(error)
