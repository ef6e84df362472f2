"""Whether a network shows anything that its input cannot hold: its correlation with the independent band.

    python -m benchmarks.honesty [MODEL ...] [--fields FILE.npz]

Each MODEL is a folder or `shipped`. Fields are of 24 slides of no training, three families in turn, in the fidelity
`log`. A model is honest when the signed correlation with the band, inside tissue and in green, lies within what chance
gives: its mean over the slides, and the largest of them. Ends with 1 when a model is not, or when a cheat passes.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.honesty_cheat import mixed, taught
from benchmarks.honesty_fields import Field, Image, cached_fields
from benchmarks.honesty_measure import Honesty, honesty_of
from enhance.baselines import bicubic
from enhance.engine_torch import TorchEngine
from enhance.open import load_model

RATIO = (5, 2)
WHITE = np.float32(255)
SHARES_IN_ALL = (0.02, 0.05, 0.2)
SHARES_IN_ONE = (0.1, 0.2, 0.5)
TAUGHT_PX = 96
"""Side of the part of each field that the over-fitted network is taught or shown: 2304 blocks of pixels."""
HIDDEN = (600, 2400)
"""Units of the over-fitted network: it remembers in part, and by heart."""
CAUGHT_FROM = {"all": 0.05, "one": 0.2}
"""Shares of the band that must be caught."""


def main() -> int:
    """Print a row for each model and each cheat."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*")
    parser.add_argument("--fields", type=Path)
    told = parser.parse_args()
    fields = list(cached_fields(told.fields).values())
    plain = [bicubic(field.low, RATIO).astype(np.float32) / WHITE for field in fields]
    right = [_row("bicubic", honesty_of(fields, plain), honest=True)]
    right += [_row(f"model {name}", honesty_of(fields, enhanced(name, fields)), honest=True) for name in told.models]
    right += [_row("the 100x itself", honesty_of(fields, [field.high for field in fields]), honest=False)]
    return 0 if all(right + _cheats(fields, plain)) else 1


def enhanced(model: str, fields: list[Field]) -> list[Image]:
    """Let a model enhance all fields, without clipping or rounding."""
    engine = TorchEngine(load_model(model))
    return [np.asarray(engine.forward(field.low.astype(np.float32) / WHITE)) for field in fields]


def _cheats(fields: list[Field], plain: list[Image]) -> list[bool]:
    right = []
    for share in SHARES_IN_ALL:
        found = honesty_of(fields, mixed(plain, fields, share))
        right.append(
            _row(f"{share:.0%} of the band in all", found, honest=None if share < CAUGHT_FROM["all"] else False)
        )
    for share in SHARES_IN_ONE:
        one = [*mixed(plain[:1], fields[:1], share), *plain[1:]]
        honest = None if share < CAUGHT_FROM["one"] else False
        right.append(_row(f"{share:.0%} of the band in one", honesty_of(fields, one), honest=honest))
    parts = [field.part(TAUGHT_PX) for field in fields]
    for hidden in HIDDEN:
        network = taught(parts[0], hidden=hidden)
        outputs = [network.enhance(part.low) for part in parts]
        right.append(_row(f"shown one slide, {hidden} units", honesty_of(parts, outputs), honest=False))
    return right


def _row(name: str, found: Honesty, *, honest: bool | None) -> bool:
    """Print a row; return whether it came out as it should, which for None is either way."""
    right = honest is None or found.honest == honest
    print(
        f"{name:32} mean {found.mean:+.4f} (chance ± {found.mean_limit:.4f})  largest {found.largest:+6.1f} (chance ± "
        f"{found.largest_limit:.1f})  {'honest' if found.honest else 'HAS SEEN THE SLIDE'}{'' if right else '  WRONG'}",
        flush=True,
    )
    return right


if __name__ == "__main__":
    sys.exit(main())
