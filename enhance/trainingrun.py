"""TrainingRun: one training in one folder, from its state there to its next."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from enhance.architecture import Kind
from enhance.batches import Batches
from enhance.beginning import check_same, weights_for
from enhance.checkpoint import Checkpoint
from enhance.engine_torch import TorchEngine
from enhance.errors import TrainingError
from enhance.metrics import Score
from enhance.networks import standard_architecture
from enhance.optimisation import Optimisation
from enhance.origin import origin_of
from enhance.progress import Progress
from enhance.recipes import Budget, Recipe
from enhance.trainingfolder import Row, TrainingFolder
from enhance.trainingset import TrainingSet
from enhance.trainingstate import TrainingState, damaged, find_state
from enhance.validation import choose_validation
from enhance.world import World

Numbers = Mapping[str, float]


class TrainingRun:
    """One training in one folder.

    Parameters
    ----------
    data : TrainingSet
        What to train on.
    out : Path
        Model folder.
    recipe : Recipe
        How.
    network : {'rivenson', 'srcnn', 'espcn', 'edsr'}
        What.
    seed : int
        Of weights and batches.
    resume : bool
        Whether to go on from the state in `out`.
    world : World
        Those who train it together.
    parts : int
        In how many parts each batch is computed, a multiple of the processes in `world`.
    validate_every : int
        Steps between validations.
    patience : int, optional
        Validations without a better SSIM after which training ends.
    begin : Checkpoint, optional
        Whose weights the network has at first.

    Attributes
    ----------
    remarks : list of str
        What a person should know about how it was taken up.

    Raises
    ------
    PairsError
        When there is nothing to train on.
    TrainingError
        When `out` holds another training, or a model without its state, and `resume` is set; when the model to begin
        with is of another network, or not the same in all processes; or when a batch cannot be divided into so many
        parts among so many processes.
    """

    def __init__(
        self,
        data: TrainingSet,
        out: Path,
        *,
        recipe: Recipe,
        network: Kind,
        seed: int,
        resume: bool,
        world: World,
        parts: int,
        validate_every: int,
        patience: int | None,
        begin: Checkpoint | None = None,
    ) -> None:
        _check_parts(parts, world, recipe)
        self.step, self.seconds = 0, 0.0
        self.remarks: list[str] = []
        self._data, self._out, self._recipe, self._world, self._parts = data, out, recipe, world, parts
        self._validate_every, self._patience = validate_every, patience
        self._architecture = standard_architecture(
            network, ratio=data.card.ratio, padding=recipe.padding, skip=recipe.skip
        )
        self._origin = origin_of(data, self._architecture, recipe=recipe.name, seed=seed, begin=begin)
        self._best: Numbers = {}
        self._waited = 0
        self._batches = Batches(data, recipe, seed=seed)
        self._optimisation = Optimisation(recipe, self._architecture, seed=seed, world=world)
        self._identity = {
            "recipe": recipe.identity(),
            "seed": str(seed),
            "data": data.card.data_sha256,
            "network": network,
            "beginning": begin.weights_sha256 if begin else "",
            "precision": self._optimisation.precision,
        }
        check_same(begin, world)
        if begin:
            self._optimisation.begin_with(weights_for(begin, self._architecture))
        self._fresh = not (resume and self._take_up())
        border = self._architecture.enlarged(self._architecture.context_px)
        on_patches = not recipe.crop_px  # the paper's way, which also selects by whole fields
        self.validation = choose_validation(data, border_px=border, whole=on_patches, most=recipe.chosen_by)
        self.bicubic: Numbers = _numbers(self.validation.of_bicubic())
        self.score: Numbers = self._best

    @property
    def out_of_patience(self) -> bool:
        """Whether so many validations brought nothing better that training is to end."""
        return self._patience is not None and self._waited >= self._patience

    def go(
        self,
        budget: Budget,
        *,
        stop: Callable[[], bool],
        progress: Callable[[Progress], None],
        clock: Callable[[], float],
        curves: Path | None = None,
    ) -> bool:
        """Take steps until the budget or the patience is used up or someone asks to stop; return whether one was.

        The state is saved at the start, with each validation and at the end; the model whenever it is the best so far.

        Raises
        ------
        TrainingError
            When the loss is no longer a number; the state of the last validation stays.
        """
        started = clock() - self.seconds
        with TrainingFolder(self._out, after_step=self.step, writes=self._world.leads, curves=curves) as folder:
            if self._fresh:  # so that a model never lies there without a state to go on from
                folder.keep_state(self._state())
            while not self._finished(budget) and not self._world.any(stop()):
                progress(self._one(folder, budget, lambda: clock() - started))
            finished = self._finished(budget)
            self._close(folder, finished=finished)
        return finished

    def _one(self, folder: TrainingFolder, budget: Budget, seconds: Callable[[], float]) -> Progress:
        """Take one step, with all that belongs to it."""
        used = self._used(budget)
        rate = self._recipe.rate(self.step, progress=used)
        loss = self._advance(rate, self._recipe.pictures(progress=used))
        self.seconds = self._world.leaders(seconds())
        used = self._used(budget)
        score = self._validated(folder, last=used >= 1)
        folder.add(self._row(loss, score), rate=rate)
        if score is not None:
            folder.keep_state(self._state())
        return Progress(
            step=self.step,
            fraction=min(1.0, used),
            loss=loss,
            seconds=self.seconds,
            validation=score,
            bicubic=self.bicubic,
        )

    def _finished(self, budget: Budget) -> bool:
        return self._used(budget) >= 1 or self.out_of_patience

    def _used(self, budget: Budget) -> float:
        return budget.used(step=self.step, seconds=self.seconds)

    def _advance(self, rate: float, count: int) -> float:
        own = [slice(k, None, self._parts) for k in range(self._parts)][self._world.part]
        parts = (self._batches.draw(self.step, count=count, part=part) for part in own)
        loss = self._optimisation.step(parts, count=count, rate=rate)
        self.step += 1
        if not np.isfinite(loss):
            raise TrainingError(
                f"training diverged: the loss of step {self.step} is {loss}: train with another seed or a lower "
                "learning rate"
            )
        return loss

    def _validated(self, folder: TrainingFolder, *, last: bool) -> Numbers | None:
        """Score the network if it is time to, and keep it if it is the best so far."""
        if not last and self.step % self._validate_every:
            return None
        model = self._model()
        score = self._scored(model)
        self._waited += 1
        if not self._best or score["ssim"] > self._best["ssim"]:
            self._best, self._waited = score, 0
            self._keep(folder, model, score)
        return score

    def _scored(self, model: Checkpoint) -> Numbers:
        return _numbers(self.validation.of_engine(TorchEngine(model, device=self._world.device), self._world))

    def _keep(self, folder: TrainingFolder, model: Checkpoint, score: Numbers) -> None:
        self.score = score
        folder.keep_model(replace(model, scores={"network": score, "bicubic": self.bicubic}))

    def _close(self, folder: TrainingFolder, *, finished: bool) -> None:
        """Leave a state to go on from, and a model even when no validation was reached."""
        if not finished:
            folder.keep_state(self._state())
        if not self._best:
            model = self._model()
            self._keep(folder, model, self._scored(model))
        self._world.any(False)  # until all is written nobody goes on, who might read it

    def _model(self) -> Checkpoint:
        return self._origin.model(self._optimisation.arrays(), steps=self.step)

    def _state(self) -> TrainingState:
        return TrainingState(
            identity=self._identity,
            step=self.step,
            seconds=self.seconds,
            best=self._best,
            weights=self._optimisation.weights(),
            memory=self._optimisation.memory(),
            average=self._optimisation.average(),
            waited=self._waited,
            code=self._origin.code,
        )

    def _take_up(self) -> bool:
        """Go on from the state in the folder, if there is one; every process must find the same."""
        state = find_state(self._out, self._identity)
        step = -1 if state is None else state.step
        leading = self._world.leaders(step)
        if self._world.any(leading != step):
            raise TrainingError(
                f"the processes of this training do not all see the same state in {self._out}: put the model folder "
                "on a disk that all machines share"
            )
        if state is None:
            return False
        try:
            self._optimisation.restore(state.weights, state.memory, average=state.average, step=state.step)
        except (KeyError, RuntimeError) as error:  # something is missing, or of another size
            raise damaged(self._out) from error
        self.step, self.seconds, self._best, self._waited = state.step, state.seconds, state.best, state.waited
        if state.code != self._origin.code:
            self.remarks.append(_other_code(self._out, state.code, self._origin.code))
        return True

    def _row(self, loss: float, score: Numbers | None) -> Row:
        validation = {f"validation_{name}": value for name, value in (score or {}).items()}
        return {"step": self.step, "loss": loss, "seconds": round(self.seconds, 3), **validation}


def _check_parts(parts: int, world: World, recipe: Recipe) -> None:
    least = min(recipe.batch, recipe.late_batch or recipe.batch)
    if parts % world.size or not world.size <= parts <= least:
        shared = list(range(world.size, least + 1, world.size))
        instead = f"--parts may be any of {shared}" if shared else f"start at most {least} processes"
        raise TrainingError(
            f"{world.size} processes were started to compute batches of {least} pictures in {parts} parts: {instead}"
        )


def _other_code(folder: Path, before: str, now: str) -> str:
    then = f"by Parfocal {before}" if before else "by an earlier Parfocal that did not note its code"
    return (
        f"the training in {folder} was begun {then} and goes on with {now}: what comes of it may differ from what "
        "either would have given alone, so train from the start if you want to repeat or compare it"
    )


def _numbers(score: Score) -> dict[str, float]:
    return {"psnr_db": score.psnr_db, "ssim": score.ssim}
