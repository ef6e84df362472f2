"""What the page of ``parfocal evaluate`` tells: crops and scores of the test sites."""

from datetime import UTC, datetime
from pathlib import Path

from enhance.engine import Engine
from enhance.evaluation import Evaluation
from enhance.trainingset import open_training_set
from parfocal.learning_story import crops, score_tables
from parfocal.report_story import Optics, Story

LIMITS = (
    "Scores hold for slides like these, taken on this rig; they say nothing of another stain or stand.",
    "The network fills in what is likely. A structure that only the enhanced picture shows is a hypothesis.",
)


def tell_evaluation(evaluation: Evaluation, engine: Engine, pairs: Path) -> Story:
    """Tell how a model scored.

    Parameters
    ----------
    evaluation : Evaluation
        From `enhance.evaluate.evaluate`.
    engine : Engine
        With the model.
    pairs : Path
        The training set whose test sites were scored.
    """
    card = open_training_set(pairs).card
    low, high = (f"{lens.magnification:g}×" for lens in (card.optics.low, card.optics.high))
    return Story(
        title="How well does it enhance?",
        subtitle=f"Model {engine.checkpoint.weights_sha256[:12]} on the {evaluation.split} sites of {pairs.name}.",
        simulated=card.simulated,
        facts={
            "Made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "Model": engine.checkpoint.statement,
            "Sites": f"{len(evaluation.sites)}, {evaluation.split}",
        },
        optics=Optics(
            low=low,
            high=high,
            low_label=low,
            high_label=high,
            low_pixel_um=card.pixel_um.low,
            high_pixel_um=card.pixel_um.high,
        ),
        limits=(*LIMITS, *evaluation.remarks),
        crops=crops(pairs, engine, evaluation, pixel_um=card.pixel_um.low),
        scores=score_tables(evaluation),
    )
