"""Proof: the evidence that an evaluation of held-out sites amounts to."""

from datetime import datetime

from enhance.checkpoint import Checkpoint
from enhance.evaluation import BICUBIC, NETWORK, Evaluation
from enhance.evidence import Evidence, Grade
from enhance.judged.marks import Marks
from enhance.trainingset import TrainingSet


def evidence_of(evaluation: Evaluation, checkpoint: Checkpoint, data: TrainingSet, now: datetime) -> Evidence:
    """Draw the evidence from an evaluation of held-out sites.

    Parameters
    ----------
    evaluation : Evaluation
        Of the test split.
    checkpoint : Checkpoint
        The model.
    data : TrainingSet
        That it was evaluated on.
    now : datetime
        In UTC.
    """
    slides = {site.slide for site in data.sites if site.id in evaluation.counted}
    against = {evaluation.sites[name].against for name in evaluation.counted}
    return Evidence(
        date=now.isoformat(timespec="seconds"),
        slides=tuple(sorted(slides)),
        rigs=data.card.rigs,
        simulated=data.card.simulated,
        sites=len(evaluation.counted),
        against=" and ".join(sorted(against)),
        network=_grade(evaluation.methods[NETWORK]),
        bicubic=_grade(evaluation.methods[BICUBIC]),
        pairs_sha256=data.card.data_sha256,
        weights_sha256=checkpoint.weights_sha256,
    )


def _grade(marks: Marks) -> Grade:
    return Grade(psnr_db=marks.psnr_db, ssim=marks.ssim)
