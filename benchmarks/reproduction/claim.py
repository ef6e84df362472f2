"""One claim of the paper, and what came out here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from enhance.engine import Engine

Engines = Mapping[str, Engine]
"""What is judged, by the name of its column."""
Verdict = Literal["holds", "holds in part", "does not hold", "not comparable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A row of the page.

    Parameters
    ----------
    says : str
        The claim, in our words, with its place in the paper.
    only : str
        What `--only` calls the part of the command that measured it.
    figures : mapping of str to str
        What came out, by column.
    verdict : str
        For the shipped weights.
    why : str
        What decides it.
    """

    says: str
    only: str
    figures: Mapping[str, str]
    verdict: Verdict
    why: str


def graded(value: float, *, holds: float, in_part: float = float("inf")) -> Verdict:
    """Judge a figure of which more is better by the least that holds, and the least that holds in part."""
    if value >= holds:
        return "holds"
    return "holds in part" if value >= in_part else "does not hold"
