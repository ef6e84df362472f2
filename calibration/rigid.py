"""A shift and a turn of the plane, as of a slide moved by hand, and its fit to places found again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.errors import MeasurementError

PLACE_SIGMA_UM = 1.0
"""Standard deviation of a place found again: play and scatter of a stage (0.5 to 3 µm and 0.1 to 0.5 µm rms)."""

TURN_SIGMA_DEG = 0.1
"""Of a turn read from one registered picture: 0.01° of its own, and what the calibrated rotations of the two
objectives are wrong by."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rigid:
    """The motion that takes a point s to ``R (s - pivot) + pivot + shift``.

    Parameters
    ----------
    shift_um : (float, float)
        How far the pivot moves.
    turn_deg : float
        Of R, from x towards y.
    pivot_um : (float, float)
        The point that does not turn.
    """

    shift_um: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    pivot_um: tuple[float, float] = (0.0, 0.0)

    @property
    def rotation(self) -> Points:
        """R, shape (2, 2)."""
        return rotation(self.turn_deg)

    def apply(self, points_um: ArrayLike) -> Points:
        """Where points of shape (..., 2) come to lie."""
        away = np.asarray(points_um, dtype=np.float64) - self.pivot_um
        return np.asarray(away @ self.rotation.T + self.pivot_um + self.shift_um)

    def undo(self, points_um: ArrayLike) -> Points:
        """Where points of shape (..., 2) lay before."""
        away = np.asarray(points_um, dtype=np.float64) - self.pivot_um - self.shift_um
        return np.asarray(away @ self.rotation + self.pivot_um)

    @classmethod
    def fitted(cls, points_um: ArrayLike, seen_um: ArrayLike, turns_deg: Sequence[float]) -> Self:
        """Fit the motion to places found again, by least squares.

        The turn is the mean of what the places say together and what each picture says alone, each with the weight of
        its standard deviation: places far apart know it better, neighbours worse.

        Parameters
        ----------
        points_um, seen_um : array_like, shape (n, 2)
            Where they lay and where they lie now; at least one.
        turns_deg : sequence of float
            Turn that each picture shows.

        Raises
        ------
        MeasurementError
            When there is no place, or the lists differ in length.
        """
        points, seen = (np.asarray(p, dtype=np.float64).reshape(-1, 2) for p in (points_um, seen_um))
        if not len(points) == len(seen) == len(turns_deg) > 0:
            raise MeasurementError(
                f"{len(points)} places, {len(seen)} places found again and {len(turns_deg)} turns were given: give "
                "one of each for every place, and at least one"
            )
        middle, shifted = points.mean(axis=0), seen.mean(axis=0)
        turn_deg = _turn_deg(points - middle, seen - shifted, turns_deg)
        x_um, y_um = (shifted - middle).tolist()
        return cls(shift_um=(x_um, y_um), turn_deg=turn_deg, pivot_um=(float(middle[0]), float(middle[1])))


def rotation(turn_deg: float) -> Points:
    """Matrix that turns from x towards y, shape (2, 2)."""
    angle = np.deg2rad(turn_deg)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _turn_deg(points: Points, seen: Points, turns_deg: Sequence[float]) -> float:
    """Weighted mean of the turn of the places about their middle, after Kabsch, and of the pictures' own turns."""
    own_deg, own_weight = float(np.mean(turns_deg)), 1 / TURN_SIGMA_DEG**2  # what they err by they share
    spread = float(np.sum(points**2))
    sine = float(np.sum(points[:, 0] * seen[:, 1] - points[:, 1] * seen[:, 0]))
    if spread == 0 or (sine == 0 and not np.any(seen)):
        return own_deg
    together_deg = float(np.rad2deg(np.arctan2(sine, float(np.sum(points * seen)))))
    weight = spread / np.rad2deg(PLACE_SIGMA_UM) ** 2
    return float((own_weight * own_deg + weight * together_deg) / (own_weight + weight))
