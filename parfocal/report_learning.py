"""What a report tells of training and evaluation: the curve, crops through every method, scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parfocal.report_capture import Picture

Kind = Literal["fused", "plane"]

BICUBIC = "bicubic"
NETWORK = "network"
SELF_FED = "network_self_fed"
EXPOSURE = "one_100x_exposure"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingCurve:
    """How training went.

    Parameters
    ----------
    steps, loss : ndarray, shape (n,)
        Loss of the training batches.
    validation_steps, validation_psnr_db : ndarray, shape (m,)
        Validation as often as it was done.
    bicubic_psnr_db : float
        What bicubic interpolation scores on the same validation patches.
    recipe : str
        Name of the recipe.
    parameters, patches : int
        Of the network, and in the training set.
    seconds : float
        Spent training.
    """

    steps: NDArray[np.float64]
    loss: NDArray[np.float64]
    validation_steps: NDArray[np.float64]
    validation_psnr_db: NDArray[np.float64]
    bicubic_psnr_db: float
    recipe: str
    parameters: int
    patches: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crop:
    """One small area of a test site through every method.

    Parameters
    ----------
    site : str
        A test site.
    low : Picture
        The raw low-power pixels; shown as they are, enlarged by repetition.
    bicubic, network, label : Picture
        On the finer grid, all of one size; `label` is what a high-power capture gives there.
    truth : Picture, optional
        The noise-free picture of the label's kind.
    width_um : float
        What all of them show from edge to edge.
    """

    site: str
    low: Picture
    bicubic: Picture
    network: Picture
    label: Picture
    width_um: float
    truth: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """PSNR in dB and SSIM inside the tissue, and over the whole frame."""

    psnr_db: float
    ssim: float
    whole_psnr_db: float
    whole_ssim: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of whole test sites against one kind of truth.

    Parameters
    ----------
    against : {'fused', 'plane'}
        The kind of truth.
    of_label_kind : bool
        Whether the training labels were of this kind.
    sites : mapping of str to mapping of str to Score
        By site, then by method; ``bicubic`` and ``network`` are always among the methods.
    """

    against: Kind
    of_label_kind: bool
    sites: Mapping[str, Mapping[str, Score]]

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods, in the order of the first site."""
        return tuple(next(iter(self.sites.values())))

    def mean(self, method: str) -> Score:
        """Mean over the sites."""
        rows = [methods[method] for methods in self.sites.values()]
        return Score(
            psnr_db=float(np.mean([row.psnr_db for row in rows])),
            ssim=float(np.mean([row.ssim for row in rows])),
            whole_psnr_db=float(np.mean([row.whole_psnr_db for row in rows])),
            whole_ssim=float(np.mean([row.whole_ssim for row in rows])),
        )
