"""Packages of optional extras: a test without them is skipped, unless PARFOCAL_EXTRAS=needed says that all must run."""

import importlib
import os

import pytest

NEEDED = os.environ.get("PARFOCAL_EXTRAS") == "needed"
CLASHING = (2, 14)
"""From this pydantic on, bioimageio.spec 0.5.12 cannot describe a model (pydantic #13506); the extra asks for less."""


def extra(module):
    """Import it, or skip."""
    return importlib.import_module(module) if NEEDED else pytest.importorskip(module)


def zoo():
    """Import bioimageio.core, or skip where the extra is not installed as it is declared."""
    core = extra("bioimageio.core")
    pydantic = importlib.import_module("pydantic").VERSION
    if not NEEDED and tuple(map(int, pydantic.split(".")[:2])) >= CLASHING:
        pytest.skip(f"pydantic {pydantic} is installed and bioimageio.core needs less than 2.14")
    return core
