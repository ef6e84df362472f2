"""Method: something that enlarges a picture, with the parameters it was given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from enhance.baselines import Image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Method:
    """One way to the enlarged picture.

    Parameters
    ----------
    name : str
        By which tables know it.
    enlarge : callable
        Takes the low-resolution picture, uint8 or uint16 of shape (rows, columns, 3), and gives one of the same dtype
        and of shape (⌈p rows / q⌉, ⌈p columns / q⌉, 3).
    says : str
        Its parameters and how they were found, for people.
    parameters : mapping of str to number or str
        The same for scripts.
    """

    name: str
    enlarge: Callable[[Image], Image]
    says: str = ""
    parameters: Mapping[str, float | str] = field(default_factory=dict)
