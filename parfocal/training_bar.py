"""A running training on a progress bar: loss, and how far validation is above bicubic."""

from enhance.progress import Progress
from parfocal.bars import Step

PERCENT = 100


class TrainingBar:
    """Takes the progress of a training and shows it.

    Parameters
    ----------
    step : callable
        Of a bar from `parfocal.bars.bar`.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        self._validation = ""

    def __call__(self, progress: Progress) -> None:
        """Take where training stands."""
        if progress.validation is not None:
            gain = progress.validation["psnr_db"] - progress.bicubic["psnr_db"]
            self._validation = f", validation {gain:+.2f} dB over bicubic, SSIM {progress.validation['ssim']:.4f}"
        done = round(PERCENT * progress.fraction)
        self._step(done, PERCENT, f"step {progress.step}, loss {progress.loss:.4f}{self._validation}")
