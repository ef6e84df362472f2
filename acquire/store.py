"""SEAM 2: where a run's focal stacks are kept and found again."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from acquire.frame import Frame, Position


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """One focal stack as it lies in a run: one site, one objective, one or more planes.

    Parameters
    ----------
    site, objective : str
        Which visit it came from.
    pixels : ndarray of uint8 or uint16, shape (planes, rows, columns, 3)
        Raw; R first.
    z_um : tuple of float
        Z of each plane as read back.
    position : Position
        Of the first plane, as read back.
    exposure_ms, black_level, white_level : float
        As in `Frame`.
    simulated : bool
        Whether the pixels were rendered.
    """

    site: str
    objective: str
    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    z_um: tuple[float, ...]
    position: Position
    exposure_ms: float
    black_level: float
    white_level: float
    simulated: bool


class Store(Protocol):
    """A run being captured or read.

    The pair (site, objective) is the unit of resume: there whole, with the hash that the journal gives, or not at all.
    """

    def has(self, site: str, objective: str) -> bool:
        """Whether the stack is there, whole and journalled."""
        ...

    def write(
        self, site: str, objective: str, planes: list[Frame], *, partner: str | None = None, flag: str = ""
    ) -> None:
        """Store a stack; returns when it is on disk under its final name and journalled.

        Parameters
        ----------
        site, objective : str
            Which visit it came from.
        planes : list of Frame
            Of one size, in order.
        partner : str, optional
            Name of the site whose first-objective stack shows this field; the site itself when not given.
        flag : str
            What is wrong with it, where it is kept all the same.

        Raises
        ------
        StoreError
            When the stack is there already, or the disk refuses.
        """
        ...

    def read(self, site: str, objective: str) -> Stack:
        """Read a stack back.

        Raises
        ------
        StoreError
            When it is not there or does not match its hash.
        """
        ...

    def sites(self) -> list[str]:
        """Names of all sites with at least one stack, in order."""
        ...

    def partner(self, site: str, objective: str) -> str:
        """Name of the site whose first-objective stack shows the same field: as written, else the site itself."""
        ...
