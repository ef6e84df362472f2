"""docs/reproduction.md: a table of claims, and at its top what it is a table of."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.reproduction.claim import Claim, Engines

TITLES = {"shipped": "shipped weights", "paper": "recipe `paper`"}


def write_page(claims: Sequence[Claim], engines: Engines, path: Path) -> None:
    """Write the page from what was measured."""
    heads = [f"{TITLES[name]}, {engine.checkpoint.steps} steps (simulated)" for name, engine in engines.items()]
    rows = [
        ["claim of the paper", "command", *heads, "here (simulated)"],
        ["---"] * (len(heads) + 3),
        *(_row(claim, engines) for claim in claims),
    ]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    path.write_text(f"{_top()}\n{table}\n\n{_rest()}", encoding="utf-8")


def _row(claim: Claim, engines: Engines) -> list[str]:
    figures = [claim.figures.get(name, "not measured") for name in engines]
    command = f"`python -m benchmarks.reproduction FOLDER --only {claim.only}`"
    here = f"**{claim.verdict}**: {claim.why}"
    return [claim.says, command, *(_with_minus(cell) for cell in (*figures, here))]


def _with_minus(text: str) -> str:
    """Put a minus where a hyphen stands before a number."""
    return re.sub(r" -(?=[0-9])", " −", text)


def _top() -> str:
    return (
        "# The paper's claims, one by one\n\n"
        "**Everything on this page is a statement about the simulated microscope**: no real slide was imaged. It says "
        "what a network of that kind can do where the 40x and the 100x differ by their optics and nothing else, on "
        "procedural tissue. Your own slide is judged by `parfocal evaluate` on your own held-out pairs.\n\n"
        "The paper is Rivenson et al., *Deep learning microscopy*, Optica 4, 1437 (2017). Its network was trained for "
        "days on a GPU; the column `paper` here is the same recipe at the number of steps in its head, on two "
        "processor cores. This page is written by `python -m benchmarks.reproduction FOLDER`, from slides that "
        "`python -m benchmarks.slides FOLDER` captures and networks that `python -m benchmarks.weights FOLDER` "
        "trains.\n"
    )


def _rest() -> str:
    return (
        "PSNR and SSIM are taken in tissue only, against the 100x picture free of noise; the test slides have seeds "
        "and rigs that no training slide has, with realistic faults. A verdict is that of the shipped weights; where "
        "networks that know one family are compared, the figures and the verdict are theirs.\n\n"
        "![Score over defocus](pictures/reproduction_depth.png)\n\n"
        "![Contrast of bars over their frequency](pictures/reproduction_usaf.png)\n"
    )
