"""The kinds of specimen, by the names that stand in a rig file; a new kind is one more entry here."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from acquire.simulated.specimens.beside import beside
from acquire.simulated.specimens.glass import EmptyGlass
from acquire.simulated.specimens.mounted import Mounting, mounted
from acquire.simulated.specimens.picture import Picture
from acquire.simulated.specimens.specimen import Fidelity, Specimen
from acquire.simulated.specimens.targets.edge import SlantedEdge
from acquire.simulated.specimens.targets.filtered import FilteredNoise
from acquire.simulated.specimens.targets.micrometer import StageMicrometer
from acquire.simulated.specimens.targets.points import Points
from acquire.simulated.specimens.targets.star import SiemensStar
from acquire.simulated.specimens.targets.usaf import Usaf
from acquire.simulated.specimens.tissues.breast import Breast
from acquire.simulated.specimens.tissues.kidney import Kidney
from acquire.simulated.specimens.tissues.lung import Lung
from acquire.simulated.told import overridden
from calibration.errors import RigError

KINDS: Mapping[str, Specimen] = {
    "lung": Lung(),
    "kidney": Kidney(),
    "breast": Breast(),
    "picture": Picture(),
    "usaf": Usaf(),
    "edge": SlantedEdge(),
    "star": SiemensStar(),
    "micrometer": StageMicrometer(),
    "points": Points(),
    "noise": FilteredNoise(),
    "empty": EmptyGlass(),
}
"""Each kind as it is when nothing more is told; the fields of its class are the keys that a rig file may tell."""

TISSUES = ("lung", "kidney", "breast")
"""Those that carry the independent band."""

BAND = 0.05
"""Rms absorbance of the independent band in a tissue: a fifth of a per cent of contrast through a 100x/1.4 in green."""

DEFAULT_KIND = "lung"


def make_specimen(told: Any) -> Specimen:
    """Make the specimen that a rig file asks for under ``simulated.specimen``.

    Parameters
    ----------
    told : mapping
        ``kind`` (lung when absent), the fields of that kind's class, those of `mounted.Mounting`, and ``beside``: a
        target told in the same way, which lies on the slide too.

    Raises
    ------
    RigError
        When the kind or a key is not known, or a value does not fit; the message names it.
    """
    if not isinstance(told, Mapping):
        raise RigError(f"simulated.specimen is {told!r}: give kind and seed")
    kind = told.get("kind", DEFAULT_KIND)
    if kind not in KINDS:
        raise RigError(f"simulated.specimen.kind is {kind!r}: choose one of {list(KINDS)}")
    of_mounting = {field.name for field in fields(Mounting)}
    own = {key: value for key, value in told.items() if key not in ("kind", "beside") and key not in of_mounting}
    if kind == "picture" and "file" not in own:
        raise RigError("simulated.specimen.kind is 'picture' and names no file: add file, the path of an RGB picture")
    specimen = overridden(KINDS[kind], own, "simulated.specimen")
    shared = {key: value for key, value in told.items() if key in of_mounting}
    of_tissue = Mounting(band=BAND, mount_seed=own.get("seed", 1)) if kind in TISSUES else Mounting()
    laid = mounted(specimen, overridden(of_tissue, shared, "simulated.specimen"))
    return beside(laid, make_specimen(told["beside"])) if "beside" in told else laid


def fidelity_of(told: Mapping[str, Any]) -> Fidelity | None:
    """Read ``simulated.fidelity``: log or product, or None where the specimen decides.

    Raises
    ------
    RigError
        When it is neither.
    """
    fidelity = told.get("fidelity")
    if fidelity not in (None, *get_args(Fidelity)):
        raise RigError(f"simulated.fidelity is {fidelity!r}: choose one of {list(get_args(Fidelity))}")
    return fidelity
