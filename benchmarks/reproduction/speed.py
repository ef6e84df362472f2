"""The claim about run times: three fields, on this machine."""

import os
import time
from collections.abc import Iterator

import numpy as np
import torch

from benchmarks.reproduction.claim import Claim, Engines
from enhance.engine import Engine

FIELDS = ((2048, 1, "1.193 s"), (512, 1, "not quoted"), (160, 2, "0.062 s"))
"""Side in pixels, passes, and what the paper took on one GTX 1080."""


def speed(engines: Engines) -> Claim:
    """Time the whole of `Engine.enhance`, 8 bits in and out; the best of two."""
    told = list(_times(engines["shipped"]))
    return Claim(
        says="A field of 2048² takes 1.193 s on one GTX 1080, 160² self-fed 0.062 s (table 3)",
        only="speed",
        figures={"shipped": "; ".join(told)},
        verdict="not comparable",
        why=f"no GPU here: {os.cpu_count()} processor cores, {type(engines['shipped']).__name__}, {torch.__version__}",
    )


def _times(engine: Engine) -> Iterator[str]:
    for side, passes, paper in FIELDS:
        picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
        took = []
        for _ in range(2):
            began_s = time.perf_counter()
            engine.enhance(picture, passes=passes)
            took.append(time.perf_counter() - began_s)
        fed = " self-fed" if passes > 1 else ""
        yield f"{side}²{fed}: {min(took):.2f} s (paper: {paper})"
