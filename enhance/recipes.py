"""Recipes: everything that tells one way of training from another, as frozen values with a name; and the budget."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Literal

from enhance.architecture import Kind
from enhance.errors import TrainingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One way of training.

    Parameters
    ----------
    name : str
        What the person asks for.
    padding : {'zero', 'reflect'}
        As in `enhance.network.Architecture`.
    skip : {'none', 'bicubic'}
        As in `enhance.network.Architecture`.
    loss : {'paper', 'charbonnier'}
        A function of `enhance.loss`.
    learning_rate : float
        Of the optimiser, while it is held.
    warm_up_steps : int
        Steps over which the rate rises from near zero.
    decay : float
        Last fraction of the budget, over which the rate falls linearly to zero; 0 holds it to the end.
    clip_norm : float
        Largest norm of the gradient of all weights together; infinite does not clip.
    batch : int
        Pictures in one step.
    crop_px : int
        Side of a crop from a whole pair, in low-resolution pixels; 0 takes the stored patches as they are.
    dihedral : bool
        Whether crops are flipped and turned by quarters, each of the eight ways equally likely.
    tail_scale : float
        Factor on the initial weights of the last convolution.
    entry_gain : float
        Factor on the initial weights of the first convolution. Where it is not 1 the biases of that convolution also
        take mid-grey to zero, so that the network begins with structure instead of brightness.
    steps : int
        The budget when nobody gives one.
    ema : float
        How much of their running mean the weights keep at each step; what is scored and saved is then that mean. 0
        saves the weights themselves.
    textured : float
        Share of the crops that are drawn where there is texture, see `enhance.texture`; the others fall anywhere.
    mixing : float
        Chance that the optical densities of a crop are mixed among the colours, see `enhance.stainmix`.
    late_batch : int
        Pictures in one step while the rate falls; 0 as before.
    even : float
        Power of the bicubic enlargement's error at a site by which the loss of its crops is divided, see
        `enhance.siteweights`; 0 takes all crops alike, and stored patches are always taken so.
    optimiser : {'adam', 'soap'}
        See `enhance.optimisers`.
    precision : {'float32', 'mixed'}
        Mixed computes the convolutions in bfloat16 on machines that are faster in it, see `enhance.precision`.
    chosen_by : int
        Validation sites whose middles choose the model; stored patches are chosen by all sites, whole.
    """

    name: str
    padding: Literal["zero", "reflect"]
    skip: Literal["none", "bicubic"]
    loss: Literal["paper", "charbonnier"]
    learning_rate: float
    warm_up_steps: int
    decay: float
    clip_norm: float
    batch: int
    crop_px: int
    dihedral: bool
    tail_scale: float
    entry_gain: float
    steps: int
    ema: float = 0.0
    textured: float = 0.0
    mixing: float = 0.0
    late_batch: int = 0
    even: float = 0.0
    optimiser: Literal["adam", "soap"] = "adam"
    precision: Literal["float32", "mixed"] = "float32"
    chosen_by: int = 4

    def rate(self, step: int, *, progress: float) -> float:
        """Learning rate of step `step` (0 is the first) when the fraction `progress` of the budget is used."""
        warm = min(1.0, (step + 1) / self.warm_up_steps) if self.warm_up_steps else 1.0
        late = min(1.0, (1.0 - progress) / self.decay) if self.decay else 1.0
        return self.learning_rate * warm * max(0.0, late)

    def pictures(self, *, progress: float) -> int:
        """Pictures in a step when the fraction `progress` of the budget is used."""
        return self.late_batch if self.late_batch and progress > 1.0 - self.decay else self.batch

    def identity(self) -> str:
        """Return all that tells it from others, as text; a training goes on only with a recipe of the same identity.

        Fields that have a default and keep it are left out, so that trainings from before those fields can go on.
        """
        optional = {each.name: each.default for each in fields(self) if each.default is not MISSING}
        told = {name: value for name, value in asdict(self).items() if optional.get(name, MISSING) != value}
        return repr(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long to train: a number of steps, or of seconds, or whichever is used up first."""

    steps: float = float("inf")
    seconds: float = float("inf")

    def used(self, *, step: int, seconds: float) -> float:
        """Fraction used up after `step` steps and `seconds` of time; 1 and more is all."""
        return max(step / self.steps, seconds / self.seconds)


PAPER = Recipe(
    name="paper",
    padding="zero",
    skip="none",
    loss="paper",
    learning_rate=1e-4,
    warm_up_steps=0,
    decay=0.0,
    clip_norm=float("inf"),
    batch=64,
    crop_px=0,
    dihedral=False,
    tail_scale=1.0,
    entry_gain=1.0,
    steps=90_000,  # some 600 passes over 9,536 patches, the number the paper had
)
"""The paper to the letter."""

FAST = Recipe(
    name="fast",
    padding="reflect",
    skip="bicubic",
    loss="charbonnier",
    learning_rate=3e-3,
    warm_up_steps=20,
    decay=0.2,
    clip_norm=0.1,
    batch=4,  # with Adam at equal time ahead of 8: +0.68 against +0.57 dB after 45 s on the simulated slides
    crop_px=48,
    dihedral=True,
    tail_scale=0.1,
    entry_gain=4.0,
    steps=4_800,
    textured=0.5,
    optimiser="soap",
    precision="mixed",
)
"""Minutes instead of days: it learns what the bicubic enlargement lacks, from small random crops of whole pairs."""

RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.name: recipe for recipe in (FAST, PAPER)})


SRCNN_RATE = 1e-3
"""After 250 steps it is ahead of where it comes at the rate of `FAST`, and at a third of its own (decision 33)."""


def recipe_named(name: str, network: Kind = "rivenson") -> Recipe:
    """Look up a recipe, with a rate that the network can be trained at.

    Parameters
    ----------
    name : str
        Of `RECIPES`.
    network : str
        What it shall teach.

    Raises
    ------
    TrainingError
        When there is none of that name; the message lists those there are.
    """
    if name not in RECIPES:
        raise TrainingError(f"there is no recipe {name!r}: choose one of {list(RECIPES)}")
    recipe = RECIPES[name]
    return replace(recipe, learning_rate=min(recipe.learning_rate, SRCNN_RATE)) if network == "srcnn" else recipe
