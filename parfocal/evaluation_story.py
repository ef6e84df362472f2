"""What the page of ``parfocal evaluate`` tells, as values: rows of its tables, crops, charts, and what to beware of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from enhance.engine import Engine
from enhance.evaluation import Evaluation
from enhance.trainingset import Card, Site, TrainingSet, open_training_set
from parfocal.evaluation_charts import bands_chart, sites_by_gain, sites_chart
from parfocal.evaluation_crops import Look, look

LIMITS = (
    "Scores hold for slides like these, taken on this rig; they say nothing of another stain or stand.",
    "The network fills in what is likely. A structure that only the enhanced picture shows is a hypothesis.",
    "Every classical method was tuned for PSNR on validation sites of the same training set, never on these sites.",
)
FRAMES = (
    "The registered frames hold noise of their own: no method can reach them, and a resolution against them is a lower "
    "bound."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluationStory:
    """What one page of scores tells.

    Parameters
    ----------
    evaluation : Evaluation
        The scores.
    simulated : bool
        Whether the pictures were rendered; the page then says so at the top and at every figure.
    subtitle : str
        The sentence under the headline.
    low, high : str
        The objectives as the reader knows them: ``40×``.
    against : str
        What pictures were compared with, in words.
    facts : mapping of str to str
        Date, model and data, in the order to be shown.
    limits : tuple of str
        What this does not show, one sentence each.
    looks : tuple of Look
        Crops through every method.
    sites_svg, bands_svg : str
        Charts as SVG; empty to leave them out.
    """

    evaluation: Evaluation
    simulated: bool
    subtitle: str
    low: str
    high: str
    against: str
    facts: Mapping[str, str]
    limits: tuple[str, ...]
    looks: tuple[Look, ...] = field(default=())
    sites_svg: str = ""
    bands_svg: str = ""


def tell_evaluation(evaluation: Evaluation, engine: Engine, pairs: Path) -> EvaluationStory:
    """Tell how a model scored.

    Parameters
    ----------
    evaluation : Evaluation
        From `enhance.evaluate.evaluate`.
    engine : Engine
        With the model.
    pairs : Path
        The training set whose sites were scored.
    """
    data = open_training_set(pairs)
    low, high = (f"{lens.magnification:g}×" for lens in (data.card.optics.low, data.card.optics.high))
    frames = any(site.against != "truth" for site in evaluation.sites.values())
    return EvaluationStory(
        evaluation=evaluation,
        simulated=data.card.simulated,
        subtitle=f"Model {engine.checkpoint.weights_sha256[:12]} on the {evaluation.split} sites of {pairs.name}.",
        low=low,
        high=high,
        against=_against(evaluation, high, frames=frames),
        facts=_facts(evaluation, engine, data.card),
        limits=(*LIMITS, *((FRAMES,) if frames else ()), *map(_sentence, evaluation.remarks)),
        looks=_looks(evaluation, data, low, high),
        sites_svg=sites_chart(evaluation, high),
        bands_svg=bands_chart(evaluation, low, high),
    )


def _looks(evaluation: Evaluation, data: TrainingSet, low: str, high: str) -> tuple[Look, ...]:
    """Show a typical site and the worst one, which may be the same."""
    order = [site for site in sites_by_gain(evaluation) if site in evaluation.counted]
    by_id = {site.id: site for site in data.sites}
    chosen: dict[str, Site] = {"A typical site": by_id[order[(len(order) - 1) // 2]]}
    if len(order) > 1:
        chosen["The site where the network gains least"] = by_id[order[-1]]
    return tuple(look(title, data, site, evaluation.panel, low=low, high=high) for title, site in chosen.items())


def _against(evaluation: Evaluation, high: str, *, frames: bool) -> str:
    kind = "the fused stack" if evaluation.label == "fused" else "the plane in focus"
    if frames:
        return f"the registered {high} frames, {kind}, noise and all"
    return f"the noise-free {high} picture of the label's kind, {kind}"


def _facts(evaluation: Evaluation, engine: Engine, card: Card) -> dict[str, str]:
    checkpoint = engine.checkpoint
    return {
        "Made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Model": f"{checkpoint.statement}, recipe {checkpoint.recipe}, {checkpoint.steps} steps",
        "Weights": checkpoint.weights_sha256,
        "Pairs": card.data_sha256,
        "Sites": f"{len(evaluation.sites)}, {evaluation.split}; {len(evaluation.counted)} of them in the means",
        "Data range": f"{evaluation.white_level:g}, border of {evaluation.border_px} output pixels left out",
    }


def _sentence(remark: str) -> str:
    return f"{remark[:1].upper()}{remark[1:]}."
