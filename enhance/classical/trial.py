"""Trial: what a parameter is tuned by, the error inside tissue on the middles of validation sites."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.bitdepth import Levels, levels
from enhance.validation import Example, Validation, trimmed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """Pieces of sites with their labels, and what a set of pictures made of them scores.

    Parameters
    ----------
    validation : Validation
        The pieces.
    """

    validation: Validation

    @property
    def lows(self) -> list[Levels]:
        """Low-resolution pictures in levels, in the order in which `psnr_db` takes what was made of them."""
        return [levels(example.low) for example in self.validation.examples]

    def psnr_db(self, pictures: Iterable[NDArray[Any]]) -> float:
        """Mean PSNR of enlarged pictures against the labels, inside tissue; values may lie between whole levels."""
        errors = [
            _squared_error(picture, example)
            for picture, example in zip(pictures, self.validation.examples, strict=True)
        ]
        return float(np.mean(10 * np.log10(self.validation.white_level**2 / np.maximum(errors, np.finfo(float).tiny))))

    @property
    def examples(self) -> tuple[Example, ...]:
        """The pieces."""
        return self.validation.examples


def _squared_error(picture: NDArray[Any], example: Example) -> float:
    border = example.border_px
    inner = picture[border : picture.shape[0] - border, border : picture.shape[1] - border].astype(np.float32)
    return float(np.square(inner - trimmed(example.label, border))[example.tissue].mean(dtype=np.float64))
