"""What a capture does about each class of error: retry, skip the site, suspend or abort; a table in the plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from acquire.errors import (
    CameraError,
    DeviceError,
    HangingError,
    InterlockError,
    LimitError,
    MisplacedError,
    PlanError,
    SlideLostError,
    StateError,
    StoreError,
)
from calibration.errors import MeasurementError

Action = Literal["retry", "skip", "suspend", "abort"]
Ladder = tuple[Action, ...]
ACTIONS: tuple[Action, ...] = get_args(Action)
LATCHING: tuple[Action, ...] = ("suspend", "abort")
"""All that is left after a failed motion: Z may not move nearer before a person has looked (FIELD 3, row 1)."""
PATIENT: Ladder = ("retry", "retry", "suspend")
"""What the one word `retry` stands for: two more tries, as FIELD 3 asks for frames and moves."""
SKIPS_IN_A_ROW = 5
"""So many sites skipped one after the other are no accident of a site: the next one suspends instead."""

CLASSES: Mapping[str, type[Exception]] = MappingProxyType(
    {
        "camera_hangs": HangingError,
        "camera": CameraError,
        "limits": LimitError,
        "turret": InterlockError,
        "misplaced": MisplacedError,
        "motion": DeviceError,
        "slide": SlideLostError,
        "state": StateError,
        "store": StoreError,
        "picture": MeasurementError,
    }
)
"""Words of the plan file, each class after those derived from it; every other error aborts."""

DEFAULTS: Mapping[str, Ladder] = MappingProxyType(
    {
        "camera_hangs": ("abort",),
        "camera": PATIENT,
        "limits": ("skip",),
        "turret": ("suspend",),
        "misplaced": PATIENT,
        "motion": ("suspend",),
        "slide": ("suspend",),
        "state": ("suspend",),
        "store": ("suspend",),
        "picture": ("retry", "skip"),
    }
)
ALLOWED: Mapping[str, tuple[tuple[Action, ...], str]] = MappingProxyType(
    {
        "camera_hangs": (("abort",), "its core is lost with the call that never came back"),
        "turret": (LATCHING, "Z may not move nearer after a failed motion until a person has looked"),
        "motion": (LATCHING, "Z may not move nearer after a failed motion until a person has looked"),
        "slide": (LATCHING, "where the other sites lie is not known either"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The table of one run: for each class of error the actions to take, one after the other.

    Parameters
    ----------
    ladders : mapping of class to tuple of Action
        What is taken at the first failure of a site, at the second, and so on; the last holds for all after it.
        Classes that are not named take `DEFAULTS`.

    Raises
    ------
    PlanError
        When a class or an action is not known, or an action cannot be taken safely.

    Examples
    --------
    >>> policies = Policies(ladders={"camera": ("retry", "skip")})
    >>> policies.of(CameraError("no frame")), policies.of(CameraError("no frame"), failures=1)
    ('retry', 'skip')
    """

    ladders: Mapping[str, Ladder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, ladder in self.ladders.items():
            _check(name, ladder)

    def of(self, error: Exception, *, failures: int = 0, skipped: int = 0, latched: bool = False) -> Action:
        """Return what is to be done about an error.

        Parameters
        ----------
        error : Exception
            What ended a step of a site.
        failures : int
            How often this site has failed before for the same class of error.
        skipped : int
            How many sites before this one were skipped one after the other.
        latched : bool
            Whether the rig's latch is set: then a site can neither be tried again nor left for the next one.

        Returns
        -------
        Action
            ``abort`` for errors that are in no class: a plan or a program is wrong, and trying again will not help.
        """
        name = class_of(error)
        ladder: Ladder = ("abort",) if name is None else self.ladders.get(name, DEFAULTS[name])
        action = ladder[min(failures, len(ladder) - 1)]
        if action == "skip" and skipped >= SKIPS_IN_A_ROW:
            return "suspend"
        return "suspend" if latched and action not in LATCHING else action

    def document(self) -> dict[str, list[str]]:
        """Return the table as a plan file holds it; `parse_policies` of it gives the same."""
        return {name: list(ladder) for name, ladder in self.ladders.items()}

    def rows(self) -> Iterator[tuple[str, str, Ladder]]:
        """Yield the whole table, defaults included: the class in the plan's word, its error's name, its actions."""
        for name, error in CLASSES.items():
            yield name, error.__name__, self.ladders.get(name, DEFAULTS[name])


def class_of(error: Exception) -> str | None:
    """Return the plan's word for the class of an error, or None where there is no policy for it."""
    return next((name for name, kind in CLASSES.items() if isinstance(error, kind)), None)


def parse_policies(document: Any, *, name: str = "plan") -> Policies:
    """Read ``policies`` of a plan file: class of error to one action, or to a list of them.

    Parameters
    ----------
    document : mapping or None
        ``retry`` alone stands for `PATIENT`, any other word alone for itself.
    name : str
        Of the plan, for errors.

    Raises
    ------
    PlanError
        Naming the key that does not fit, and what does.
    """
    if document is None:
        return Policies()
    if not isinstance(document, Mapping):
        raise PlanError(f"plan {name}: policies is {document!r}: give a mapping such as camera: [retry, skip]")
    try:
        return Policies(ladders={str(key): _ladder(value) for key, value in document.items()})
    except PlanError as error:
        raise PlanError(f"plan {name}: {error}") from error


def _ladder(value: Any) -> Ladder:
    if value == "retry":
        return PATIENT
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _check(name: str, ladder: Ladder) -> None:
    if name not in CLASSES:
        raise PlanError(f"policies.{name} is no class of error: choose from {list(CLASSES)}")
    allowed, why = ALLOWED.get(name, (ACTIONS, ""))
    unfit = [action for action in ladder if action not in allowed]
    if unfit or not ladder:
        reason = f" because {why}" if why else ""
        raise PlanError(f"policies.{name} is {list(ladder)}: give {' or '.join(allowed)}{reason}")
    if ladder[-1] == "retry":
        raise PlanError(
            f"policies.{name} ends with retry and would try for ever: add what comes then, {' or '.join(ACTIONS[1:])}"
        )
