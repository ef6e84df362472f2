"""Progress: where a training stands after a step, for whoever shows it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where training stands after a step.

    Parameters
    ----------
    step : int
        Steps taken.
    fraction : float
        Of the budget, 0 to 1.
    loss : float
        Of this step.
    seconds : float
        Since the start, time of earlier runs included.
    validation : mapping of str to float, or None
        ``psnr_db`` and ``ssim`` of the network, after the steps at which it is scored.
    bicubic : mapping of str to float
        The same of the bicubic enlargement of the same pictures.
    """

    step: int
    fraction: float
    loss: float
    seconds: float
    validation: Mapping[str, float] | None
    bicubic: Mapping[str, float]
