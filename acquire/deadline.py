"""Calls that must come back in time: a camera that hangs shall not take the program with it."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

POLL_S = 0.02


class DeadlineError(Exception):
    """Raised when a call has not come back in time; it may still be running, in a thread of its own."""


class LeftError(Exception):
    """Raised when a person halted everything while a call was waited for; it still runs, and comes back by itself.

    Parameters
    ----------
    errand : Errand
        The call: wait for it before the next one of its kind.
    """

    def __init__(self, errand: "Errand") -> None:
        super().__init__("left while it was running")
        self.errand = errand


def never() -> bool:
    """Answer for nobody: there is no one who could halt a call or a motion."""
    return False


class Errand:
    """One call, made at once in a thread of its own.

    Parameters
    ----------
    call : callable
        Without arguments.
    """

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._answer: Any = None
        self._failure: BaseException | None = None
        self._done = Event()
        Thread(target=self._run, name="deadline", daemon=True).start()

    def wait(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        stopped: Callable[[], bool] = never,
    ) -> Any:
        """Wait for it, but not for ever.

        Parameters
        ----------
        seconds : float
            How long it may take from now on.
        clock : callable
            Seconds; virtual in tests.
        stopped : callable
            Whether a person has halted everything; asked every 20 ms.

        Returns
        -------
        object
            What the call returned.

        Raises
        ------
        DeadlineError
            When it has not come back; what it returns later is lost.
        LeftError
            When a person halted everything meanwhile.
        Exception
            What the call raised.
        """
        until = clock() + seconds
        while not self._done.wait(POLL_S):
            if stopped():
                raise LeftError(self)
            if clock() > until:
                raise DeadlineError(f"no answer within {seconds:g} s")
        if self._failure is not None:
            raise self._failure
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._call()
        except BaseException as error:  # it is raised again where it was asked for
            self._failure = error
        finally:
            self._done.set()


def within(
    seconds: float,
    call: Callable[[], Any],
    *,
    clock: Callable[[], float] = time.monotonic,
    stopped: Callable[[], bool] = never,
) -> Any:
    """Make a call in a thread of its own and wait for it; parameters, result and errors as in `Errand`."""
    return Errand(call).wait(seconds, clock=clock, stopped=stopped)
