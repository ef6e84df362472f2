"""The errors of this package.

ViewerError                 root: catch this to catch all of them
├── MissingExtraError       a package of the extra `gui` is not installed
├── DisplayError            Qt cannot open a window here
└── SnapshotError           a picture cannot be written
"""


class ViewerError(Exception):
    """Root of all errors that this package raises."""


class MissingExtraError(ViewerError):
    """Raised when a package of the extra `gui` is not installed; it says what to install."""


class DisplayError(ViewerError):
    """Raised when there is no display, or Qt's system libraries are missing; it says what to do."""


class SnapshotError(ViewerError):
    """Raised when a snapshot or screenshot cannot be written."""
