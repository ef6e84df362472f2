"""Origin: what all models of one training have in common, so that each can say where it comes from."""

from dataclasses import dataclass

from enhance.architecture import Architecture
from enhance.checkpoint import Checkpoint, Weights
from enhance.codehash import DIGITS, code_hash
from enhance.trainingset import Card, TrainingSet
from enhance.trust.look import Look, look_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """Where the models of one training come from.

    Parameters
    ----------
    card : Card
        Of the training set.
    architecture : Architecture
        Of the network.
    recipe : str
        Name of the recipe.
    seed : int
        Of weights and batches.
    code : str
        As `enhance.codehash.code_hash` gives it.
    look : Look
        How the training pictures look.
    begin : Checkpoint or None
        Whose weights the network has at first.
    slides : tuple of str
        Of the training set, but for those that only test.
    """

    card: Card
    architecture: Architecture
    recipe: str
    seed: int
    code: str
    look: Look
    begin: Checkpoint | None
    slides: tuple[str, ...]

    def model(self, weights: Weights, *, steps: int) -> Checkpoint:
        """Return the model that these weights make after so many steps."""
        card = self.card
        return Checkpoint(
            architecture=self.architecture,
            weights=weights,
            recipe=self._recipe,
            pixel_um={"low": card.pixel_um.low, "high": card.pixel_um.high},
            optics=card.optics.model_dump(),
            corrected=card.corrected,
            simulated_only=card.simulated and (self.begin is None or self.begin.simulated_only),
            data_sha256=card.data_sha256,
            steps=steps,
            ranges=self.look.ranges,
            familiar=self.look.familiar,
            seed=self.seed,
            code=self.code,
            slides=tuple(sorted({*self.slides, *(self.begin.slides if self.begin else ())})),
        )

    @property
    def _recipe(self) -> str:
        if self.begin is None:
            return self.recipe
        return f"{self.recipe}, begun with the weights {self.begin.weights_sha256[:DIGITS]}"


def origin_of(
    data: TrainingSet, architecture: Architecture, *, recipe: str, seed: int, begin: Checkpoint | None = None
) -> Origin:
    """Look at the training pictures, and note the code that trains now."""
    return Origin(
        card=data.card,
        architecture=architecture,
        recipe=recipe,
        seed=seed,
        code=code_hash(),
        look=look_of(data),
        begin=begin,
        slides=slides_learnt(data),
    )


def slides_learnt(data: TrainingSet) -> tuple[str, ...]:
    """Name the slides that a network sees in training, or is chosen by."""
    return tuple(sorted({site.slide for site in data.sites if site.split != "test"}))
