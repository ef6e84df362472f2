"""Packages that only exports need: imported when asked for, and named with what installs them when they are missing."""

import importlib
from typing import Any

from enhance.errors import ExportError


def needed(module: str, *, extras: str) -> Any:
    """Import a module that comes with optional extras.

    Parameters
    ----------
    module : str
        Its full name.
    extras : str
        As ``pip install 'parfocal[…]'`` takes them.

    Raises
    ------
    ExportError
        When it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ExportError(
            f"the export needs {module}, which cannot be imported here ({error}): run pip install 'parfocal[{extras}]'"
        ) from error
