"""The hash of the code that decides what training comes to, so that a model and a state can say what made them."""

import hashlib
from importlib import metadata
from pathlib import Path

CODE = (
    "architecture", "baselines", "batches", "bitdepth", "engine_torch", "loss", "metrics", "network",
    "networks", "optimisation", "optimisers", "precision", "recipes", "rivals/edsr", "rivals/espcn",
    "rivals/initial", "rivals/srcnn", "siteweights", "stainmix", "texture", "tiling", "tissue", "trainingrun",
    "trainingset", "validation", "world",
)  # fmt: skip
"""Modules of this package whose change may change weights or scores; those that only store and speak are left out."""
DIGITS = 12


def code_hash() -> str:
    """Return Parfocal's version and a hash over the sources of `CODE`, as ``0.1.0+3f9a…``; the same on any system."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name in CODE:
        source = (here / f"{name}.py").read_bytes().replace(b"\r\n", b"\n")
        digest.update(name.encode() + b"\0" + source)
    return f"{metadata.version('parfocal')}+{digest.hexdigest()[:DIGITS]}"
