"""Training: from a PAIRS folder to a model folder, stoppable and resumable at every step.

Every step draws its batch from the seed and its own number, so a run that was broken off and started again takes the
same steps as one that was not. With a budget in minutes the learning rate follows the clock, and two runs differ.
Started by torchrun, all processes take each step together; only the first one writes.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from enhance.architecture import KINDS, Kind
from enhance.checkpoint import Checkpoint
from enhance.errors import TrainingError
from enhance.interrupt import deferred_interrupt
from enhance.memory import keep_freed_memory
from enhance.optimisation import check_device
from enhance.progress import Progress
from enhance.recipes import Budget, Recipe, recipe_named
from enhance.trainingrun import TrainingRun
from enhance.trainingset import open_training_set
from enhance.world import World, joined_world

VALIDATE_EVERY = 50
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """What training came to.

    Parameters
    ----------
    model : Path
        Folder of the best model, by SSIM on the validation sites.
    steps : int
        Steps taken in all.
    seconds : float
        Time taken in all.
    validation, bicubic : mapping of str to float
        ``psnr_db`` and ``ssim`` of that model and of the bicubic enlargement, against the labels, in tissue.
    better_than_bicubic : bool
        In both.
    finished : bool
        Whether the budget was used up, or the patience; the same command goes on otherwise.
    leads : bool
        Whether this process is the one that wrote it all, of those that torchrun started.
    remarks : tuple of str
        What a person should know.
    """

    model: Path
    steps: int
    seconds: float
    validation: Mapping[str, float]
    bicubic: Mapping[str, float]
    better_than_bicubic: bool
    finished: bool
    leads: bool
    remarks: tuple[str, ...]


def train(
    pairs_dir: Path,
    out: Path,
    *,
    recipe: Recipe | str = "fast",
    network: Kind = "rivenson",
    steps: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    resume: bool = True,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    validate_every: int = VALIDATE_EVERY,
    patience: int | None = None,
    parts: int | None = None,
    curves: Path | None = None,
    warn: Callable[[str], None] | None = None,
    device: str = "cpu",
    begin: Checkpoint | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> TrainResult:
    """Train a network on registered pairs and keep the best one.

    Parameters
    ----------
    pairs_dir : Path
        What `parfocal pairs` wrote.
    out : Path
        Model folder. It also holds ``history.csv`` (one row a step) and ``training.safetensors`` (to go on from).
    recipe : Recipe or str
        How.
    network : {'rivenson', 'srcnn', 'espcn', 'edsr'}
        What: the network of `enhance.network`, or a rival of `enhance.rivals` to compare it with.
    steps, minutes : optional
        Budget; whichever is used up first. The recipe's number of steps when neither is given.
    seed : int
        Of weights and batches.
    resume : bool
        Go on from the state in `out` if there is one; otherwise start again and write over it.
    progress : callable, optional
        Called after every step.
    stop : callable, optional
        Asked before every step; true ends the run with its state saved. Ctrl-C and SIGTERM do the same.
    validate_every : int
        Steps between validations; the state is saved as often.
    patience : int, optional
        Validations without a better SSIM after which training ends early. None by default: the score still rises while
        the rate falls over the last part of the budget, however long it stood still before.
    parts : int, optional
        In how many parts each batch is computed; as many as there are processes when not given. Trainings with equally
        many parts come out alike, whatever the number of processes; with another number their rounding differs, and
        the recipe `fast` lets rounding grow: single weights differ by some 0.002 after 20 steps.
    curves : Path, optional
        Folder that ``tensorboard --logdir`` reads.
    warn : callable, optional
        Called at once with what a person should know before training ends, as a sentence.
    device : str
        As torch names it; ``cuda`` is a card of its own for each process of torchrun.
    begin : Checkpoint, optional
        A model whose weights the network has at first, instead of random ones.
    clock : callable
        Seconds that only rise.

    Returns
    -------
    TrainResult
        `finished` is false after a stop; the same call then goes on, bit by bit the same when the budget is in steps.

    Raises
    ------
    PairsError
        When the training set is missing, damaged or empty.
    TrainingError
        When `out` holds another training, there is no such network or device, no budget, the model to begin with is of
        another network, the loss is no longer a number, or another process of this training ended.
    """
    _check(network, device, out)
    keep_freed_memory()
    chosen = recipe_named(recipe, network) if isinstance(recipe, str) else recipe
    budget = _budget(chosen, steps, minutes)
    data = open_training_set(pairs_dir)
    with joined_world(device) as world, deferred_interrupt() as interrupted:
        run = TrainingRun(
            data,
            out,
            recipe=chosen,
            network=network,
            seed=seed,
            resume=resume,
            world=world,
            parts=parts or world.size,
            validate_every=validate_every,
            patience=patience,
            begin=begin,
        )
        for remark in run.remarks:
            (warn or _silent)(remark)
        finished = run.go(
            budget,
            stop=lambda: interrupted() or (stop is not None and stop()),
            progress=progress or _silent,
            clock=clock,
            curves=curves,
        )
        return _result(run, out, finished=finished, world=world, remarks=_remarks(run, chosen, budget))


def _check(network: str, device: str, out: Path) -> None:
    if out.is_file() or (out / "card.yaml").exists():
        what = "a file" if out.is_file() else "a training set"
        raise TrainingError(f"{out} is {what}: name another folder for the model")
    if network not in KINDS:
        raise TrainingError(f"there is no network {network!r}: choose one of {list(KINDS)}")
    check_device(device)


def _budget(recipe: Recipe, steps: int | None, minutes: float | None) -> Budget:
    if any(given is not None and given <= 0 for given in (steps, minutes)):
        raise TrainingError(f"a training of {steps} steps or {minutes} minutes is none: ask for more than 0")
    if steps is None and minutes is None:
        return Budget(steps=recipe.steps)
    return Budget(
        steps=float("inf") if steps is None else steps,
        seconds=float("inf") if minutes is None else minutes * SECONDS_PER_MINUTE,
    )


def _silent(_said: object) -> None:
    """Tell nobody."""


def _result(run: TrainingRun, out: Path, *, finished: bool, world: World, remarks: tuple[str, ...]) -> TrainResult:
    return TrainResult(
        model=out,
        steps=run.step,
        seconds=run.seconds,
        validation=run.score,
        bicubic=run.bicubic,
        better_than_bicubic=_better(run),
        finished=finished,
        leads=world.leads,
        remarks=remarks,
    )


def _better(run: TrainingRun) -> bool:
    return all(run.score[name] > run.bicubic[name] for name in run.bicubic)


def _remarks(run: TrainingRun, recipe: Recipe, budget: Budget) -> tuple[str, ...]:
    used_up = budget.used(step=run.step, seconds=run.seconds) >= 1
    early = not used_up and not run.out_of_patience
    remarks = [*run.remarks, *([] if _better(run) or early else [_worse(run)])]
    if run.out_of_patience and not used_up:
        remarks.append(_patient(run, recipe))
    if run.validation.split == "train":
        remarks.append(
            "the training set has no validation sites, so the model was selected on what it was trained on and its "
            "score flatters it: capture more sites"
        )
    return tuple(remarks)


def _worse(run: TrainingRun) -> str:
    network, bicubic = (f"{s['psnr_db']:.2f} dB, SSIM {s['ssim']:.4f}" for s in (run.score, run.bicubic))
    return (
        f"the model ({network}) is not better than the bicubic enlargement ({bicubic}) on the validation sites: train "
        "longer, or look whether the pairs are registered and in focus"
    )


def _patient(run: TrainingRun, recipe: Recipe) -> str:
    falls = "the rate had not fallen to its end yet, which often gains more: " if recipe.decay else ""
    return (
        f"training ended after step {run.step}, before its budget, since the last validations brought no better SSIM; "
        f"{falls}the same command without a patience goes on"
    )
