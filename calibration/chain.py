"""Where each of many overlapping pictures lies, from the shifts between neighbours: least squares over all links."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from calibration.displace import Shift
from calibration.errors import MeasurementError


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What was measured between two pictures: the content of `other` lies `shift` from where it lay in `one`."""

    one: int
    other: int
    shift: Shift


def picture_places(count: int, links: Sequence[Link]) -> NDArray[np.float64]:
    """Lay the content of all pictures out against the first.

    Parameters
    ----------
    count : int
        Of pictures.
    links : sequence of Link
        Closed chains are best: the errors of single links then spread.

    Returns
    -------
    ndarray, shape (count, 2)
        Shift (dx, dy) of the content against picture 0, in pixels; nan for pictures that no chain joins to it.

    Raises
    ------
    MeasurementError
        When a link names a picture that is none of these.
    """
    ends = np.array([(link.one, link.other) for link in links], dtype=int).reshape(-1, 2)
    if ends.size and not (ends.min() >= 0 and ends.max() < count):
        raise MeasurementError(f"links name picture {ends.max()} and there are {count}: number them from 0")
    shifts = np.array([(link.shift.dx, link.shift.dy) for link in links], dtype=np.float64).reshape(-1, 2)
    joined = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, labels = connected_components(joined, directed=False)
    known = labels == labels[0]
    rows = np.arange(len(ends))
    design = np.zeros((len(ends), count))
    design[rows, ends[:, 0]], design[rows, ends[:, 1]] = -1, 1
    places = np.linalg.lstsq(design[:, 1:], shifts, rcond=None)[0] if len(ends) else np.zeros((count - 1, 2))
    laid: NDArray[np.float64] = np.vstack([np.zeros((1, 2)), places])
    laid[~known] = np.nan
    return laid
