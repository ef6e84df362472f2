"""Scores of one site: every method's picture of it against what is known of it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.bitdepth import as_bytes
from enhance.classical.method import Method
from enhance.evaluation import SiteScores
from enhance.judged.bench import make_bench
from enhance.lamp import reference_of, truth_of
from enhance.metrics import Mask, Score, score
from enhance.tissue import tissue_of
from enhance.trainingset import Site, TrainingSet
from enhance.validation import trimmed

LABEL, EXPOSURE = "label", "one_100x_exposure"

Picture = NDArray[Any]


def score_site(
    data: TrainingSet, site: Site, panel: Sequence[Method], *, border_px: int, frames: bool = False
) -> SiteScores:
    """Score all methods, and what the stronger objective saw itself, at one site.

    Parameters
    ----------
    data : TrainingSet
        With the site.
    site : Site
        Which.
    panel : sequence of Method
        What to score.
    border_px : int
        Output pixels that are left out at each side.
    frames : bool
        Whether to compare with the registered frame even where the truth is known.

    Raises
    ------
    PairsError
        When a picture is missing or damaged.
    """
    known = data.has(site, "truth") and not frames
    reference = trimmed(data.picture(site, "high") if frames else reference_of(data, site), border_px)
    tissue = tissue_of(reference, data.card)
    bench = make_bench(reference, tissue, data.card)
    pictures = {name: trimmed(picture, border_px) for name, picture in _pictures(data, site, panel, known=known)}
    return SiteScores(
        against="truth" if known else "registered_100x",
        tissue_fraction=float(tissue.mean()),
        methods={name: bench.mark(picture) for name, picture in pictures.items()},
        methods_other=_other(data, site, pictures, tissue, border_px) if known else {},
    )


def _pictures(data: TrainingSet, site: Site, panel: Sequence[Method], *, known: bool) -> Iterator[tuple[str, Picture]]:
    """Give each method's picture in bytes; what the stronger objective saw only beside a truth."""
    low = np.array(data.picture(site, "low"))
    for method in panel:
        yield method.name, as_bytes(method.enlarge(low))
    if known:
        exposed = data.has(site, "exposure")
        if data.card.label == "fused" or not exposed:  # of one plane the label is that exposure
            yield LABEL, data.picture(site, "high")
        if exposed:
            yield EXPOSURE, data.picture(site, "exposure")


def _other(
    data: TrainingSet, site: Site, pictures: dict[str, Picture], tissue: Mask, border_px: int
) -> dict[str, Score]:
    if not data.has(site, "other"):
        return {}
    truth, white = trimmed(truth_of(data, site, "other"), border_px), data.card.white_level
    return {name: score(picture, truth, tissue, data_range=white) for name, picture in pictures.items()}
