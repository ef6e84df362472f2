"""Evaluation: a model and the classical enlargements against the truth, site by site, inside the tissue."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.baselines import BASELINES
from enhance.engine import Engine
from enhance.errors import CheckpointError, PairsError
from enhance.evaluation import Evaluation, SiteScores, write_evaluation
from enhance.metrics import Mask, Score, score, tissue_mask
from enhance.trainingset import Card, Site, Split, TrainingSet, open_training_set
from enhance.validation import mean_score, trimmed

LEAST_TISSUE = 0.5
"""A site counts in the means when at least this much of it is tissue; empty glass flatters every method."""
Picture = NDArray[Any]
Scores = dict[str, Score]


def evaluate(
    engine: Engine,
    pairs_dir: Path,
    *,
    split: Split = "test",
    out: Path | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Evaluation:
    """Score a model beside nearest, bicubic, Lanczos and unsharp, and beside the pictures of the 100× themselves.

    Parameters
    ----------
    engine : Engine
        With the model.
    pairs_dir : Path
        What `parfocal pairs` wrote.
    split : {'test', 'validation', 'train'}
        Which sites.
    out : Path, optional
        Folder for ``evaluation.json`` and ``evaluation.csv``.
    progress : callable, optional
        Called with sites done, sites in all, and the id of the site just done.

    Returns
    -------
    Evaluation
        Methods: those of `enhance.baselines`, ``network``, ``network_self_fed`` (two passes), and where truth is known
        ``one_100x_exposure`` (one noisy plane, registered) and ``label`` (what the network was trained towards).

    Raises
    ------
    PairsError
        When the training set is missing or damaged, or the split has no sites.
    CheckpointError
        When the model enlarges by another ratio than the pairs.
    """
    data = open_training_set(pairs_dir)
    sites = data.of(split)
    _check(engine, data, sites, split)
    architecture = engine.checkpoint.architecture
    border_px = architecture.enlarged(architecture.context_px)
    scores: dict[str, SiteScores] = {}
    for done, site in enumerate(sites, start=1):
        scores[site.id] = _score_site(engine, data, site, border_px)
        if progress is not None:
            progress(done, len(sites), site.id)
    evaluation = _summary(engine, data.card, split, border_px, scores)
    if out is not None:
        write_evaluation(evaluation, out)
    return evaluation


def _check(engine: Engine, data: TrainingSet, sites: tuple[Site, ...], split: str) -> None:
    if not sites:
        raise PairsError(f"{data.folder} has no accepted {split} sites: capture more slides, or evaluate another split")
    (p, q), (rows, columns) = engine.checkpoint.ratio, data.card.ratio
    if (p, q) != (rows, columns):
        raise CheckpointError(
            f"the model enlarges by {p}/{q} and the pairs have the ratio {rows}/{columns}: take a model trained on "
            "pairs of these two objectives"
        )


def _score_site(engine: Engine, data: TrainingSet, site: Site, border_px: int) -> SiteScores:
    known = data.has(site, "truth")
    reference = trimmed(data.picture(site, "truth" if known else "high"), border_px)
    tissue = tissue_mask(
        reference,
        pixel_um=data.card.pixel_um.high,
        white_level=data.card.white_level,
        corrected=data.card.corrected,
    )
    pictures = {name: trimmed(picture, border_px) for name, picture in _pictures(engine, data, site, known=known)}
    white = data.card.white_level
    other = trimmed(data.picture(site, "other"), border_px) if data.has(site, "other") else None
    return SiteScores(
        against="truth" if known else "registered_100x",
        tissue_fraction=float(tissue.mean()),
        methods=_scores(pictures, reference, tissue, white),
        methods_other={} if other is None else _scores(pictures, other, tissue, white),
    )


def _pictures(engine: Engine, data: TrainingSet, site: Site, *, known: bool) -> Iterator[tuple[str, Picture]]:
    """Give each method's picture of a site; what the 100× saw only where there is a truth to compare it with."""
    low = np.array(data.picture(site, "low"))
    for name, enlarge in BASELINES.items():
        yield name, enlarge(low, data.card.ratio)
    for name, passes in (("network", 1), ("network_self_fed", 2)):
        yield name, engine.enhance(low, passes=passes, white_level=data.card.white_level)
    if known:
        yield "label", data.picture(site, "high")
        if data.has(site, "exposure"):
            yield "one_100x_exposure", data.picture(site, "exposure")


def _scores(pictures: Mapping[str, Picture], truth: Picture, tissue: Mask, white: float) -> Scores:
    return {name: score(picture, truth, tissue, data_range=white) for name, picture in pictures.items()}


def _summary(engine: Engine, card: Card, split: str, border_px: int, sites: Mapping[str, SiteScores]) -> Evaluation:
    dense = [site for site in sites.values() if site.tissue_fraction >= LEAST_TISSUE]
    counted = dense or list(sites.values())
    return Evaluation(
        split=split,
        label=card.label,
        border_px=border_px,
        white_level=card.white_level,
        methods=_means([site.methods for site in counted]),
        methods_other=_means([site.methods_other for site in counted]),
        sites=sites,
        remarks=tuple(_remarks(engine, card, counted=len(dense), of=len(sites))),
    )


def _remarks(engine: Engine, card: Card, *, counted: int, of: int) -> Iterator[str]:
    yield f"the model was {engine.checkpoint.statement}"
    if card.simulated:
        yield "the pictures scored here are simulated: these scores are statements about the simulation"
    if not counted:
        yield "no site is at least half tissue, so the means are over all sites and empty glass flatters every method"
    elif counted < of:
        yield f"{of - counted} of {of} sites are less than half tissue and stand only in the table of sites"
    if engine.checkpoint.corrected != card.corrected:
        yield "the model and the pairs differ in whether pixels are flat-field corrected: its score suffers from that"


def _means(sites: list[Mapping[str, Score]]) -> Scores:
    """Average each method over the sites that have it."""
    names = dict.fromkeys(name for site in sites for name in site)
    return {name: mean_score([site[name] for site in sites if name in site]) for name in names}
