"""The errors of this package, and what the threads report instead of raising.

ViewerError                 root: catch this to catch all of them; raised itself when the camera stopped in a timed run
├── MissingExtraError       a package of the extra `gui` is not installed
├── DisplayError            Qt cannot open a window here
└── SnapshotError           a picture cannot be written
"""

from dataclasses import dataclass


class ViewerError(Exception):
    """Root of all errors that this package raises."""


class MissingExtraError(ViewerError):
    """Raised when a package of the extra `gui` is not installed; it says what to install."""


class DisplayError(ViewerError):
    """Raised when there is no display, or Qt's system libraries are missing; it says what to do."""


class SnapshotError(ViewerError):
    """Raised when a snapshot or screenshot cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong in one of the threads.

    Parameters
    ----------
    where : {'camera', 'correction', 'network', 'display'}
    error : Exception
        As it was raised.
    """

    where: str
    error: Exception

    def __str__(self) -> str:
        said = str(self.error) or type(self.error).__name__
        return f"{self.where}: {said}"
