"""How much a demo does: the full one, and the quick one that makes every file but claims no quality."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """A simulated slide: its name, the seed of its tissue, what it is for, and how many sites are captured."""

    name: str
    seed: int
    role: str
    sites: int
    truth: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything a demo does.

    Parameters
    ----------
    slides : tuple of Slide
        Training and test slides have different seeds.
    camera_px : (int, int)
        Columns and rows.
    calibration_sites : int
        At how many places offsets are measured.
    steps, minutes : int, float
        Budget of training, whichever is used up first: a slow machine still ends in time.
    claims : bool
        Whether its scores mean anything.
    faults : str
        Of the rig, as the simulated microscope names them.
    """

    slides: tuple[Slide, ...]
    camera_px: tuple[int, int]
    calibration_sites: int
    steps: int
    minutes: float
    claims: bool
    faults: str = "realistic"


FULL = Size(
    slides=(
        Slide(name="S-train", seed=101, role="train", sites=14, truth=False),
        Slide(name="S-validation", seed=202, role="validation", sites=2, truth=False),
        Slide(name="S-test", seed=303, role="test", sites=4, truth=True),
    ),
    camera_px=(512, 512),
    calibration_sites=4,
    steps=1200,
    minutes=4.6,
    claims=True,
)
QUICK = Size(
    slides=(
        Slide(name="S-train", seed=101, role="train", sites=2, truth=False),
        Slide(name="S-validation", seed=202, role="validation", sites=1, truth=False),
        Slide(name="S-test", seed=303, role="test", sites=1, truth=True),
    ),
    camera_px=(320, 320),
    calibration_sites=2,
    steps=60,
    minutes=1.0,
    claims=False,
)
