"""Calls to a core that fail in a way nobody foresaw still end in an error of this package, with its cause."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from acquire.errors import AcquireError, DeviceError
from calibration.errors import CalibrationError

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def answered(call: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Make a call raise `DeviceError` where the core under it raised what is no error of ours.

    A core that has died, or a connection that broke, may show at any call, reading a name among them.
    """

    @wraps(call)
    def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
        try:
            return call(*arguments, **named)
        except (AcquireError, CalibrationError):
            raise
        except Exception as error:
            raise DeviceError(
                f"the microscope's core failed ({error}): restart Micro-Manager, then connect again"
            ) from error

    return guarded
