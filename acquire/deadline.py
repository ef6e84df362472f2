"""Calls that must come back in time: a camera that hangs shall not take the program with it."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

POLL_S = 0.02


class DeadlineError(Exception):
    """Raised when a call has not come back in time; it may still be running, in a thread of its own."""


def within(seconds: float, call: Callable[[], Any], *, clock: Callable[[], float] = time.monotonic) -> Any:
    """Make a call in a thread of its own and wait for it, but not for ever.

    Parameters
    ----------
    seconds : float
        How long it may take.
    call : callable
        Without arguments.
    clock : callable
        Seconds; virtual in tests.

    Returns
    -------
    object
        What the call returned.

    Raises
    ------
    DeadlineError
        When it has not come back; what it returns later is lost.
    Exception
        What the call raised.
    """
    answer: list[Any] = []
    failure: list[BaseException] = []
    done = Event()

    def run() -> None:
        try:
            answer.append(call())
        except BaseException as error:  # it is raised again where it was asked for
            failure.append(error)
        finally:
            done.set()

    until = clock() + seconds
    Thread(target=run, name="deadline", daemon=True).start()
    while not done.wait(POLL_S):
        if clock() > until:
            raise DeadlineError(f"no answer within {seconds:g} s")
    if failure:
        raise failure[0]
    return answer[0]
