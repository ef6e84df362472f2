"""Evaluation: a model and its rivals against the truth, site by site, inside the tissue."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from enhance.baselines import BASELINES
from enhance.classical.method import Method
from enhance.classical.panel import TUNED, can_tune, classical_panel, network_method
from enhance.engine import Engine
from enhance.errors import CheckpointError, PairsError
from enhance.evaluation import NETWORK, Evaluation, write_evaluation
from enhance.sitescores import EXPOSURE, LABEL, score_site
from enhance.summary import summary
from enhance.trainingset import Split, TrainingSet, open_training_set

SELF_FED = "network_self_fed"
TAKEN = frozenset({*BASELINES, *TUNED, NETWORK, SELF_FED, LABEL, EXPOSURE})
"""Names that no rival can have: its scores would stand in place of theirs, or theirs in place of its own."""

Against = Literal["truth", "frames"]
Progress = Callable[[int, int, str], None]


def evaluate(
    engine: Engine,
    pairs_dir: Path,
    *,
    split: Split = "test",
    rivals: Mapping[str, Engine] | None = None,
    against: Against = "truth",
    out: Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Score a model beside classical methods, other networks, and the pictures of the 100× themselves.

    Parameters
    ----------
    engine : Engine
        With the model.
    pairs_dir : Path
        What `parfocal pairs` wrote.
    split : {'test', 'validation', 'train'}
        Which sites.
    rivals : mapping of str to Engine, optional
        Other networks by the names they shall have in the tables.
    against : {'truth', 'frames'}
        What pictures are compared with: the noise-free truth where it is known, else the registered 100× frames; or
        these at every site.
    out : Path, optional
        Folder for ``evaluation.json`` and ``evaluation.csv``.
    progress : callable, optional
        Called with steps done, steps in all, and what is being done: a method tuned, a site scored.

    Returns
    -------
    Evaluation
        Methods: those of `enhance.classical.panel`, the rivals, ``network``, ``network_self_fed`` (two passes), and
        where truth is known ``one_100x_exposure`` (one noisy plane, registered) and ``label`` (what the network was
        trained towards).

    Raises
    ------
    PairsError
        When the training set is missing or damaged, the split has no sites, no training site shows tissue, or a rival
        has the name of another method.
    CheckpointError
        When a model enlarges by another ratio than the pairs.
    """
    data = open_training_set(pairs_dir)
    rivals = rivals or {}
    _check(engine, rivals, data, split)
    steps = _Steps(progress, (len(TUNED) if can_tune(data) else 0) + len(data.of(split)))
    architecture = engine.checkpoint.architecture
    border_px = architecture.enlarged(architecture.context_px)
    classical = classical_panel(data, border_px=border_px, progress=lambda name: steps.begin(f"tuning {name}"))
    panel = (*classical, *_networks(engine, rivals))
    sites = {}
    for site in data.of(split):
        steps.begin(site.id)
        sites[site.id] = score_site(data, site, panel, border_px=border_px, frames=against == "frames")
    steps.end()
    evaluation = summary(engine, data, split, border_px, sites, panel)
    if out is not None:
        write_evaluation(evaluation, out)
    return evaluation


class _Steps:
    """Counts what was begun, so that a bar can say what is being done."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._begun = progress, total, 0

    def begin(self, says: str) -> None:
        self._tell(self._begun, says)
        self._begun += 1

    def end(self) -> None:
        self._tell(self._total, "")

    def _tell(self, done: int, says: str) -> None:
        if self._progress is not None:
            self._progress(done, self._total, says)


def _networks(engine: Engine, rivals: Mapping[str, Engine]) -> tuple[Method, ...]:
    others = tuple(network_method(name, rival) for name, rival in rivals.items())
    once, twice = (network_method(name, engine, passes=passes) for name, passes in ((NETWORK, 1), (SELF_FED, 2)))
    return (*others, once, twice)


def _check(engine: Engine, rivals: Mapping[str, Engine], data: TrainingSet, split: Split) -> None:
    if not data.of(split):
        raise PairsError(f"{data.folder} has no accepted {split} sites: capture more slides, or evaluate another split")
    taken = sorted(TAKEN & rivals.keys())
    if taken:
        raise PairsError(f"the rival {taken[0]} has the name of another method in the table: give it another name")
    rows, columns = data.card.ratio
    for name, each in {NETWORK: engine, **rivals}.items():
        p, q = each.checkpoint.ratio
        if (p, q) != (rows, columns):
            raise CheckpointError(
                f"the model {name} enlarges by {p}/{q} and the pairs have the ratio {rows}/{columns}: take a model "
                "trained on pairs of these two objectives"
            )
