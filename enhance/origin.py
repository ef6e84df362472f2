"""Origin: what all models of one training have in common, so that each can say where it comes from."""

from dataclasses import dataclass

from enhance.architecture import Architecture
from enhance.checkpoint import Checkpoint, Weights
from enhance.codehash import code_hash
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
    """

    card: Card
    architecture: Architecture
    recipe: str
    seed: int
    code: str
    look: Look

    def model(self, weights: Weights, *, steps: int) -> Checkpoint:
        """Return the model that these weights make after so many steps."""
        card = self.card
        return Checkpoint(
            architecture=self.architecture,
            weights=weights,
            recipe=self.recipe,
            pixel_um={"low": card.pixel_um.low, "high": card.pixel_um.high},
            optics=card.optics.model_dump(),
            corrected=card.corrected,
            simulated_only=card.simulated,
            data_sha256=card.data_sha256,
            steps=steps,
            ranges=self.look.ranges,
            familiar=self.look.familiar,
            seed=self.seed,
            code=self.code,
        )


def origin_of(data: TrainingSet, architecture: Architecture, *, recipe: str, seed: int) -> Origin:
    """Look at the training pictures, and note the code that trains now."""
    return Origin(
        card=data.card,
        architecture=architecture,
        recipe=recipe,
        seed=seed,
        code=code_hash(),
        look=look_of(data),
    )
