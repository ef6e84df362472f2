"""The faults of a simulated rig: how each objective, the stage, the camera, the lamp and a hand really are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Turns = Literal[0, 1, 2, 3]
Bits = Literal[8, 10, 12, 14, 16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """How one objective truly sits in the nosepiece, and how it lights and images its field.

    Parameters
    ----------
    rotation_deg : float
        Of the camera's columns against the stage's x.
    scale : float
        True over nominal pixel size.
    parcentric_um : (float, float)
        Stage move to add after turning from the first objective, so that the same point stays centred.
    parfocal_um : float
        Z to add after turning from the first objective, so that the same plane is in focus.
    shading : float
        Light lost towards the corners, as a fraction.
    vignetting : float
        Further light cut off in the outermost fifth of the corners' distance, as a fraction at the corners.
    lateral_colour : (float, float)
        By how much a red and a blue pixel are larger than a green one, as a fraction.
    """

    rotation_deg: float = 0.0
    scale: float = 1.0
    parcentric_um: tuple[float, float] = (0.0, 0.0)
    parfocal_um: float = 0.0
    shading: float = 0.0
    vignetting: float = 0.0
    lateral_colour: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """The simulated camera.

    Parameters
    ----------
    full_well_e : float
        Electrons at which a pixel saturates; they give the white level.
    read_noise_e : float
        Standard deviation of the noise without light.
    noise : bool
        Whether there is any noise.
    offset : float
        Grey level without light, as a fraction of the white level.
    gains : (float, float, float)
        How bright empty glass is in red, green and blue, relative to a neutral camera.
    bits : {8, 10, 12, 14, 16}
        8 come as 32bitRGB; more come in 16, as 64bitRGB.
    dead : float
        Share of the pixels that are stuck, half of them black, half white.
    quarter_turns : {0, 1, 2, 3}
        How often the camera is turned by 90° from columns along the stage's x to columns along its y.
    mirrored : bool
        Whether a mirror in the light path swaps the direction of its columns.
    """

    full_well_e: float = 20_000.0
    read_noise_e: float = 10.0
    noise: bool = True
    offset: float = 0.0
    gains: tuple[float, float, float] = (0.94, 1.0, 0.88)
    bits: Bits = 8
    dead: float = 0.0
    quarter_turns: Turns = 0
    mirrored: bool = False

    @property
    def white_level(self) -> int:
        """Grey level of a full well."""
        return int(2**self.bits - 1)

    def pixel_type(self, bayer: str) -> str:
        """Pixel type of the demo camera whose bytes this one delivers; `bayer` is ``none`` or the order of filters."""
        depth = "8" if self.white_level < 2**8 else "16"
        if bayer != "none":
            return f"{depth}bit"
        return "32bitRGB" if depth == "8" else "64bitRGB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How stage and focus drive truly move; none of it shows in what they read.

    Parameters
    ----------
    backlash_um : (float, float)
        Play of x and y: after a change of direction so much of a move is lost.
    noise_um : float
        Standard deviation along x and y of where the stage comes to rest, another at each arrival.
    step_um : float
        Of the motors: the stage rests, and says so, at multiples of it; 0 for none.
    z_backlash_um : float
        Play of the focus drive.
    drift_um_per_h : (float, float, float)
        Of the slide in x, y and z.
    """

    backlash_um: tuple[float, float] = (0.0, 0.0)
    noise_um: float = 0.0
    step_um: float = 0.0
    z_backlash_um: float = 0.0
    drift_um_per_h: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """How steady the light is.

    Parameters
    ----------
    warm_up : float
        Share of the light that is missing when the core is loaded.
    warm_up_s : float
        Time in which that falls to a third (1/e).
    flicker : float
        Standard deviation of the light from frame to frame, as a fraction.
    """

    warm_up: float = 0.0
    warm_up_s: float = 120.0
    flicker: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What the hand that puts the oil on does to the slide, when the first wet objective is turned in.

    Parameters
    ----------
    shift_um : (float, float)
        The slide lies so much farther along x and y.
    turn_deg : float
        And is turned by so much round the middle of the stage's travel.
    """

    shift_um: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All that is wrong with one rig.

    Parameters
    ----------
    mounts : mapping of str to Mount
        By objective.
    sensor, stage, lamp, oil_step : Sensor, Stage, Lamp, Hand
        What each really is.
    cover_error_um : float
        By how much the cover glass is thicker than dry objectives are corrected for.
    seed : int
        What is drawn was drawn with it; the noise too.
    """

    mounts: Mapping[str, Mount]
    sensor: Sensor = field(default_factory=Sensor)
    stage: Stage = field(default_factory=Stage)
    lamp: Lamp = field(default_factory=Lamp)
    oil_step: Hand = field(default_factory=Hand)
    cover_error_um: float = 0.0
    seed: int = 0
