"""The errors of this package.

AcquireError                root: catch this to catch all of them
├── MicroscopeError         the microscope did not do what it was told
│   ├── LimitError          a target is outside the soft limits or margins; nothing has moved
│   ├── InterlockError      the nosepiece may not turn, or did not turn to the objective asked for
│   │   └── RefusedError    it was not even tried: nothing has moved, and no motion has failed
│   │       ├── LatchedError    a motion failed before, and nobody has cleared the latch
│   │       └── WetSlideError   a dry lens may not come over a slide that lies under oil
│   ├── HaltedError         a person halted all axes
│   ├── DeviceError         a device raised, or did not come to rest in time
│   │   └── MisplacedError  a frame was taken elsewhere than meant; no motion failed
│   └── CameraError         the camera gave no frame, or one of the wrong shape
│       └── HangingError    the camera did not come back; its core is lost
├── SlideLostError          the pictures show another place than they should: the slide was moved too far, or changed
├── BrokenOffError          an autofocus or a question was left: a person wishes to pause or stop, or did not answer
├── SuspendedError          the capture waits for a person, or for a condition that did not pass in time
├── PixelError              camera bytes that cannot be made RGB
├── PlanError               the plan file is missing, unreadable or cannot be carried out on this rig
├── StateError              what is known of a rig could not be put on disk, so the act was not begun
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


class RefusedError(InterlockError):
    """Raised before anything moves: as things stand, what was asked for is not safe."""


class LatchedError(RefusedError):
    """Raised before anything moves: after a failed motion no lens comes nearer until a person clears the latch."""


class WetSlideError(RefusedError):
    """Raised before anything moves, when a dry lens would come over a slide that counts as wet."""


class HaltedError(MicroscopeError):
    """Raised by everything that waits or would move once a person has halted all axes; the lens stays where it is."""


class DeviceError(MicroscopeError):
    """Raised when a device reports an error or does not come to rest at its target in time."""


class MisplacedError(DeviceError):
    """Raised when a frame was taken elsewhere than it was meant: somebody moved the stage; no motion failed."""


class CameraError(MicroscopeError):
    """Raised when the camera delivers no frame, or not the frame it announced."""


class HangingError(CameraError):
    """Raised when the camera has not come back in time; nothing more may be asked of its core."""


class SlideLostError(AcquireError):
    """Raised when pictures show that the slide lies elsewhere than it should, or is another one; a person is needed."""


class BrokenOffError(AcquireError):
    """Raised between the planes of an autofocus when a person wishes to pause or stop, and where a question stays open.

    Nothing is wrong. Who was asked for oil and did not answer may have put it on: that is not to be taken for a no.
    """


class SuspendedError(AcquireError):
    """Raised when a capture can only go on once a person has seen to it; what is stored is stored."""


class PixelError(AcquireError):
    """Raised when camera bytes cannot be turned into RGB."""


class PlanError(AcquireError):
    """Raised when a plan file is missing, unreadable, or cannot be carried out on this rig."""


class StateError(AcquireError):
    """Raised before an act when its record, which must be on disk first, could not be written."""


class StoreError(AcquireError):
    """Raised when a run folder is missing, damaged, or belongs to another plan."""


class MissingExtraError(AcquireError):
    """Raised when a package of an extra is not installed; it says which extra to install."""
