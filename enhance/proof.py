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
        That it was evaluated on. Slides that the model names as its own are not held out; nor, if it is of this set,
        are those of its test sites that other sites are of too: with few slides a set is divided within them.
    now : datetime
        In UTC.
    """
    trained = checkpoint.data_sha256 == data.card.data_sha256
    known = {site.slide for site in data.sites if trained and site.split != evaluation.split}
    slides = {site.slide for site in data.sites if site.id in evaluation.counted} - known - set(checkpoint.slides)
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
