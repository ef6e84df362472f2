"""Panel: all methods that are scored beside each other, tuned on one training set."""

from collections.abc import Callable, Mapping

from enhance.baselines import BASELINES, Enlargement, Image
from enhance.bitdepth import white_of
from enhance.classical.linearfilter import fit_linear_filter
from enhance.classical.method import Method
from enhance.classical.richardsonlucy import tune_richardson_lucy
from enhance.classical.trial import Trial
from enhance.classical.unsharp import tune_unsharp
from enhance.classical.wiener import tune_wiener
from enhance.engine import Engine
from enhance.trainingset import TrainingSet
from enhance.validation import choose_validation

Progress = Callable[[str], None]

TUNED: Mapping[str, Callable[[TrainingSet, Trial], Method]] = {
    "unsharp": lambda data, trial: tune_unsharp(trial, data.card.ratio),
    "wiener": lambda data, trial: tune_wiener(trial, data.card),
    "richardson_lucy": lambda data, trial: tune_richardson_lucy(trial, data.card),
    "linear_filter": fit_linear_filter,
}
"""By name, in the order in which they are tuned and shown."""
SAYS = {"nearest": "pixels repeated", "bicubic": "cubic convolution, a = −0.75", "lanczos": "8×8 taps"}


def classical_panel(data: TrainingSet, *, border_px: int, progress: Progress) -> tuple[Method, ...]:
    """Return the enlargements without parameters, and those tuned on validation sites (training sites without them).

    Parameters
    ----------
    data : TrainingSet
        Without training sites nothing can be tuned, and those methods are left out.
    border_px : int
        Label pixels that are left out at each side.
    progress : callable
        Called with the name of a method before it is tuned.
    """
    plain = tuple(
        Method(name=name, enlarge=_plain(enlarge, data.card.ratio), says=SAYS[name])
        for name, enlarge in BASELINES.items()
    )
    return plain + (_tuned(data, border_px, progress) if can_tune(data) else ())


def can_tune(data: TrainingSet) -> bool:
    """Whether there are training sites, without which there is no linear filter and no fair tuning."""
    return bool(data.of("train"))


def network_method(name: str, engine: Engine, *, passes: int = 1) -> Method:
    """Return a network as one of the methods."""

    def enlarge(image: Image) -> Image:
        return engine.enhance(image, passes=passes, white_level=white_of(image))

    checkpoint = engine.checkpoint
    parameters = sum(weight.size for weight in checkpoint.weights.values())
    return Method(
        name=name,
        enlarge=enlarge,
        says=f"{parameters} weights, {checkpoint.steps} steps, {checkpoint.statement}",
        parameters={"weights": parameters, "passes": passes, "weights_sha256": checkpoint.weights_sha256},
    )


def _plain(enlarge: Enlargement, ratio: tuple[int, int]) -> Callable[[Image], Image]:
    return lambda image: enlarge(image, ratio)


def _tuned(data: TrainingSet, border_px: int, progress: Progress) -> tuple[Method, ...]:
    trial = Trial(validation=choose_validation(data, border_px=border_px))
    methods = []
    for name, tune in TUNED.items():
        progress(name)
        methods.append(tune(data, trial))
    return tuple(methods)
