"""The errors of this package.

AcquireError                root: catch this to catch all of them
├── MicroscopeError         the microscope did not do what it was told
│   ├── LimitError          a target is outside the soft limits or margins; nothing has moved
│   ├── InterlockError      the nosepiece may not turn, or did not turn to the objective asked for
│   ├── DeviceError         a device raised, or did not come to rest in time
│   └── CameraError         the camera gave no frame, or one of the wrong shape
│       └── HangingError    the camera did not come back; its core is lost
├── PixelError              camera bytes that cannot be made RGB
├── PlanError               the plan file is missing, unreadable or cannot be carried out on this rig
├── StoreError              a run folder is missing, damaged or belongs to another plan
└── MissingExtraError       a package of an extra is not installed
"""


class AcquireError(Exception):
    """Root of all errors that this package raises."""


class MicroscopeError(AcquireError):
    """Root of what can go wrong at the microscope."""


class LimitError(MicroscopeError):
    """Raised before anything moves, when a target lies outside the soft limits or margins."""


class InterlockError(MicroscopeError):
    """Raised when the nosepiece may not turn, or did not arrive; Z stays where it was retracted to."""


class DeviceError(MicroscopeError):
    """Raised when a device reports an error or does not come to rest at its target in time."""


class CameraError(MicroscopeError):
    """Raised when the camera delivers no frame, or not the frame it announced."""


class HangingError(CameraError):
    """Raised when the camera has not come back in time; nothing more may be asked of its core."""


class PixelError(AcquireError):
    """Raised when camera bytes cannot be turned into RGB."""


class PlanError(AcquireError):
    """Raised when a plan file is missing, unreadable, or cannot be carried out on this rig."""


class StoreError(AcquireError):
    """Raised when a run folder is missing, damaged, or belongs to another plan."""


class MissingExtraError(AcquireError):
    """Raised when a package of an extra is not installed; it says which extra to install."""
