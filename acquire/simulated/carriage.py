"""Where stage and focus drive truly carry the slide: play with memory, noise at rest, steps and drift."""

from collections import Counter
from dataclasses import dataclass, field

from acquire.simulated.chance import drawing
from acquire.simulated.faults import Stage

Point = tuple[float, float, float]

_DRIFT_STEP_UM = (
    0.01  # the drift is told in steps: a frame at rest need not be computed anew for a thousandth of a pixel
)
_SECONDS_PER_HOUR = 3600.0


@dataclass(slots=True)
class Play:
    """One axis with play: what is carried stays until the drive has taken up half the play on either side.

    Parameters
    ----------
    width_um : float
        The play: what a move loses after a change of direction.
    """

    width_um: float
    _carried_um: float | None = None

    def follow(self, drive_um: float) -> float:
        """Return where the carried part stands when the drive stands at `drive_um`, having come there straight."""
        half = self.width_um / 2
        if self._carried_um is None:
            self._carried_um = drive_um
        self._carried_um = min(max(self._carried_um, drive_um - half), drive_um + half)
        return self._carried_um


@dataclass(slots=True, kw_only=True)
class Carriage:
    """Stage and focus drive of one simulated rig.

    Parameters
    ----------
    stage : Stage
        Its faults.
    seed : int
        Of the noise: the n-th arrival at a place rests where it rested in any other session.
    """

    stage: Stage
    seed: int
    _arrivals: Counter[tuple[float, float]] = field(default_factory=Counter)
    _noise_um: tuple[float, float] | None = None
    _plays: tuple[Play, Play, Play] = field(init=False)

    def __post_init__(self) -> None:
        x_um, y_um = self.stage.backlash_um
        self._plays = Play(x_um), Play(y_um), Play(self.stage.z_backlash_um)

    def stepped(self, drive_um: float) -> float:
        """Return the multiple of the motor's step at which the stage rests, and reads, when it was sent elsewhere."""
        step_um = self.stage.step_um
        return round(drive_um / step_um) * step_um if step_um else drive_um

    def turns(self, drive_um: Point) -> None:
        """Take note that an axis may turn round here: before each new move."""
        self._follow(drive_um)

    def leaves(self) -> None:
        """Take note that the stage moves: it will rest with another error."""
        self._noise_um = None

    def carries_to(self, drive_um: Point, seconds: float) -> Point:
        """Return where the slide truly is, drift taken off, when the drives read `drive_um` after `seconds`."""
        true = self._follow(drive_um)
        noise = (*self._noise(drive_um), 0.0)
        drift = [round(rate * seconds / _SECONDS_PER_HOUR / _DRIFT_STEP_UM) for rate in self.stage.drift_um_per_h]
        x, y, z = (t + n - d * _DRIFT_STEP_UM for t, n, d in zip(true, noise, drift, strict=True))
        return x, y, z

    def _follow(self, drive_um: Point) -> Point:
        x, y, z = (play.follow(at_um) for play, at_um in zip(self._plays, drive_um, strict=True))
        return x, y, z

    def _noise(self, drive_um: Point) -> tuple[float, float]:
        if self._noise_um is None:
            place = round(drive_um[0], 2), round(drive_um[1], 2)
            self._arrivals[place] += 1
            rng = drawing(f"{self.seed} arrival {place} {self._arrivals[place]}")
            self._noise_um = rng.normal(scale=self.stage.noise_um), rng.normal(scale=self.stage.noise_um)
        return self._noise_um
