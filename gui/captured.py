"""Captured: the newest picture of a running capture, handed to the viewer as a camera hands on its frames; no Qt."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from acquire.frame import Frame
from gui.mailbox import Mailbox


class Place(Protocol):
    """All that the viewer must know of a visit."""

    @property
    def site(self) -> str:
        """Name of the place."""
        ...

    @property
    def objective(self) -> str:
        """Name in the rig file."""
        ...


class Captured:
    """Stands between the capture, which never waits for it, and the viewer, which sees the newest stack's middle plane.

    Also stands in for the microscope where all axes are to be halted: the capture opens that in a thread of its own.

    Examples
    --------
    >>> captured = Captured()
    >>> captured.stop(), captured.latest(), captured.place
    (None, None, '')
    """

    def __init__(self) -> None:
        self._frames: Mailbox[Frame] = Mailbox()
        self._halt: Callable[[], None] | None = None
        self._newest: Frame | None = None
        self._place = ""

    def seen(self, visit: Place, planes: Sequence[Frame]) -> None:
        """Take the middle plane of a stack; returns at once.

        Parameters
        ----------
        visit : Place
            Where it was taken.
        planes : sequence of Frame
            At least one.
        """
        self._newest = planes[len(planes) // 2]
        self._place = f"site {visit.site} with {visit.objective}"
        self._frames.put(self._newest)

    def latest(self) -> Frame | None:
        """Return the newest picture not yet returned, or None; never waits."""
        return self._frames.take()

    @property
    def newest(self) -> Frame | None:
        """The newest picture of all, whoever has taken it; None before the first stack."""
        return self._newest

    @property
    def place(self) -> str:
        """Where the newest stack was taken, in words; empty before the first."""
        return self._place

    def opened(self, halt: Callable[[], None]) -> None:
        """Take note of how the axes are halted, once there is a microscope."""
        self._halt = halt

    def stop(self) -> None:
        """Halt all axes, from any thread; before there is a microscope nothing moves."""
        if self._halt is not None:
            self._halt()

    @contextmanager
    def source(self) -> Iterator["Captured"]:
        """Be the camera of a `gui.stream.Stream`."""
        yield self
