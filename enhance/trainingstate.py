"""TrainingState: all that training needs to go on where it stopped, in one safetensors file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from enhance.atomic import write_whole
from enhance.checkpoint import DESCRIPTION_FILE
from enhance.errors import TrainingError

STATE_FILE = "training.safetensors"
FACTS = ("identity", "step", "seconds", "best")
LATER_FACTS = ("waited", "code")
"""Facts that states of earlier versions lack; their defaults hold for those."""
EARLIER = {"network": "rivenson", "beginning": "", "precision": "float32"}
"""What the identity of a state from before it said so is."""
INSTEAD = {
    "beginning": "give `--begin` as it was given then",
    "precision": "go on with it on a machine, a device and a torch that compute as those did",
}
"""What else a person can do about something that differs."""
GROUPS = ("weights", "average")
"""Of tensors, by name; those of the other groups are what the optimiser remembers."""

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingState:
    """Training after some step.

    Parameters
    ----------
    identity : mapping of str to str
        What must be the same for training to go on: recipe, seed, data, network, beginning, precision.
    step : int
        Steps taken.
    seconds : float
        Time taken.
    best : mapping of str to float
        Score of the best model so far, empty when there is none.
    weights : mapping of str to Tensor
        Of the network as it is now, not at its best.
    memory : mapping of str to Tensor
        What the optimiser remembers, as `enhance.optimisers.memory_of` gave it.
    average : mapping of str to Tensor
        Running mean of the weights; empty when the recipe keeps none.
    waited : int
        Validations since the best one.
    code : str
        As `enhance.codehash.code_hash` gave it.
    """

    identity: Mapping[str, str]
    step: int
    seconds: float
    best: Mapping[str, float]
    weights: Tensors
    memory: Tensors
    average: Tensors = field(default_factory=dict)
    waited: int = 0
    code: str = ""


def save_state(state: TrainingState, folder: Path) -> None:
    """Write the state into a model folder, whole or not at all."""
    named = {f"{group}/{name}": tensor for group in GROUPS for name, tensor in getattr(state, group).items()}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in (named | dict(state.memory)).items()}
    facts = {name: getattr(state, name) for name in (*FACTS, *LATER_FACTS)}
    write_whole(folder / STATE_FILE, serialise(tensors, metadata={"state": json.dumps(facts, default=dict)}))


def find_state(folder: Path, identity: Mapping[str, str]) -> TrainingState | None:
    """Read the state of a model folder, if there is one.

    Parameters
    ----------
    folder : Path
        Where `save_state` wrote.
    identity : mapping of str to str
        Of the training that wants to go on.

    Returns
    -------
    TrainingState or None
        None when the folder holds neither a state nor a model.

    Raises
    ------
    TrainingError
        When the state is damaged or of another training, or a model lies there without its state.
    """
    path = folder / STATE_FILE
    if not path.is_file():
        if (folder / DESCRIPTION_FILE).exists():
            raise TrainingError(
                f"{folder} holds a model without its {STATE_FILE}, so training cannot go on: choose another folder"
            )
        return None
    state = _load(folder)
    for name, value in identity.items():
        if state.identity.get(name, EARLIER.get(name)) != value:
            instead = INSTEAD.get(name, "delete this one to start again")
            raise TrainingError(f"{folder} holds a training with another {name}: choose another folder, or {instead}")
    return state


def damaged(folder: Path) -> TrainingError:
    """Say of a model folder that its state cannot be used."""
    path = folder / STATE_FILE
    return TrainingError(f"{path} is damaged, so training cannot go on from it: delete it to start again")


def _load(folder: Path) -> TrainingState:
    groups: dict[str, dict[str, Tensor]] = {group: {} for group in (*GROUPS, "memory")}
    try:
        with safe_open(folder / STATE_FILE, framework="pt") as file:
            facts = json.loads(file.metadata()["state"])
            keys = file.keys()
            for key in keys:
                group, name = key.split("/", 1)
                place = (group, name) if group in GROUPS else ("memory", key)
                groups[place[0]][place[1]] = file.get_tensor(key)
        told = {name: facts[name] for name in FACTS} | {name: facts[name] for name in LATER_FACTS if name in facts}
        return TrainingState(**told, **groups)  # type: ignore[arg-type]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder) from error
