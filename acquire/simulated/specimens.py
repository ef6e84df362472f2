"""The kinds of specimen, by the names that stand in a rig file; a new kind is one more entry here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from acquire.simulated.architecture import Septa
from acquire.simulated.glass import EmptyGlass
from acquire.simulated.specimen import Specimen
from acquire.simulated.tissue import Lung
from calibration.errors import RigError

DENSITIES: Mapping[str, Septa] = {
    "dense": Septa(pitch_um=20.0, half_width_um=6.8),
    "open": Septa(pitch_um=52.0, half_width_um=4.6),
}
"""Dense fills nine tenths of a 40x field with tissue, as fibrosis does; open lung two fifths."""


def make_specimen(told: Any) -> Specimen:
    """Make the specimen that a rig file asks for under ``simulated.specimen``.

    Parameters
    ----------
    told : mapping
        ``kind`` (lung when absent, or empty); for lung also ``seed`` (1), ``density`` (dense or open; dense) and
        ``tilt_um_per_mm`` ([0, 0]).

    Raises
    ------
    RigError
        When the kind or a key is not known, or a value does not fit; the message names it.
    """
    if not isinstance(told, Mapping):
        raise RigError(f"simulated.specimen is {told!r}: give kind and seed")
    kind = told.get("kind", "lung")
    if kind not in _KINDS:
        raise RigError(f"simulated.specimen.kind is {kind!r}: choose one of {list(_KINDS)}")
    return _KINDS[kind]({key: value for key, value in told.items() if key != "kind"})


def _lung(told: dict[str, Any]) -> Specimen:
    seed, density = told.pop("seed", 1), told.pop("density", "dense")
    tilt = told.pop("tilt_um_per_mm", (0.0, 0.0))
    _refuse(told, "lung")
    if density not in DENSITIES:
        raise RigError(f"simulated.specimen.density is {density!r}: choose one of {list(DENSITIES)}")
    if not isinstance(seed, int):
        raise RigError(f"simulated.specimen.seed is {seed!r}: give a whole number")
    if not isinstance(tilt, Sequence) or [isinstance(value, int | float) for value in tilt] != [True, True]:
        raise RigError(f"simulated.specimen.tilt_um_per_mm is {tilt!r}: give two numbers, along x and y")
    return Lung(seed=seed, septa=DENSITIES[density], tilt_um_per_mm=(float(tilt[0]), float(tilt[1])))


def _empty(told: dict[str, Any]) -> Specimen:
    _refuse(told, "empty")
    return EmptyGlass()


def _refuse(rest: Mapping[str, Any], kind: str) -> None:
    for key in rest:
        raise RigError(f"simulated.specimen.{key} is not known for kind {kind!r}: correct or remove it")


_KINDS: Mapping[str, Callable[[dict[str, Any]], Specimen]] = {"lung": _lung, "empty": _empty}
