"""Checkpoint: trained weights with all that is known of how they came about; a folder of two files, no pickle."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.numpy import save as serialise

from calibration.rig import first_fault
from enhance.architecture import Architecture
from enhance.atomic import write_whole
from enhance.errors import CheckpointError
from enhance.networks import weight_shapes
from enhance.safeweights import read_weights, refuse_pickles

FORMAT = 1
WEIGHTS_FILE = "weights.safetensors"
DESCRIPTION_FILE = "model.yaml"
Weights = Mapping[str, NDArray[np.float32]]
Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """One trained network and where it comes from.

    Parameters
    ----------
    architecture : Architecture
        Of the network, its ratio among it.
    weights : mapping of str to ndarray of float32
        By the names of `enhance.networks.weight_shapes`.
    recipe : str
        How it was trained.
    pixel_um : mapping
        ``low`` and ``high``: pixel size at the specimen of what it takes and of what it gives, in µm.
    optics : mapping
        What it was trained with, as the training set's card says it.
    corrected : bool
        Whether it expects flat-field corrected pixels.
    simulated_only : bool
        Whether every slide it was trained on was simulated.
    data_sha256 : str
        Of the training set.
    steps : int
        Training steps taken.
    scores : mapping of str to mapping
        What it scored, by method, on what it was selected by.
    ranges : mapping of str to (float, float)
        What `enhance.novelty` measured on the training pictures.
    familiar : mapping
        How they look, as `enhance.trust.familiar.Familiar.as_dict` gives it; empty for older models.
    seed : int, optional
        Of its first weights, unless it began with a model's, and its batches; models from before this was kept have
        none.
    code : str
        As `enhance.codehash.code_hash` gave it when it was trained; empty for older models.
    slides : tuple of str
        Those it was trained on or chosen by, and those of the models it began with; empty for older models.

    Raises
    ------
    CheckpointError
        When the weights are not those of the architecture, or some are not finite.
    """

    architecture: Architecture
    weights: Weights
    recipe: str
    pixel_um: Mapping[str, float]
    optics: Mapping[str, Any]
    corrected: bool
    simulated_only: bool
    data_sha256: str
    steps: int
    scores: Scores = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    familiar: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    code: str = ""
    slides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        found = {name: weight.shape for name, weight in self.weights.items()}
        expected = weight_shapes(self.architecture)
        if found != expected:
            raise CheckpointError(_misfit(found, expected))
        broken = [name for name, weight in self.weights.items() if not np.isfinite(weight).all()]
        if broken:
            raise CheckpointError(
                f"the weights {broken[0]} of this model are not all finite numbers (training diverged or the file is "
                "damaged): train again or take another copy"
            )

    @property
    def ratio(self) -> tuple[int, int]:
        """The enlargement p/q as (p, q)."""
        return self.architecture.ratio

    @property
    def statement(self) -> str:
        """What every picture made with it must carry."""
        return "trained on simulated slides only" if self.simulated_only else "trained on captured slides"

    @property
    def weights_sha256(self) -> str:
        """Hash of names, shapes and values of the weights."""
        digest = hashlib.sha256()
        for name in sorted(self.weights):
            weight = np.ascontiguousarray(self.weights[name], dtype="<f4")
            digest.update(f"{name}{weight.shape}".encode() + weight.tobytes())
        return digest.hexdigest()


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Write `folder` with ``weights.safetensors`` and ``model.yaml``, each whole or not at all.

    Should the machine stop between the two, `load` finds that they do not belong together and says so.
    """
    description = {
        "format": FORMAT,
        "architecture": {**asdict(checkpoint.architecture), "ratio": list(checkpoint.ratio)},
        "recipe": checkpoint.recipe,
        "pixel_um": dict(checkpoint.pixel_um),
        "optics": dict(checkpoint.optics),
        "corrected": checkpoint.corrected,
        "simulated_only": checkpoint.simulated_only,
        "data_sha256": checkpoint.data_sha256,
        "steps": checkpoint.steps,
        "scores": {name: dict(score) for name, score in checkpoint.scores.items()},
        "ranges": {name: list(limits) for name, limits in checkpoint.ranges.items()},
        "seed": checkpoint.seed,
        "code": checkpoint.code,
        "slides": list(checkpoint.slides),
        "weights_sha256": checkpoint.weights_sha256,
    }
    content = {name: np.ascontiguousarray(weight, dtype=np.float32) for name, weight in checkpoint.weights.items()}
    text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True)
    text += yaml.safe_dump({"familiar": dict(checkpoint.familiar)}, sort_keys=False, default_flow_style=None, width=120)
    write_whole(folder / WEIGHTS_FILE, serialise(content))
    write_whole(folder / DESCRIPTION_FILE, text.encode())


def load(folder: Path) -> Checkpoint:
    """Read what `save` wrote.

    Raises
    ------
    CheckpointError
        When the folder or one of its files is missing, is a pickle, is damaged, has weights of another network, or
        weights that are not those the description was written for.
    """
    refuse_pickles(folder, expected=WEIGHTS_FILE)
    description = _description(folder)
    checkpoint = Checkpoint(
        architecture=description.architecture,
        weights=read_weights(folder / WEIGHTS_FILE),
        **description.model_dump(exclude={"format", "architecture", "weights_sha256"}),
    )
    if checkpoint.weights_sha256 != description.weights_sha256:
        raise CheckpointError(
            f"the weights in {folder} are not those its {DESCRIPTION_FILE} was written for: copy both files together"
        )
    return checkpoint


class _Description(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: int
    architecture: Architecture
    recipe: str
    pixel_um: dict[str, float]
    optics: dict[str, Any]
    corrected: bool
    simulated_only: bool
    data_sha256: str
    steps: int
    scores: dict[str, dict[str, float]]
    ranges: dict[str, tuple[float, float]]
    familiar: dict[str, Any] = {}
    seed: int | None = None
    code: str = ""
    slides: tuple[str, ...] = ()
    weights_sha256: str


def _description(folder: Path) -> _Description:
    path = folder / DESCRIPTION_FILE
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(raw, dict) and raw.get("format", FORMAT) != FORMAT:
            raise CheckpointError(
                f"{path} has format {raw['format']} and this version reads {FORMAT}: update Parfocal or train again"
            )
        return _Description.model_validate(raw)
    except OSError as error:
        raise CheckpointError(
            f"there is no model {folder} (it has no {DESCRIPTION_FILE}): run `parfocal train` first, or use the model "
            "`shipped`"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        first = first_fault(error) if isinstance(error, ValidationError) else str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} is not a description that Parfocal wrote ({first}): take another copy of the model"
        ) from error


def _misfit(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> str:
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            have = list(found[name]) if name in found else "missing"
            want = list(expected[name]) if name in expected else "no such weights"
            return (
                f"the weights do not fit the network that model.yaml describes: {name} is {have} and should be {want}; "
                "take both files from one training"
            )
    return "the weights fit"
