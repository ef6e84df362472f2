"""What a training begins with, where these are the weights of a model and not random ones."""

from dataclasses import asdict

from enhance.architecture import Architecture
from enhance.checkpoint import Checkpoint, Weights
from enhance.errors import TrainingError
from enhance.world import World

MARK_DIGITS = 12
"""Hexadecimal digits of a hash that a float64 holds exactly."""


def check_same(begin: Checkpoint | None, world: World) -> None:
    """Look whether all processes begin with the same weights, for later only gradients are summed.

    Raises
    ------
    TrainingError
        When they do not.
    """
    mark = int(begin.weights_sha256[:MARK_DIGITS], 16) if begin else -1
    leading = world.leaders(mark)
    if world.any(leading != mark):
        raise TrainingError(
            "the processes of this training do not all begin with the same weights: put the model to begin with on a "
            "disk that all machines share, and install the same Parfocal on each"
        )


def weights_for(begin: Checkpoint, architecture: Architecture) -> Weights:
    """Return the weights of a model of just this network; in another the same numbers mean something else.

    Raises
    ------
    TrainingError
        When it is of another network.
    """
    theirs, ours = asdict(begin.architecture), asdict(architecture)
    other = [f"{name} {theirs[name]} and not {ours[name]}" for name in ours if theirs[name] != ours[name]]
    if other:
        raise TrainingError(
            f"the model to begin with has {', '.join(other)}: begin with a model of the same network, recipe and "
            "enlargement, or without one"
        )
    return begin.weights
