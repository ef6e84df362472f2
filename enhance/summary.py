"""Summary: means, spreads and paired tests over the sites, and what a person should know of them."""

from collections.abc import Iterator, Mapping, Sequence

from enhance.classical.method import Method
from enhance.engine import Engine
from enhance.evaluation import Evaluation, SiteScores
from enhance.judged.marks import Marks, mean_marks, spread
from enhance.judged.paired import compare_all, least_chance
from enhance.metrics import Score
from enhance.trainingset import Card, Split, TrainingSet
from enhance.validation import mean_score

LEAST_TISSUE = 0.5
"""A site counts in the means when at least this much of it is tissue; empty glass flatters every method."""
USUAL_CHANCE = 0.05
"""Below this p a difference is customarily held to be no accident."""


def summary(
    engine: Engine,
    data: TrainingSet,
    split: Split,
    border_px: int,
    sites: Mapping[str, SiteScores],
    panel: tuple[Method, ...],
) -> Evaluation:
    """Draw the scores of all sites together.

    Parameters
    ----------
    engine : Engine
        With the model that the evaluation is about.
    data : TrainingSet
        Whose sites they are.
    split : {'test', 'validation', 'train'}
        Which of them.
    border_px : int
        Output pixels that were left out at each side.
    sites : mapping of str to SiteScores
        By id.
    panel : tuple of Method
        What was scored.
    """
    dense = [name for name, site in sites.items() if site.tissue_fraction >= LEAST_TISSUE]
    counted = tuple(dense or sites)
    marks = [sites[name].methods for name in counted]
    return Evaluation(
        split=split,
        label=data.card.label,
        border_px=border_px,
        white_level=data.card.white_level,
        methods={name: mean_marks(each) for name, each in _by_method(marks).items()},
        spread={name: spread(each) for name, each in _by_method(marks).items()},
        paired=compare_all(marks),
        methods_other=_means([sites[name].methods_other for name in counted]),
        sites=sites,
        counted=counted,
        panel=panel,
        remarks=(*_about(engine, data.card), *_about_sites(len(dense), len(sites)), *_about_tuning(data, split)),
    )


def _by_method(sites: Sequence[Mapping[str, Marks]]) -> dict[str, list[Marks]]:
    names = dict.fromkeys(name for site in sites for name in site)
    return {name: [site[name] for site in sites if name in site] for name in names}


def _means(sites: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    """Average each method over the sites that have it."""
    names = dict.fromkeys(name for site in sites for name in site)
    return {name: mean_score([site[name] for site in sites if name in site]) for name in names}


def _about(engine: Engine, card: Card) -> Iterator[str]:
    yield f"the model was {engine.checkpoint.statement}"
    if card.simulated:
        yield "the pictures scored here are simulated: these scores are statements about the simulation"
    if engine.checkpoint.corrected != card.corrected:
        yield "the model and the pairs differ in whether pixels are flat-field corrected: its score suffers from that"


def _about_sites(dense: int, of: int) -> Iterator[str]:
    if not dense:
        yield "no site is at least half tissue, so the means are over all sites and empty glass flatters every method"
    elif dense < of:
        yield f"{of - dense} of {of} sites are less than half tissue and stand only in the table of sites"
    least = least_chance(dense or of)
    if least > USUAL_CHANCE:
        yield f"with {dense or of} sites no paired test can give a p below {least:.2g}: read how many sites were won"


def _about_tuning(data: TrainingSet, split: Split) -> Iterator[str]:
    if not data.of("train"):
        yield "without training sites nothing could be tuned: unsharp, Wiener, Richardson–Lucy, linear filter left out"
    elif not data.of("validation"):
        yield "without validation sites the classical methods were tuned on training sites"
    if split != "test":
        yield f"these are {split} sites: methods were fitted or chosen on them, so the scores flatter"
