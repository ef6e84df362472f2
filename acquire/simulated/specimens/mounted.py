"""How a section was cut and how it lies on its slide: thickness, surface, folds, dust, and the independent band."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from acquire.simulated.specimens.band import COARSEST_PITCH_UM, band_noise
from acquire.simulated.specimens.curves import step
from acquire.simulated.specimens.dust import DUST_ABSORBANCE, dust
from acquire.simulated.specimens.specimen import Coordinates, Fidelity, Image, Specimen
from acquire.simulated.specimens.window import Window

THICKNESS_UM = 4.0
"""Of a section as the specimens describe it."""

SECTION_END_UM = 18_500.0
"""Where the section ends at the latest, in x: beyond it the slide is empty glass, for flat fields."""

GLASS_UM = (18_600.0, 1_000.0)
"""A place on that glass."""

_EDGE_UM = 40.0
_FOLD_UM = 14.0  # width of a fold
_FOLD_BEND = 0.18  # how far a fold swings to the side, in distances between folds
_COUNTERSTAIN = 1  # the stain that carries the independent band: it absorbs green


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounting:
    """How a section was cut and laid on the slide.

    Parameters
    ----------
    thickness_um : float
        Of the section; a thicker one holds more and spans more depth.
    tilt_um_per_mm : (float, float)
        By how much mid-section gains Z along x and y.
    waviness_um : float
        Height of the waves of its surface, from trough to crest.
    waviness_length_um : float
        Their length.
    folds_per_mm : float
        Folds met along x: there the section lies double, and half its thickness higher.
    dust_per_mm2 : float
        Opaque specks on the section.
    band : float
        Rms Napierian absorbance, in units of the counterstain, of the independent band (`band`).
    mount_seed : int
        Of folds, dust and band.
    """

    thickness_um: float = THICKNESS_UM
    tilt_um_per_mm: tuple[float, float] = (0.0, 0.0)
    waviness_um: float = 0.0
    waviness_length_um: float = 600.0
    folds_per_mm: float = 0.0
    dust_per_mm2: float = 0.0
    band: float = 0.0
    mount_seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """A specimen as it lies on the slide.

    Parameters
    ----------
    specimen : Specimen
        Level and flat.
    mounting : Mounting
        What became of it.
    """

    specimen: Specimen
    mounting: Mounting

    @property
    def absorbance(self) -> Image:
        """Of the specimen, and of dust where there is any."""
        own = self.specimen.absorbance
        return np.concatenate([own, DUST_ABSORBANCE]) if self.mounting.dust_per_mm2 else own

    @property
    def depths_um(self) -> tuple[float, ...]:
        """Of the specimen, stretched to the thickness."""
        return tuple(depth * self._thicker for depth in self.specimen.depths_um)

    @property
    def fidelity(self) -> Fidelity:
        """Of the specimen."""
        return self.specimen.fidelity

    @property
    def _thicker(self) -> float:
        return self.mounting.thickness_um / THICKNESS_UM

    def surface_um(self, x_um: Coordinates, y_um: Coordinates, /) -> Coordinates:
        """Z of mid-section: a plane through the origin, waves, folds, and what the specimen has of its own."""
        told = self.mounting
        tilt_x, tilt_y = told.tilt_um_per_mm
        surface = self.specimen.surface_um(x_um, y_um) + (tilt_x * x_um + tilt_y * y_um) * 1e-3
        wave = 2 * np.pi / told.waviness_length_um
        surface = surface + told.waviness_um / 4 * (np.sin(wave * x_um) + np.cos(wave * y_um))
        if told.folds_per_mm:
            surface = surface + told.thickness_um / 2 * self._folded(x_um, y_um)
        return np.asarray(surface)

    def tile(self, window: Window) -> Image:
        """Compute one tile; see `specimen.Specimen`."""
        told = self.mounting
        factor: Image = np.asarray(step((SECTION_END_UM - window.x_um).astype(np.float32), 0.0, _EDGE_UM))
        sheets = self.specimen.tile(window) if factor.any() else self._nothing(window)
        if told.folds_per_mm:
            factor = factor * (1 + self._folded(window.x_um, window.y_um[:, None])).astype(np.float32)
        sheets = sheets * (factor * np.float32(self._thicker))
        if told.band and window.pitch_um < COARSEST_PITCH_UM:
            share = np.float32(told.band / np.log(10) / np.sqrt(len(sheets)))
            sheets[:, _COUNTERSTAIN] += share * band_noise(window, told.mount_seed, len(sheets)) * factor
        return _with_dust(sheets, window, told) if told.dust_per_mm2 else sheets

    def _nothing(self, window: Window) -> Image:
        """Glass beyond the section, of which nothing need be computed."""
        stains = len(self.specimen.absorbance)
        return np.zeros((len(self.specimen.depths_um), stains + 1, window.rows, window.columns), np.float32)

    def _folded(self, x_um: Coordinates, y_um: Coordinates) -> NDArray[np.float64]:
        """How far the section lies double: 0 or 1, with soft borders."""
        apart_um = 1000 / self.mounting.folds_per_mm
        phase = 0.37 + 0.618 * self.mounting.mount_seed  # any: another seed puts the folds elsewhere
        across = x_um / apart_um + _FOLD_BEND * np.sin(2 * np.pi * (y_um / (2.3 * apart_um) + phase)) + phase
        from_fold_um = np.abs(across - np.round(across)) * apart_um
        return np.clip((_FOLD_UM / 2 - from_fold_um) / 2 + 0.5, 0, 1)


def mounted(specimen: Specimen, mounting: Mounting) -> Specimen:
    """Lay a specimen on its slide; as it is when nothing was told of how it lies."""
    plain = replace(Mounting(), mount_seed=mounting.mount_seed)
    return specimen if mounting == plain else Mounted(specimen=specimen, mounting=mounting)


def _with_dust(sheets: Image, window: Window, told: Mounting) -> Image:
    """Add the specks as one more stain, in the sheet farthest from the slide."""
    specks = np.zeros((len(sheets), 1, window.rows, window.columns), np.float32)
    specks[0, 0] = dust(window, told.dust_per_mm2, told.mount_seed)
    return np.concatenate([sheets[:, :-1], specks, sheets[:, -1:]], axis=1)
