"""Where a picture of a training set shows tissue."""

from enhance.metrics import Mask, Picture, tissue_mask
from enhance.trainingset import Card


def tissue_of(picture: Picture, card: Card) -> Mask:
    """Find tissue as `enhance.metrics.tissue_mask` does.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns, 3)
        On the grid of the labels.
    card : Card
        Of the training set, which says how large its pixels are and how bright glass is.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
    """
    return tissue_mask(picture, pixel_um=card.pixel_um.high, white_level=card.white_level, corrected=card.corrected)
