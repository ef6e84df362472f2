"""TrainingRun: one training in one folder, from its state there to its next."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from enhance.batches import Batches
from enhance.checkpoint import Checkpoint, save
from enhance.engine_torch import TorchEngine
from enhance.errors import TrainingError
from enhance.history import History
from enhance.metrics import Score
from enhance.network import Architecture
from enhance.novelty import ranges_of, tile_statistics
from enhance.optimisation import Optimisation
from enhance.recipes import Budget, Recipe
from enhance.trainingset import TrainingSet
from enhance.trainingstate import TrainingState, find_state, save_state
from enhance.validation import choose_validation

Numbers = Mapping[str, float]
HISTORY_FILE = "history.csv"
MEASURED_SITES = 50
"""Training sites that the ranges of `enhance.novelty` are taken from, spread evenly over all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where training stands after a step.

    Parameters
    ----------
    step : int
        Steps taken.
    fraction : float
        Of the budget, 0 to 1.
    loss : float
        Of this step.
    seconds : float
        Since the start, time of earlier runs included.
    validation : mapping of str to float, or None
        ``psnr_db`` and ``ssim`` of the network, after the steps at which it is scored.
    bicubic : mapping of str to float
        The same of the bicubic enlargement of the same pictures.
    """

    step: int
    fraction: float
    loss: float
    seconds: float
    validation: Numbers | None
    bicubic: Numbers


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
    seed : int
        Of weights and batches.
    resume : bool
        Whether to go on from the state in `out`.
    device : str
        As torch names it.
    validate_every : int
        Steps between validations.

    Raises
    ------
    PairsError
        When there is nothing to train on.
    TrainingError
        When `out` holds another training, or a model without its state, and `resume` is set.
    """

    def __init__(
        self,
        data: TrainingSet,
        out: Path,
        *,
        recipe: Recipe,
        seed: int,
        resume: bool,
        device: str,
        validate_every: int,
    ) -> None:
        self.step, self.seconds = 0, 0.0
        self._data = data
        self._out = out
        self._recipe = recipe
        self._validate_every = validate_every
        self._architecture = Architecture(ratio=data.card.ratio, padding=recipe.padding, skip=recipe.skip)
        self._identity = {"recipe": repr(asdict(recipe)), "seed": str(seed), "data": data.card.data_sha256}
        self._best: Numbers = {}
        self._batches = Batches(data, recipe, seed=seed)
        self._optimisation = Optimisation(recipe, self._architecture, seed=seed, device=device)
        if resume:
            self._take_up()
        border = self._architecture.enlarged(self._architecture.context_px)
        self.validation = choose_validation(data, border_px=border)
        self.bicubic: Numbers = _numbers(self.validation.of_bicubic())
        self.score: Numbers = self._best
        self._ranges = _ranges(data)

    def go(
        self,
        budget: Budget,
        *,
        stop: Callable[[], bool],
        progress: Callable[[Progress], None],
        clock: Callable[[], float],
    ) -> bool:
        """Take steps until the budget is used up or someone asks to stop; return whether it was used up.

        The state is saved with each validation and at the end; the model whenever it is the best so far.

        Raises
        ------
        TrainingError
            When the loss is no longer a number; the state of the last validation stays.
        """
        started = clock() - self.seconds
        with closing(History(self._out / HISTORY_FILE, after_step=self.step)) as history:
            while (used := self._used(budget)) < 1 and not stop():
                loss = self._advance(self._recipe.rate(self.step, progress=used))
                self.seconds = clock() - started
                used = self._used(budget)
                score = self._validated(last=used >= 1)
                history.add(self._row(loss, score))
                if score is not None:
                    history.flush()
                    self._save_state()
                progress(self._progress(used, loss, score))
        self._close(finished=used >= 1)
        return used >= 1

    def _progress(self, used: float, loss: float, score: Numbers | None) -> Progress:
        return Progress(
            step=self.step,
            fraction=min(1.0, used),
            loss=loss,
            seconds=self.seconds,
            validation=score,
            bicubic=self.bicubic,
        )

    def _used(self, budget: Budget) -> float:
        return budget.used(step=self.step, seconds=self.seconds)

    def _advance(self, rate: float) -> float:
        loss = self._optimisation.step(self._batches.draw(self.step), rate=rate)
        self.step += 1
        if not np.isfinite(loss):
            raise TrainingError(
                f"training diverged: the loss of step {self.step} is {loss}: train with another seed or a lower "
                "learning rate"
            )
        return loss

    def _validated(self, *, last: bool) -> Numbers | None:
        """Score the network if it is time to, and keep it if it is the best so far."""
        if not last and self.step % self._validate_every:
            return None
        model = self._model()
        score = _numbers(self.validation.of_engine(TorchEngine(model)))
        if not self._best or score["ssim"] > self._best["ssim"]:
            self._best = score
            self._keep(model, score)
        return score

    def _keep(self, model: Checkpoint, score: Numbers) -> None:
        self.score = score
        save(replace(model, scores={"network": score, "bicubic": self.bicubic}), self._out)

    def _close(self, *, finished: bool) -> None:
        """Leave a state to go on from, and a model even when no validation was reached."""
        if not finished:
            self._save_state()
        if not self._best:
            model = self._model()
            self._keep(model, _numbers(self.validation.of_engine(TorchEngine(model))))

    def _model(self) -> Checkpoint:
        card = self._data.card
        return Checkpoint(
            architecture=self._architecture,
            weights=self._optimisation.arrays(),
            recipe=self._recipe.name,
            pixel_um={"low": card.pixel_um.low, "high": card.pixel_um.high},
            optics=card.optics.model_dump(),
            corrected=card.corrected,
            simulated_only=card.simulated,
            data_sha256=card.data_sha256,
            steps=self.step,
            ranges=self._ranges,
        )

    def _save_state(self) -> None:
        first, second = self._optimisation.moments()
        state = TrainingState(
            identity=self._identity,
            step=self.step,
            seconds=self.seconds,
            best=self._best,
            weights=self._optimisation.weights(),
            first_moments=first,
            second_moments=second,
        )
        save_state(state, self._out)

    def _take_up(self) -> None:
        state = find_state(self._out, self._identity)
        if state is None:
            return
        self._optimisation.restore(state.weights, state.first_moments, state.second_moments, step=state.step)
        self.step, self.seconds, self._best = state.step, state.seconds, state.best

    def _row(self, loss: float, score: Numbers | None) -> dict[str, float | int | None]:
        validation = {f"validation_{name}": value for name, value in (score or {}).items()}
        return {"step": self.step, "loss": loss, "seconds": round(self.seconds, 3), **validation}


def _numbers(score: Score) -> dict[str, float]:
    return {"psnr_db": score.psnr_db, "ssim": score.ssim}


def _ranges(data: TrainingSet) -> dict[str, tuple[float, float]]:
    sites = data.of("train")
    chosen = [sites[i] for i in sorted({round(i) for i in np.linspace(0, len(sites) - 1, MEASURED_SITES)})]
    return ranges_of(tile_statistics(data.picture(s, "low"), white_level=data.card.white_level) for s in chosen)
