"""The best linear filter: what least squares makes of the training sites without any network."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from enhance.baselines import Image, rounded
from enhance.bitdepth import Levels, levels
from enhance.classical.method import Method
from enhance.classical.normal import MOST_PERIODS, NormalEquations
from enhance.classical.taps import TAPS, Taps
from enhance.classical.trial import Trial
from enhance.errors import PairsError
from enhance.tissue import tissue_of
from enhance.trainingset import Site, TrainingSet

RIDGES = tuple(10.0**power for power in range(-10, -2))
STRIPE = 32
"""Rows of periods that are filtered at once: 16 MB of windows for a field of 512 columns."""

Filters = NDArray[np.float32]


def fit_linear_filter(data: TrainingSet, trial: Trial) -> Method:
    """Fit one filter for each output phase and colour on the training sites, inside tissue.

    Parameters
    ----------
    data : TrainingSet
        With training sites.
    trial : Trial
        Decides the ridge.

    Raises
    ------
    PairsError
        When no training site shows tissue, or only so near its edge that taps would lie outside.
    """
    taps = Taps(ratio=data.card.ratio)
    sites = data.of("train")
    equations = NormalEquations.none(taps)
    for site in sites:
        equations = _with_site(equations, data, site, MOST_PERIODS // len(sites))
    if not equations.periods:
        raise PairsError(
            f"the linear filter is to be fitted on the training sites of {data.folder} and none of them shows tissue: "
            "capture sites with tissue"
        )
    filters = {ridge: equations.solved(ridge).astype(np.float32) for ridge in RIDGES}
    ridge = max(RIDGES, key=lambda ridge: trial.psnr_db(filtered(low, taps, filters[ridge]) for low in trial.lows))
    return linear_filter(taps, filters[ridge], ridge=ridge, periods=equations.periods, sites=len(sites))


def linear_filter(taps: Taps, filters: Filters, *, ridge: float, periods: int, sites: int) -> Method:
    """Return the method of fitted filters, shape (3, span², p²)."""
    return Method(
        name="linear_filter",
        enlarge=partial(_restored, taps=taps, filters=filters),
        says=(
            f"{TAPS}×{TAPS} taps for each of {filters.shape[-1]} phases and 3 colours, least squares on {periods} "
            f"periods of {sites} training sites, ridge {ridge:.0e}"
        ),
        parameters={"taps": TAPS, "phases": filters.shape[-1], "ridge": ridge, "periods": periods},
    )


def filtered(image: Image | Levels, taps: Taps, filters: Filters) -> NDArray[np.float32]:
    """Filter a picture of any size, neither rounded nor clipped, shape (⌈p rows / q⌉, ⌈p columns / q⌉, 3)."""
    p, q = taps.ratio
    rows, columns = (-(-p * length // q) for length in image.shape[:2])
    padded = taps.padded(image)
    planes = [_filtered_plane(taps.windows(padded[..., colour]), filters[colour], p) for colour in range(3)]
    return np.stack([plane[:rows, :columns] for plane in planes], axis=-1)


def _filtered_plane(windows: NDArray[np.floating], filters: Filters, p: int) -> NDArray[np.float32]:
    down, across = windows.shape[:2]
    plane = np.empty((down, p, across, p), np.float32)
    for top in range(0, down, STRIPE):
        part = windows[top : top + STRIPE]
        blocks = part.reshape(part.shape[0] * across, -1) @ filters
        plane[top : top + STRIPE] = blocks.reshape(part.shape[0], across, p, p).transpose(0, 2, 1, 3)
    return plane.reshape(down * p, across * p)


def _restored(image: Image, *, taps: Taps, filters: Filters) -> Image:
    return rounded(filtered(image, taps, filters), image.dtype)


def _with_site(equations: NormalEquations, data: TrainingSet, site: Site, most: int) -> NormalEquations:
    low, high = levels(data.picture(site, "low")), np.array(data.picture(site, "high"))
    return equations.with_site(low, high, tissue_of(high, data.card), most)
