"""The claims of Rivenson et al. 2017, one by one, on the simulated microscope; writes docs/reproduction.md.

    python -m benchmarks.reproduction FOLDER [--only tissue|transfer|depth|usaf|speed]

FOLDER is what `benchmarks.slides` and `benchmarks.weights` made. Without `--only` the page is written.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.reproduction.claim import Claim, Engines
from benchmarks.reproduction.depth import depth
from benchmarks.reproduction.fields import fields
from benchmarks.reproduction.page import write_page
from benchmarks.reproduction.speed import speed
from benchmarks.reproduction.tissue import resolution, self_feeding, sharp_input, transfer
from benchmarks.reproduction.usaf import usaf
from benchmarks.slides import FAMILIES
from enhance.open import open_engine

DOCS = Path(__file__).parents[2] / "docs"
PARTS = ("tissue", "transfer", "depth", "usaf", "speed")


def main() -> None:
    """Measure, print, and write the page when all was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=PARTS)
    told = parser.parse_args()
    engines: Engines = {"shipped": open_engine("shipped"), "paper": open_engine(str(told.folder / "models" / "paper"))}
    claims = []
    for part in PARTS:
        for claim in _of(part, told.folder, engines) if told.only in (None, part) else ():
            print(f"{claim.says}: {claim.verdict}\n  {claim.why}")
            for name, figure in claim.figures.items():
                print(f"  {name}: {figure}")
            claims.append(claim)
    if told.only is None:
        write_page(claims, engines, DOCS / "reproduction.md")


def _of(part: str, folder: Path, engines: Engines) -> Iterator[Claim]:
    if part == "tissue":
        sites = fields(folder / "pairs-realistic", *FAMILIES)
        yield from (work(sites, engines) for work in (resolution, self_feeding, sharp_input))
    elif part == "transfer":
        yield from _transfers(folder)
    elif part == "depth":
        yield depth(engines, DOCS / "pictures" / "reproduction_depth.png")
    elif part == "usaf":
        yield usaf(engines, DOCS / "pictures" / "reproduction_usaf.png")
    else:
        yield speed(engines)


def _transfers(folder: Path) -> Iterator[Claim]:
    sites = {family: fields(folder / "pairs-realistic", family) for family in FAMILIES}
    known = {family: open_engine(str(folder / "models" / f"only-{family}")) for family in ("lung", "kidney")}
    organ = "A network trained on one organ enhances another with the same stain (fig. 3, 4)"
    yield transfer(sites, known, says=organ, pairs={"kidney": "breast"})
    stain = "A network trained on one stain enhances another (fig. S7)"
    yield transfer(sites, known, says=stain, pairs={"lung": "breast", "kidney": "lung"})


if __name__ == "__main__":
    main()
