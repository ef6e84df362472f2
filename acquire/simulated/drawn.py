"""The faults that a rig file asks for: none, or drawn as realistic ones are, and what it says of single ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from acquire.simulated.chance import drawing
from acquire.simulated.faults import Faults, Hand, Lamp, Mount, Sensor, Stage
from acquire.simulated.told import mapping, overridden
from calibration.errors import RigError
from calibration.optics import Objective, Rig

DEFAULT_SEED = 7
KNOWN_KEYS = (
    "faults", "seed", "specimen", "fidelity", "truth", "truth_of_rig", "camera", "stage", "lamp", "oil_step",
    "cover_error_um", "failures",
)  # fmt: skip

_FAULTS = ("perfect", "realistic")

_ROTATION_DEG = (0.1, 0.7)
_SCALE = (0.002, 0.013)
_PARCENTRIC_UM = (5.0, 20.0)
_PARFOCAL_UM = (1.0, 4.0)
_SHADING = (0.05, 0.08)
_VIGNETTING = (0.0, 0.03)
_LATERAL = 3e-4  # largest, 0.08 px at the edge of 512 px: a well-corrected apochromat
_BACKLASH_UM = (0.5, 3.0)
_Z_BACKLASH_UM = (0.3, 1.0)
_DRIFT_UM_PER_H = 2.0  # largest along each axis
"""Ranges of magnitude on real stands; signs and directions are drawn."""

_REALISTIC_STAGE = Stage(noise_um=0.3, step_um=0.05)
_REALISTIC_LAMP = Lamp(warm_up=0.01, warm_up_s=120.0, flicker=0.001)
_REALISTIC_DEAD = 1e-5


def faults_of(rig: Rig) -> Faults:
    """Draw the faults of a simulated rig from what is under `simulated` in its file.

    Parameters
    ----------
    rig : Rig
        Its ``simulated`` may hold ``faults`` (perfect or realistic), ``seed``, and what replaces single faults:
        ``truth_of_rig`` (fields of `Mount` by objective), ``camera`` (of `Sensor`), ``stage`` (of `Stage`), ``lamp``
        (of `Lamp`), ``oil_step`` (of `Hand`), ``cover_error_um``.

    Raises
    ------
    RigError
        When a key is not known, or a value does not fit; the message names the key.
    """
    told = rig.simulated
    for name in told:
        if name not in KNOWN_KEYS:
            raise RigError(f"simulated.{name} is not known: choose one of {list(KNOWN_KEYS)} or remove it")
    faults, seed = told.get("faults", "realistic"), told.get("seed", DEFAULT_SEED)
    if faults not in _FAULTS:
        raise RigError(f"simulated.faults is {faults!r}: choose one of {list(_FAULTS)}")
    if not isinstance(seed, int):
        raise RigError(f"simulated.seed is {seed!r}: give a whole number")
    return _as_told(_perfect(rig, seed) if faults == "perfect" else _realistic(rig, seed), rig)


def _as_told(faults: Faults, rig: Rig) -> Faults:
    told, mounts = rig.simulated, dict(faults.mounts)
    for name, values in mapping(told.get("truth_of_rig", {}), "simulated.truth_of_rig").items():
        mounts[name] = overridden(mounts[rig.objective(name).name], values, f"simulated.truth_of_rig.{name}")
    cover_error_um = told.get("cover_error_um", faults.cover_error_um)
    if not isinstance(cover_error_um, int | float):
        raise RigError(f"simulated.cover_error_um is {cover_error_um!r}: give a number in µm")
    return replace(
        faults,
        mounts=mounts,
        sensor=overridden(faults.sensor, told.get("camera", {}), "simulated.camera"),
        stage=overridden(faults.stage, told.get("stage", {}), "simulated.stage"),
        lamp=overridden(faults.lamp, told.get("lamp", {}), "simulated.lamp"),
        oil_step=overridden(Hand(), told.get("oil_step", {}), "simulated.oil_step"),
        cover_error_um=float(cover_error_um),
    )


def _perfect(rig: Rig, seed: int) -> Faults:
    mounts = {objective.name: Mount() for objective in rig.objectives}
    return Faults(mounts=mounts, sensor=Sensor(noise=False, gains=(1.0, 1.0, 1.0)), seed=seed)


def _realistic(rig: Rig, seed: int) -> Faults:
    rng = drawing(f"{seed} stage")
    stage = replace(
        _REALISTIC_STAGE,
        backlash_um=(float(rng.uniform(*_BACKLASH_UM)), float(rng.uniform(*_BACKLASH_UM))),
        z_backlash_um=float(rng.uniform(*_Z_BACKLASH_UM)),
        drift_um_per_h=_triple(rng.uniform(-_DRIFT_UM_PER_H, _DRIFT_UM_PER_H, 3)),
    )
    mounts = _mounts(rig.objectives, seed)
    return Faults(mounts=mounts, sensor=Sensor(dead=_REALISTIC_DEAD), stage=stage, lamp=_REALISTIC_LAMP, seed=seed)


def _mounts(objectives: tuple[Objective, ...], seed: int) -> Mapping[str, Mount]:
    """Draw mounts; the first objective is the reference of the offsets, and the others turn against it."""
    first, *others = (_mount(objective.name, seed) for objective in objectives)
    mounts = [replace(first, parcentric_um=(0.0, 0.0), parfocal_um=0.0)]
    mounts += [replace(mount, rotation_deg=mount.rotation_deg + first.rotation_deg) for mount in others]
    return {objective.name: mount for objective, mount in zip(objectives, mounts, strict=True)}


def _mount(name: str, seed: int) -> Mount:
    rng = drawing(f"{seed} {name}")
    direction = rng.uniform(0, 2 * np.pi)
    apart = rng.uniform(*_PARCENTRIC_UM)
    return Mount(
        rotation_deg=_signed(rng, *_ROTATION_DEG),
        scale=1 + _signed(rng, *_SCALE),
        parcentric_um=(float(apart * np.cos(direction)), float(apart * np.sin(direction))),
        parfocal_um=_signed(rng, *_PARFOCAL_UM),
        shading=float(rng.uniform(*_SHADING)),
        vignetting=float(rng.uniform(*_VIGNETTING)),
        lateral_colour=(float(rng.uniform(-_LATERAL, _LATERAL)), float(rng.uniform(-_LATERAL, _LATERAL))),
    )


def _signed(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high) * rng.choice((-1, 1)))


def _triple(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
