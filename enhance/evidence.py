"""Evidence: what a model scored on held-out slides of a rig, kept beside its weights and shown where it is used."""

from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from acquire.rigstate import state_folder
from enhance.atomic import write_whole
from enhance.checkpoint import Checkpoint
from enhance.errors import CheckpointError
from enhance.open import SHIPPED

EVIDENCE_FILE = "evidence.yaml"
NEVER = "never tested on this rig"


class Grade(BaseModel):
    """Mean PSNR and SSIM inside tissue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    psnr_db: float
    ssim: float


class Evidence(BaseModel):
    """One test of one model.

    Parameters
    ----------
    date : str
        When, ISO 8601, in UTC.
    slides : tuple of str
        Held out from training; empty where the test sites lie on slides that it was trained on.
    rigs : tuple of str
        Keys of the rigs they were captured on; empty where the training set does not say.
    simulated : bool
        Whether the slides were.
    sites : int
        That the means are over.
    against : str
        What was compared with: ``truth`` or ``registered_100x``.
    network, bicubic : Grade
        What they scored.
    pairs_sha256, weights_sha256 : str
        Of the training set's pictures and of the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: str
    slides: tuple[str, ...]
    rigs: tuple[str, ...]
    simulated: bool
    sites: int
    against: str
    network: Grade
    bicubic: Grade
    pairs_sha256: str
    weights_sha256: str

    @property
    def says(self) -> str:
        """The test as half a sentence."""
        where = f" of {', '.join(self.rigs)}" if self.rigs and not self.simulated else ""
        gain = self.network.psnr_db - self.bicubic.psnr_db
        return (
            f"tested on {self.date[:10]} on {self.sites} sites of {self._slides}{where}: "
            f"{self.network.psnr_db:.2f} dB ({gain:+.2f} over bicubic), SSIM {self.network.ssim:.4f} "
            f"(bicubic {self.bicubic.ssim:.4f})"
        )

    @property
    def _slides(self) -> str:
        if not self.slides:
            return "slides that it was trained on"
        held_out = "simulated slide" if self.simulated else "held-out slide"
        return f"{len(self.slides)} {held_out}{'s' if len(self.slides) != 1 else ''}"

    @property
    def brief(self) -> str:
        """The test in a few words, for a window where a scale bar stands beside them: what it gained over bicubic."""
        gain = self.network.psnr_db - self.bicubic.psnr_db
        return f"tested {self.date[:10]}{' (simulated)' if self.simulated else ''}: {gain:+.2f} dB"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    evidence: tuple[Evidence, ...]


def keep_evidence(evidence: Evidence, model: str) -> Path:
    """Write evidence beside the weights, or, where these must not change, into the user's state folder.

    A newer test on the same pictures replaces the older one.

    Parameters
    ----------
    evidence : Evidence
        To keep.
    model : str
        The model's folder, or the word ``shipped``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CheckpointError
        When the file holds something else, or cannot be written.
    """
    *_, last = paths = _paths(model, evidence.weights_sha256)
    for path in paths:
        try:
            write_whole(path, _text([*_others(path, evidence), evidence]))
        except OSError as error:
            if path == last:
                raise CheckpointError(f"what was measured cannot be kept in {path}: {error.strerror}") from error
        else:
            return path
    return last


def read_evidence(model: str, checkpoint: Checkpoint) -> tuple[Evidence, ...]:
    """Return what is known of exactly these weights, the oldest test first; errors as in `keep_evidence`."""
    found = [each for path in _paths(model, checkpoint.weights_sha256) for each in _read(path)]
    return tuple(
        sorted((e for e in found if e.weights_sha256 == checkpoint.weights_sha256), key=lambda evidence: evidence.date)
    )


def say_evidence(evidence: Iterable[Evidence], *, rig: str = "", simulated: bool = False, brief: bool = False) -> str:
    """Say the latest test on a rig, or that there was none.

    Parameters
    ----------
    evidence : iterable of Evidence
        Of one model, the oldest first.
    rig : str
        Key of the rig it is used on; empty where that is not known, as for a picture file.
    simulated : bool
        Whether that rig is the simulated microscope; tests on simulated slides then count.
    brief : bool
        Whether it is for a window.
    """
    evidence = tuple(evidence)
    here = [each for each in evidence if _counts(each, rig, simulated=simulated)]
    if here:
        return here[-1].brief if brief else here[-1].says
    elsewhere = () if brief else [each.says for each in evidence][-1:]
    return "; ".join((NEVER, *elsewhere))


def _counts(evidence: Evidence, rig: str, *, simulated: bool) -> bool:
    if evidence.simulated:
        return simulated
    return rig in evidence.rigs if rig and evidence.rigs else not simulated


def _paths(model: str, weights_sha256: str) -> list[Path]:
    own = state_folder() / "evidence" / f"{weights_sha256}.yaml"
    return [own] if model == SHIPPED else [Path(model) / EVIDENCE_FILE, own]


def _others(path: Path, evidence: Evidence) -> list[Evidence]:
    same = (evidence.weights_sha256, evidence.pairs_sha256, evidence.against)
    return [each for each in _read(path) if (each.weights_sha256, each.pairs_sha256, each.against) != same]


def _text(evidence: Iterable[Evidence]) -> bytes:
    plain = {"evidence": [each.model_dump(mode="json") for each in evidence]}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).encode()


def _read(path: Path) -> tuple[Evidence, ...]:
    if not path.is_file():
        return ()
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).evidence
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise CheckpointError(
            f"{path} is not evidence that Parfocal wrote: remove it and run `parfocal evaluate` again"
        ) from error
