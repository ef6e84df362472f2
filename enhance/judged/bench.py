"""Bench: one site's truth, with all that is computed of it once, on which every method's picture is marked."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from enhance.judged.bands import band_correlation
from enhance.judged.colour import delta_e
from enhance.judged.density import DensityView, Spectra, density_view
from enhance.judged.marks import Marks
from enhance.judged.rings import resolution_um
from enhance.judged.tiles import worst_decile_db
from enhance.metrics import Mask, score
from enhance.trainingset import Card

Picture = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """What pictures of one site are compared with.

    Parameters
    ----------
    truth : ndarray, shape (rows, columns, 3)
        Without the border that is left out.
    tissue : ndarray of bool, shape (rows, columns)
        Where scores count.
    card : Card
        White level, pixel size and optics.
    view : DensityView
        How spectra are taken.
    spectra : ndarray
        Of the truth.
    """

    truth: Picture
    tissue: Mask
    card: Card
    view: DensityView
    spectra: Spectra

    def mark(self, picture: Picture) -> Marks:
        """Compare a picture of the truth's shape with it."""
        card, white = self.card, self.card.white_level
        plain = score(picture, self.truth, self.tissue, data_range=white)
        seen = self.view.spectra(picture)
        colour, whole_colour = (
            delta_e(picture, self.truth, where, white_level=white, corrected=card.corrected)
            for where in (self.tissue, self.tissue | True)
        )
        return Marks(
            **plain.as_dict(),
            frc_um=resolution_um(seen, self.spectra, self.view),
            delta_e=colour,
            whole_delta_e=whole_colour,
            worst_decile_db=worst_decile_db(picture, self.truth, self.tissue, data_range=white),
            correlation=band_correlation(seen, self.spectra, self.view, card.optics),
        )


def make_bench(truth: Picture, tissue: Mask, card: Card) -> Bench:
    """Prepare the comparison with one truth."""
    view = density_view(tissue, white_level=card.white_level, pixel_um=card.pixel_um.high)
    return Bench(truth=truth, tissue=tissue, card=card, view=view, spectra=view.spectra(truth))
