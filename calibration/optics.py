"""The values that describe a rig: objectives, camera, Z drive, limits, and the rig that holds them.

Lengths in µm, spatial frequencies in cycles per µm. Values are checked where they are made and never change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from calibration.errors import RigError

NO_POSITION = "none"
"""For `Rig.nosepiece_empty`: the nosepiece has a lens in every position, or nobody said which one is empty."""

Immersion = Literal["air", "water", "glycerol", "oil"]
Stand = Literal["unknown", "upright", "inverted"]
"""Whether the objectives hang above the slide or stand below it: where a person puts the oil."""
Setting = tuple[str, str, str]
"""One device property to set: (device, property, value)."""

BAYER_PATTERNS = ("none", "RGGB", "BGGR", "GRBG", "GBRG")
"""A camera that delivers RGB, or the filters of the first two rows of one that does not."""

REFRACTIVE_INDEX: Mapping[str, float] = MappingProxyType({"air": 1.0, "water": 1.33, "glycerol": 1.47, "oil": 1.518})


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One objective of the nosepiece.

    Parameters
    ----------
    name : str
        What the person calls it, the key in the rig file: ``40x``.
    label : str
        What Micro-Manager calls its turret position: ``40x/0.95 air``.
    magnification : float
        With the tube lens it was made for.
    na : float
        Numerical aperture, below the refractive index of the immersion.
    immersion : {'air', 'water', 'glycerol', 'oil'}
        What stands between lens and cover glass.
    near_margin_um : float
        How far past the last verified focus the lens may go nearer to the slide.
    preset : tuple of (device, property, value)
        Properties to set after this objective has been turned in.

    Raises
    ------
    RigError
        When the numerical aperture cannot be reached in the immersion, or a number is not positive.
    """

    name: str
    label: str
    magnification: float
    na: float
    immersion: Immersion
    near_margin_um: float
    preset: tuple[Setting, ...] = ()

    def __post_init__(self) -> None:
        if self.magnification <= 0 or self.near_margin_um <= 0:
            raise RigError(
                f"objective {self.name}: magnification {self.magnification} and near_margin_um {self.near_margin_um} "
                "must be positive: correct them in the rig file"
            )
        if not 0 < self.na < self.refractive_index:
            raise RigError(
                f"objective {self.name}: NA {self.na} is not between 0 and {self.refractive_index}, the refractive "
                f"index of {self.immersion}: correct na or immersion in the rig file"
            )

    @property
    def refractive_index(self) -> float:
        """Refractive index of the immersion."""
        return REFRACTIVE_INDEX[self.immersion]

    @property
    def wet(self) -> bool:
        """Whether the objective leaves a liquid on the slide."""
        return self.immersion != "air"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """The camera and what stands between it and the tube lens.

    Parameters
    ----------
    pixel_um : float
        Pixel pitch on the sensor in µm.
    relay : float
        Magnification between tube lens and sensor.
    size_px : (int, int)
        Columns and rows, unbinned.
    bayer : str
        ``none`` for a camera that delivers RGB, else the order of its filters (``RGGB``).
    lock : mapping
        Camera properties to set, read back and store with each run.
    """

    pixel_um: float
    relay: float = 1.0
    size_px: tuple[int, int] = (512, 512)
    bayer: str = "none"
    lock: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pixel_um <= 0 or self.relay <= 0 or min(self.size_px) < 1:
            raise RigError(
                f"camera: pixel_um {self.pixel_um}, relay {self.relay} and size_px {list(self.size_px)} must be "
                "positive: correct them in the rig file"
            )
        if self.bayer not in BAYER_PATTERNS:
            raise RigError(f"camera.bayer is {self.bayer!r}: choose one of {list(BAYER_PATTERNS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZDrive:
    """The focus drive and the one thing no program may guess: which way the slide lies.

    Parameters
    ----------
    device : str
        Name of the focus device.
    toward_slide : {+1, -1}
        Sign of the Z motion that brings lens and slide nearer to each other. There is no default.
    fine : str
        Name of a second, fine drive, or ``none``.
    hardware_focus : str
        Name of a hardware focus device, or ``none``.
    """

    device: str
    toward_slide: Literal[1, -1]
    fine: str = "none"
    hardware_focus: str = "none"

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the drives whose positions add up to Z, the coarse one first."""
        return (self.device,) if self.fine == "none" else (self.device, self.fine)

    def nearer(self, z_um: float, than_um: float) -> bool:
        """Whether `z_um` is nearer to the slide than `than_um`."""
        return (z_um - than_um) * self.toward_slide > 0

    def offset(self, z_um: float, nearer_um: float) -> float:
        """Z that lies `nearer_um` nearer to the slide than `z_um` (farther when negative)."""
        return z_um + self.toward_slide * nearer_um


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Travel of each axis in µm as (low, high); a target outside is refused before anything moves."""

    x: tuple[float, float]
    y: tuple[float, float]
    z: tuple[float, float]

    def __post_init__(self) -> None:
        for axis in ("x", "y", "z"):
            low, high = getattr(self, axis)
            if not low < high:
                raise RigError(f"limits_um: {axis} [{low}, {high}] is empty: write the lower limit first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the Micro-Manager core comes from.

    `kind` is demo or simulated, or in_process for a core of an installed Micro-Manager (`mm_dir`, `config`), or running
    for one that is open already (`port`).
    """

    kind: Literal["demo", "simulated", "in_process", "running"]
    mm_dir: str = ""
    config: str = ""
    port: int = 4827


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """Everything a person has written down about one microscope.

    Parameters
    ----------
    name : str
        File name without suffix, or ``demo``, ``simulated``.
    source : Source
        Where the core comes from.
    camera : Camera
        The camera.
    condenser_na : float
        Numerical aperture of the illumination.
    objectives : tuple of Objective
        In the order of the rig file; the first is the reference of all offsets.
    nosepiece : str
        The turret device, or ``manual``.
    z : ZDrive
        The focus drive.
    limits_um : Limits
        Soft limits.
    z_safe_um : float
        Where the nosepiece may turn.
    reference : mapping
        ``homed`` or ``power_on`` for ``xy`` and ``z``.
    simulated : mapping
        What is under ``simulated:`` in the rig file; empty on a real rig.
    nosepiece_empty : str
        Label of a position of the nosepiece without a lens, or ``none``.
    stand : {'unknown', 'upright', 'inverted'}
        Decides the words in which oil is asked for.
    oil_pose_um : (x, y), optional
        Where the stage goes for the oil step, so that a hand reaches slide and lens; else it stays where it is.
    settle_ms : mapping
        How long ``xy`` and ``z`` go on moving after they say that they rest; 0 when not given.
    """

    name: str
    source: Source
    camera: Camera
    condenser_na: float
    objectives: tuple[Objective, ...]
    nosepiece: str
    z: ZDrive
    limits_um: Limits
    z_safe_um: float
    reference: Mapping[str, str] = field(default_factory=dict)
    simulated: Mapping[str, Any] = field(default_factory=dict)
    nosepiece_empty: str = NO_POSITION
    stand: Stand = "unknown"
    oil_pose_um: tuple[float, float] | None = None
    settle_ms: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.objectives:
            raise RigError("objectives: the rig has none: add at least one to the rig file")
        labels = [objective.label for objective in self.objectives]
        if len(set(labels)) < len(labels):
            raise RigError(f"objectives: two have one label in {labels}: give each the label of its turret position")
        if self.nosepiece_empty in labels:
            raise RigError(f"nosepiece_empty: {self.nosepiece_empty!r} is an objective: name a position without a lens")
        if not 0 < self.condenser_na < max(REFRACTIVE_INDEX.values()):
            raise RigError(
                f"condenser_na {self.condenser_na} is not between 0 and {max(REFRACTIVE_INDEX.values())}: correct it "
                "in the rig file"
            )
        low, high = self.limits_um.z
        if not low <= self.z_safe_um <= high:
            raise RigError(
                f"z_safe_um {self.z_safe_um} is outside limits_um z [{low}, {high}], so the nosepiece could never "
                "turn: correct one of them in the rig file"
            )
        for axis, pose_um in zip("xy", self.oil_pose_um or (), strict=False):
            low, high = getattr(self.limits_um, axis)
            if not low <= pose_um <= high:
                raise RigError(
                    f"oil_pose_um {axis} {pose_um} is outside limits_um {axis} [{low}, {high}]: correct one of them in "
                    "the rig file"
                )

    def objective(self, name: str) -> Objective:
        """Look up an objective by its name in the rig file.

        Raises
        ------
        RigError
            When the rig has no objective of that name; the message lists those it has.
        """
        for objective in self.objectives:
            if objective.name == name:
                return objective
        raise RigError(
            f"objective {name!r} is not in rig {self.name!r}, which has {[o.name for o in self.objectives]}: "
            "choose one of these or edit objectives in the rig file"
        )

    def pixel_um(self, objective: str) -> float:
        """Nominal pixel size at the specimen in µm, from magnification and relay; calibration measures the true one."""
        return self.camera.pixel_um / (self.camera.relay * self.objective(objective).magnification)

    def field_um(self, objective: str) -> tuple[float, float]:
        """Nominal width and height of the field in µm."""
        columns, rows = self.camera.size_px
        pixel = self.pixel_um(objective)
        return columns * pixel, rows * pixel
