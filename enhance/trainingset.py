"""TrainingSet: a PAIRS folder as training and evaluation read it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, ValidationError

from calibration.optics import Immersion
from calibration.rig import first_fault
from enhance.errors import PairsError

Kind = Literal["low", "high", "truth", "other", "exposure"]
FINE = ("low", "truth", "other")
"""Kinds that may be in 16 bits: bytes would round what a network is given once more, and what has no noise."""
Split = Literal["train", "validation", "test"]
Pixels = NDArray[np.uint8]
RGB = 3


class PixelSizes(BaseModel):
    """Pixel size at the specimen in µm of the two grids."""

    model_config = ConfigDict(frozen=True)

    low: PositiveFloat
    high: PositiveFloat


class Lens(BaseModel):
    """What an objective is, as far as resolution goes."""

    model_config = ConfigDict(frozen=True)

    na: PositiveFloat
    magnification: PositiveFloat
    immersion: Immersion


class CardOptics(BaseModel):
    """The two objectives and the condenser that a training set was taken with."""

    model_config = ConfigDict(frozen=True)

    low: Lens
    high: Lens
    condenser_na: PositiveFloat


class Card(BaseModel):
    """What ``card.yaml`` says of a training set, as far as it is needed here.

    Parameters
    ----------
    ratio : (int, int)
        p and q: the label has p/q times the pixels of the input along each axis.
    label : {'fused', 'plane'}
        What the labels are: a fused stack, or its plane nearest to the low-resolution focus.
    corrected : bool
        Whether the pictures are flat-field corrected.
    simulated : bool
        Whether every slide was simulated.
    white_level : float
        Pixel value of saturation of labels and scores, and of all pictures in bytes; see `enhance.bitdepth`.
    pixel_um : PixelSizes
        Of input and label.
    optics : CardOptics
        Objectives and condenser they were taken with.
    data_sha256 : str
        Of the pictures.
    rigs : tuple of str
        Keys of the rigs they were captured on; sets from before these were kept have none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    ratio: tuple[PositiveInt, PositiveInt]
    label: Literal["fused", "plane"]
    corrected: bool
    simulated: bool
    white_level: PositiveFloat
    pixel_um: PixelSizes
    optics: CardOptics
    data_sha256: str
    rigs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One registered pair of pictures of the same place.

    Parameters
    ----------
    id : str
        Slide and site, which names its files.
    slide : str
        The slide.
    split : {'train', 'validation', 'test'}
        What it may be used for.
    size_px : (int, int)
        Rows and columns of the low-resolution picture.
    """

    id: str
    slide: str
    split: str
    size_px: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """A training set on disk: its card and its accepted sites; pictures are read when they are asked for."""

    folder: Path
    card: Card
    sites: tuple[Site, ...]

    def of(self, split: Split) -> tuple[Site, ...]:
        """Return the accepted sites of one split, in the order of the table."""
        return tuple(site for site in self.sites if site.split == split)

    def has(self, site: Site, kind: Kind) -> bool:
        """Whether there is a picture of that kind; truth, other and exposure exist on simulated runs only."""
        return self._path(site.id, kind).is_file()

    def picture(self, site: Site, kind: Kind) -> NDArray[Any]:
        """Map one picture, shape (rows, columns, 3), read-only; only what is touched is read.

        It is of uint8; what a network is given, and a truth, may be of uint16, in which white is 65535.

        Raises
        ------
        PairsError
            When it is missing or damaged.
        """
        return _mapped(self._path(site.id, kind), fine=kind in FINE)

    def patches(self, split: Split) -> tuple[Pixels, Pixels]:
        """Map the stored patches of a split: (n, 60, 60, 3) and (n, 150, 150, 3) for the paper's sizes.

        Raises
        ------
        PairsError
            When they are missing, damaged, none, or not pairs.
        """
        low, high = (_mapped(self.folder / "patches" / f"{split}_{kind}.npy") for kind in ("low", "high"))
        p, q = self.card.ratio
        if len(low) == 0 or len(low) != len(high) or low.shape[1] * p != high.shape[1] * q:
            raise PairsError(
                f"the {split} patches in {self.folder} are {low.shape} and {high.shape}, which are no pairs of ratio "
                f"{p}/{q}: run `parfocal pairs` again"
            )
        return low, high

    def _path(self, site: str, kind: str) -> Path:
        return self.folder / "pairs" / f"{site}_{kind}.npy"


def open_training_set(folder: Path) -> TrainingSet:
    """Open what `parfocal pairs` wrote.

    Parameters
    ----------
    folder : Path
        With ``card.yaml``, ``sites.csv`` and ``pairs/``.

    Raises
    ------
    PairsError
        When the folder is missing or damaged, or no site of it was accepted.
    """
    card = _card(folder / "card.yaml")
    rows = [row for row in _rows(folder / "sites.csv") if row["accepted"].strip().lower() == "true"]
    if not rows:
        raise PairsError(f"no site in {folder} was accepted: its sites.csv says why, for each of them")
    return TrainingSet(folder=folder, card=card, sites=tuple(_site(folder, row, card.ratio) for row in rows))


def _card(path: Path) -> Card:
    try:
        return Card.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PairsError(
            f"there is no training set {path.parent} (it has no {path.name}): run `parfocal pairs` first"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        first = first_fault(error) if isinstance(error, ValidationError) else str(error).splitlines()[0]
        raise PairsError(f"{path} is not a card that Parfocal wrote ({first}): run `parfocal pairs` again") from error


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PairsError(f"{path} cannot be read: run `parfocal pairs` again") from error
    for row in rows:
        missing = [name for name in ("id", "slide", "split", "accepted") if not row.get(name)]
        if missing and (row.get("accepted") or "").lower() != "false":
            raise PairsError(f"{path} lacks {missing[0]} in a row: run `parfocal pairs` again")
    return rows


def _site(folder: Path, row: Mapping[str, str], ratio: tuple[int, int]) -> Site:
    low, high = (_mapped(folder / "pairs" / f"{row['id']}_{kind}.npy", fine=kind in FINE) for kind in ("low", "high"))
    p, q = ratio
    if [p * side for side in low.shape[:2]] != [q * side for side in high.shape[:2]]:
        raise PairsError(
            f"site {row['id']} in {folder} has a picture of {low.shape[:2]} and a label of {high.shape[:2]}, which are "
            f"not in the ratio {p}/{q}: run `parfocal pairs` again"
        )
    return Site(id=row["id"], slide=row["slide"], split=row["split"], size_px=(low.shape[0], low.shape[1]))


def _mapped(path: Path, *, fine: bool = False) -> NDArray[Any]:
    try:
        pixels: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise PairsError(f"{path} is missing or damaged: run `parfocal pairs` again") from error
    taken = (np.uint8, np.uint16) if fine else (np.uint8,)
    if pixels.dtype not in taken or pixels.shape[-1:] != (RGB,):
        bits = "8- or 16-bit" if fine else "8-bit"
        raise PairsError(f"{path} holds {pixels.dtype} of shape {pixels.shape} and not {bits} RGB: take another copy")
    return pixels
