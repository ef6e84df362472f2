"""One line of a check: what was looked at, how it stands, and what it says; and what a list of them means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from acquire.errors import PlanError

State = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What was looked at, how it stands, and what it says: a fact, or what to change."""

    name: str
    state: State
    says: str


def passed(items: Sequence[Item]) -> bool:
    """Whether nothing failed; warnings do not count."""
    return all(item.state != "fail" for item in items)


def refuse_failed(items: Sequence[Item], what: str) -> None:
    """Refuse to begin when a check failed.

    Parameters
    ----------
    items : sequence of Item
        Of the check.
    what : str
        What shall begin, for the error.

    Raises
    ------
    PlanError
        With all that failed, and what to change.
    """
    faults = [f"{item.name}: {item.says}" for item in items if item.state == "fail"]
    if faults:
        raise PlanError(f"{what} was not begun: {'; '.join(faults)}")
