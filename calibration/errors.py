"""The errors of this package.

CalibrationError            root: catch this to catch all of them
├── RigError                the rig file is missing, unreadable or contradicts itself
├── MeasurementError        the arrays do not allow the measurement (too dark, no texture, too few points)
└── RecordError             a calibration file is missing, damaged, stale or of another rig
"""


class CalibrationError(Exception):
    """Root of all errors that this package raises."""


class RigError(CalibrationError):
    """Raised when a rig file is missing, unreadable, incomplete or contradicts itself."""


class MeasurementError(CalibrationError):
    """Raised when the arrays given do not allow the measurement; it says what is missing in them."""


class RecordError(CalibrationError):
    """Raised when a calibration file is missing, damaged, stale or belongs to another rig."""
