"""Verdict: what speaks against believing an enhanced picture, in numbers and in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.checkpoint import Checkpoint
from enhance.engine import Image
from enhance.novelty import novel_fraction
from enhance.trust.consistency import DOUBTFUL_CELL, Consistency, consistency
from enhance.trust.familiar import from_dict
from enhance.trust.judgement import NOVEL_SHARE, Judgement, judge

OLD_MODEL = "the model is of an earlier version, which knows its training pictures by five ranges only: train again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """What speaks against a picture.

    Parameters
    ----------
    novel_fraction : float or None
        Share of its tiles that are like nothing in the training; None when the model does not know.
    novel : bool or None
        Whether the picture as a whole is.
    reasons : tuple of str
        Why it is.
    agreement : Consistency or None
        Whether the enhanced picture gives the input back; None when the model does not say through which lenses.
    """

    novel_fraction: float | None
    novel: bool | None
    reasons: tuple[str, ...]
    agreement: Consistency | None

    def notes(self) -> Iterator[str]:
        """Say what is bad; nothing when nothing is."""
        if self.novel and self.novel_fraction is not None:
            why = f": {'; '.join(self.reasons)}" if self.reasons else ""
            where = f"in {self.novel_fraction:.0%} of its tiles" if self.novel_fraction > NOVEL_SHARE else "as a whole"
            yield f"UNLIKE THE TRAINING {where}{why}; do not trust what was added"
        if self.agreement is not None and self.agreement.doubtful:
            yield (
                f"the enhanced picture does not agree with its input: imaged again through the weaker objective it is "
                f"off by {self.agreement.score:.1f} times what noise explains, and in "
                f"{self.agreement.doubtful_fraction:.0%} of the field by more than {DOUBTFUL_CELL:g}"
            )


def verdict(
    image: Image,
    enhanced: Image | None,
    checkpoint: Checkpoint,
    *,
    white_level: float,
    noise: NDArray[Any] | None = None,
) -> Verdict:
    """Judge an input and what a model made of it.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (rows, columns, 3)
        As the network took it.
    enhanced : ndarray or None
        What it gave; None where that has another size than one pass gives.
    checkpoint : Checkpoint
        The model.
    white_level : float
        Pixel value of saturation.
    noise : ndarray, shape (3,), optional
        As in `enhance.trust.consistency.consistency`.
    """
    judged = judgement_of(image, checkpoint, white_level=white_level)
    share = judged.fraction if judged else novel_fraction(image, checkpoint.ranges, white_level=white_level)
    agreement = (
        enhanced if enhanced is None else consistency(image, enhanced, checkpoint, white_level=white_level, noise=noise)
    )
    return Verdict(
        novel_fraction=share,
        novel=judged.novel if judged else (None if share is None else share > NOVEL_SHARE),
        reasons=judged.reasons if judged else (),
        agreement=agreement,
    )


def judgement_of(image: NDArray[Any], checkpoint: Checkpoint, *, white_level: float) -> Judgement | None:
    """Judge a picture by what a model keeps of its training; None for a model of an earlier version."""
    familiar = from_dict(checkpoint.familiar)
    return None if familiar is None else judge(image, familiar, white_level=white_level)


def model_notes(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Say what cannot be told with this model."""
    return () if checkpoint.familiar or not checkpoint.ranges else (OLD_MODEL,)


def mean_of(values: list[float | None]) -> float | None:
    """Mean of those that are known; None when none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
