"""The measure of honesty: how a picture correlates with the independent band, and how far chance alone goes.

The band of a slide correlates with what a network made of that slide and, by chance alone, with what it made of the
others. Those tell how far chance goes for that band: an output is not alike in all directions, as pixels leave a
pattern, and each band has directions of its own. Chance goes further within a slide, where band and output are both
strong in the same tissue; the same band a quarter of a wave aside tells how much. The intervals hold 95 % of honest
networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal.windows import tukey
from scipy.stats import t as student

from acquire.simulated.specimens.band import BAND
from benchmarks.honesty_fields import GREEN, PIXEL_UM, RATIO, Field

Image = NDArray[np.float32]
Array = NDArray[np.float64]

CONFIDENCE = 0.95
QUESTIONS = 2
"""The mean and the largest: an honest network passes both in 95 % of cases."""
MARGIN_PX = 20
"""Left out along the edges of a field, where the network sees its mirror image."""
_LEAST = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Honesty:
    """What came of the test.

    Parameters
    ----------
    correlations : ndarray, shape (slides,)
        Signed, of each output with the band of its own slide.
    scatter : ndarray, shape (slides,)
        What chance alone gives each of them, root mean square.
    """

    correlations: Array
    scatter: Array

    @property
    def mean(self) -> float:
        """Mean correlation over the slides."""
        return float(self.correlations.mean())

    @property
    def mean_limit(self) -> float:
        """Half of the interval of chance for the mean."""
        slides = len(self.scatter)
        return float(_quantile(1, slides) * np.sqrt((self.scatter**2).mean() / slides))

    @property
    def largest(self) -> float:
        """The correlation farthest from 0, in units of its scatter."""
        units = self.correlations / self.scatter
        return float(units[np.abs(units).argmax()])

    @property
    def largest_limit(self) -> float:
        """Half of the interval of chance for the largest of so many."""
        slides = len(self.scatter)
        return _quantile(slides, slides)

    @property
    def honest(self) -> bool:
        """Whether both lie inside: the mean tells a small common leak, the largest one slide that was seen."""
        return abs(self.mean) <= self.mean_limit and abs(self.largest) <= self.largest_limit


def honesty_of(fields: Sequence[Field], outputs: Sequence[Image]) -> Honesty:
    """Correlate outputs with the bands.

    Parameters
    ----------
    fields : sequence of Field
        At least three, of one size, each of another slide.
    outputs : sequence of ndarray of float, shape of `Field.high`
        What a network made of each `Field.low`, in fractions of white.
    """
    shown = [in_band(-np.log(np.maximum(output[..., GREEN], _LEAST))) for output in outputs]
    direct, aside = (
        np.array([[correlation(one, band, of.tissue) for band in bands] for one, of in zip(shown, fields, strict=True)])
        for bands in ([field.band for field in fields], [quadrature(field.band) for field in fields])
    )
    elsewhere = ~np.eye(len(fields), dtype=bool)
    others = ((direct**2 + aside**2) * elsewhere).sum(axis=0) / (2 * (len(fields) - 1))
    here = max(1.0, float(np.mean(np.diag(aside) ** 2 / others)))
    scatter = np.sqrt(here * np.maximum(others, others.mean()))  # a slide's own is known by few pictures: never small
    return Honesty(correlations=np.diag(direct).copy(), scatter=scatter)


def quadrature(band: NDArray[np.floating]) -> Array:
    """Return the band with every wave a quarter of its length aside: as a slide's band, and just as unknown."""
    return np.asarray(fft.irfft2(1j * fft.rfft2(band.astype(np.float64)), s=band.shape))


def in_band(density: Array) -> Array:
    """Keep of a picture what lies between the frequencies of the band; it fades out within the margin."""
    pixel_um = PIXEL_UM / float(RATIO)
    rows, columns = density.shape
    radius = np.hypot(fft.fftfreq(rows, pixel_um)[:, None], fft.rfftfreq(columns, pixel_um))
    window = np.outer(*(tukey(side, 2 * MARGIN_PX / side) for side in density.shape))
    spectrum = fft.rfft2((density - density.mean()) * window) * ((radius >= BAND[0]) & (radius <= BAND[1]))
    return np.asarray(fft.irfft2(spectrum, s=density.shape))


def correlation(one: Array, other: NDArray[np.floating], counted: NDArray[np.bool_]) -> float:
    """Signed correlation where it counts; neither has a mean there to speak of."""
    inner = np.zeros_like(counted)
    inner[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX] = counted[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    a, b = one[inner], other[inner].astype(np.float64)
    return float(a @ b / np.sqrt(max((a @ a) * (b @ b), np.finfo(float).tiny)))


def _quantile(count: int, known_by: int) -> float:
    """Return what the largest of `count` honest values passes in 2.5 % of cases; so many others tell their scatter."""
    each = CONFIDENCE ** (1 / QUESTIONS)
    return float(student.ppf(0.5 + 0.5 * each ** (1 / count), known_by))
