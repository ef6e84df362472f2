"""What a person wishes of a running capture: go on, pause, stop, or halt everything now; from any thread."""

import time
from collections.abc import Callable
from threading import RLock
from typing import Literal, Protocol

from acquire.errors import AcquireError, BrokenOffError, HaltedError

Wish = Literal["go", "pause", "stop", "emergency"]
STRENGTH = ("go", "pause", "stop", "emergency")
POLL_S = 0.05
"""Longest step of `Control.wait`, so that every wish is heard well within the 200 ms that are promised."""

SAYS = {
    "go": "capturing",
    "pause": "pausing after this site",
    "stop": "stopping after this site",
    "emergency": "emergency stop: all axes were halted",
}


class Halts(Protocol):
    """Whatever can halt its axes: a microscope."""

    def stop(self) -> None:
        """Halt all axes at once, from any thread."""
        ...


class Control:
    """The wishes of a person for one capture; the strongest one holds.

    The window and the signal handlers of the command line write, the capture loop and everything that waits inside it
    read. No call here waits for the loop, and none touches the microscope but `emergency`, which halts it from the
    thread it is called in.

    * `pause` holds before the next site until `resume`; `stop` ends the run there, tidily: the same command goes on
      later. During an autofocus, which is before a site's pictures, both are obeyed at the next plane: see
      `between_planes`.
    * `emergency` halts all axes at once; everything that waits raises `HaltedError` at its next look (motion every
      50 ms at the latest). The lens stays where it stands: retracting is a command of its own.

    Examples
    --------
    >>> control = Control()
    >>> control.pause()
    >>> control.wish, control.goes
    ('pause', False)
    >>> control.resume()
    >>> control.goes
    True
    """

    def __init__(self) -> None:
        self._lock = RLock()  # a signal handler may come in while its own thread holds it
        self._wish: Wish = "go"
        self._trouble = ""

    @property
    def wish(self) -> Wish:
        """The strongest wish not yet taken back."""
        return self._wish

    @property
    def goes(self) -> bool:
        """Whether nobody wishes anything but to go on."""
        return self._wish == "go"

    @property
    def says(self) -> str:
        """The wish in words, for window and command line."""
        return SAYS[self._wish] + (f", but {self._trouble}" if self._trouble else "")

    def pause(self) -> None:
        """Hold after the site that is being captured, until `resume`; a stronger wish stays."""
        self._strengthen("pause")

    def stop(self) -> None:
        """End the run after the site that is being captured; cannot be taken back, nor weakened."""
        self._strengthen("stop")

    def resume(self) -> None:
        """Take a pause back; stop and emergency stay, for the loop may be leaving already."""
        with self._lock:
            if self._wish == "pause":
                self._wish = "go"

    def emergency(self, microscope: Halts) -> None:
        """Halt all axes now, from this thread, and let all that waits raise `HaltedError`.

        Parameters
        ----------
        microscope : Halts
            Its `stop` is called every time this is called: halting twice does no harm.

        Raises
        ------
        AcquireError
            What `stop` raised, when an axis could not be halted; the others were, and the run ends all the same.
        """
        self._strengthen("emergency")  # first, so that the loop lets nothing else go
        try:
            microscope.stop()
        except AcquireError as error:
            self._trouble = str(error)
            raise

    def stopped(self) -> bool:
        """Whether all motion is to cease: what `acquire.motion.Patience.stopped` asks while a device moves."""
        return self._wish == "emergency"

    def check(self) -> None:
        """Raise after an emergency stop; ask it before every call that moves or exposes.

        Raises
        ------
        HaltedError
            After `emergency`.
        """
        if self.stopped():
            trouble = f" ({self._trouble})" if self._trouble else ""
            raise HaltedError(
                f"the axes were halted by hand{trouble}: look at lens and slide, retract if need be, and give the same "
                "command to go on"
            )

    def between_planes(self) -> None:
        """Ask between the planes of an autofocus: there every wish is obeyed at once, for no picture is lost.

        Raises
        ------
        HaltedError
            After `emergency`.
        BrokenOffError
            When somebody wishes to pause or stop; the site's autofocus is done anew when the run goes on.
        """
        self.check()
        if not self.goes:
            raise BrokenOffError(
                f"the capture was broken off to {self._wish} before the next site's pictures: what comes before them "
                "is done anew when it goes on"
            )

    def wait(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> bool:
        """Wait, but no longer than until the wish changes.

        Parameters
        ----------
        seconds : float
            How long at most.
        clock, sleep : callable
            Seconds; virtual in tests.

        Returns
        -------
        bool
            Whether the whole time went by with the wish unchanged.
        """
        until, wish = clock() + seconds, self._wish
        while self._wish == wish:
            left_s = until - clock()
            if left_s <= 0:
                return True
            sleep(min(left_s, POLL_S))
        return False

    def _strengthen(self, wish: Wish) -> None:
        with self._lock:
            if STRENGTH.index(wish) > STRENGTH.index(self._wish):
                self._wish = wish
