"""The errors of this package.

EnhanceError                root: catch this to catch all of them
├── ImageError              a picture that cannot be read or has the wrong kind of pixels
├── StackError              a focal stack that cannot be fused
├── PairsError              a training set that is missing, damaged or empty
├── TrainingError           training cannot start or go on
├── CheckpointError         a model that is missing, damaged or does not fit
└── ExportError             a model that cannot be written for other tools
"""


class EnhanceError(Exception):
    """Root of all errors that this package raises."""


class ImageError(EnhanceError):
    """Raised when a picture cannot be read, or its pixels are not what the network takes."""


class StackError(EnhanceError):
    """Raised when a focal stack cannot be fused: too few planes, or planes of different size."""


class PairsError(EnhanceError):
    """Raised when a training set is missing, damaged or empty."""


class TrainingError(EnhanceError):
    """Raised when training cannot start, or diverged."""


class CheckpointError(EnhanceError):
    """Raised when a model is missing, damaged, or does not fit what it is asked to do."""


class ExportError(EnhanceError):
    """Raised when a model cannot be written for other tools: a package is missing, or the file would not agree."""
