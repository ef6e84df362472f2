"""The faults of a simulated rig: how each objective really sits, how evenly it is lit, what the camera adds."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from calibration.errors import RigError
from calibration.optics import Objective, Rig

Value = TypeVar("Value", "Mount", "Sensor")

DEFAULT_SEED = 7
_KNOWN_KEYS = ("faults", "seed", "specimen", "truth", "truth_of_rig", "camera")
_FAULTS = ("perfect", "realistic")

_ROTATION_DEG = (0.1, 0.7)
_SCALE = (0.002, 0.013)
_PARCENTRIC_UM = (5.0, 20.0)
_PARFOCAL_UM = (1.0, 4.0)
_SHADING = (0.05, 0.08)
"""Ranges of magnitude between the objectives of real nosepieces; signs and directions are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """How one objective truly sits in the nosepiece.

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
    """

    rotation_deg: float = 0.0
    scale: float = 1.0
    parcentric_um: tuple[float, float] = (0.0, 0.0)
    parfocal_um: float = 0.0
    shading: float = 0.0


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
    """

    full_well_e: float = 20_000.0
    read_noise_e: float = 10.0
    noise: bool = True
    offset: float = 0.0
    gains: tuple[float, float, float] = (0.94, 1.0, 0.88)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """All that is wrong with one rig.

    Parameters
    ----------
    mounts : mapping of str to Mount
        By objective.
    sensor : Sensor
        The camera.
    seed : int
        They were drawn with; of the noise too.
    """

    mounts: Mapping[str, Mount]
    sensor: Sensor
    seed: int


def faults_of(rig: Rig) -> Faults:
    """Draw the faults of a simulated rig from what is under `simulated` in its file.

    Parameters
    ----------
    rig : Rig
        Its ``simulated`` may hold ``faults`` (perfect or realistic), ``seed``, ``specimen``, ``truth``, ``camera``
        (values of `Sensor`) and ``truth_of_rig`` (values of `Mount` by objective); the last two replace what was drawn.

    Raises
    ------
    RigError
        When a key is not known, or a value does not fit; the message names the key.
    """
    told = rig.simulated
    _refuse_unknown(told, _KNOWN_KEYS, "simulated")
    faults, seed = told.get("faults", "realistic"), told.get("seed", DEFAULT_SEED)
    if faults not in _FAULTS:
        raise RigError(f"simulated.faults is {faults!r}: choose one of {list(_FAULTS)}")
    if not isinstance(seed, int):
        raise RigError(f"simulated.seed is {seed!r}: give a whole number")
    sensor = Sensor(noise=False, gains=(1.0, 1.0, 1.0)) if faults == "perfect" else Sensor()
    mounts = {o.name: Mount() for o in rig.objectives} if faults == "perfect" else _drawn(rig.objectives, seed)
    for name, values in _mapping(told.get("truth_of_rig", {}), "simulated.truth_of_rig").items():
        mounts[name] = _overridden(mounts[rig.objective(name).name], values, f"simulated.truth_of_rig.{name}")
    sensor = _overridden(sensor, told.get("camera", {}), "simulated.camera")
    return Faults(mounts=mounts, sensor=sensor, seed=seed)


def _drawn(objectives: tuple[Objective, ...], seed: int) -> dict[str, Mount]:
    """Draw mounts; the first objective is the reference of the offsets, and the others turn against it."""
    first, *others = (_mount(objective.name, seed) for objective in objectives)
    mounts = [replace(first, parcentric_um=(0.0, 0.0), parfocal_um=0.0)]
    mounts += [replace(mount, rotation_deg=mount.rotation_deg + first.rotation_deg) for mount in others]
    return {objective.name: mount for objective, mount in zip(objectives, mounts, strict=True)}


def _mount(name: str, seed: int) -> Mount:
    digest = hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(digest, "little"))
    direction = rng.uniform(0, 2 * np.pi)
    apart = rng.uniform(*_PARCENTRIC_UM)
    return Mount(
        rotation_deg=_signed(rng, *_ROTATION_DEG),
        scale=1 + _signed(rng, *_SCALE),
        parcentric_um=(float(apart * np.cos(direction)), float(apart * np.sin(direction))),
        parfocal_um=_signed(rng, *_PARFOCAL_UM),
        shading=float(rng.uniform(*_SHADING)),
    )


def _signed(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high) * rng.choice((-1, 1)))


def _overridden(value: Value, told: Any, key: str) -> Value:
    mapping = _mapping(told, key)
    _refuse_unknown(mapping, tuple(field.name for field in fields(value)), key)
    changes: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in mapping.items()}
    return replace(value, **changes)


def _mapping(told: Any, key: str) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise RigError(f"{key} is {told!r}: give names with values")
    return told


def _refuse_unknown(told: Mapping[str, Any], known: tuple[str, ...], key: str) -> None:
    for name in told:
        if name not in known:
            raise RigError(f"{key}.{name} is not known: choose one of {list(known)} or remove it")
