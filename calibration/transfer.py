"""Partially coherent bright-field imaging: transfer functions, cut-offs, and how focus moves inside the section.

Frequencies in cycles per µm, depths in µm. A weak object of Napierian absorbance A and phase Φ, in focus at z_focus and
lying at z_layer, gives the intensity spectrum ``-A H_a + Φ H_p`` beside the undiffracted light.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from calibration.optics import Objective

COLOURS_UM = (0.61, 0.54, 0.46)
"""Mean wavelength of the camera's red, green and blue, R first."""

SECTION_INDEX = 1.52
"""Refractive index of a mounted section: resin and dried protein lie between 1.515 and 1.53."""

TABLE_RADII = 257
"""Radii of a table; linear interpolation between them is good to 1e-4 within the depth of a section."""

_NODES = (14, 28)  # Gauss-Legendre nodes along y and x of half the source: 1e-3 up to 6 µm of defocus

_REFOCUS, _REFOCUS_STEPS = 1.0, 401  # tried shifts of focus, as a share of the cover error; the best is near a half

Table = NDArray[np.complex64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Optics:
    """One objective with one condenser in one colour.

    Parameters
    ----------
    na : float
        Numerical aperture of the objective.
    condenser_na : float
        Numerical aperture of the illumination; what exceeds the objective's is not transmitted.
    wavelength_um : float
        In vacuum.
    index : float
        Refractive index of the medium in which defocus is counted.
    immersion_index : float
        Refractive index of what stands between lens and cover glass.
    cover_error_um : float
        By how much the cover glass (with what lies between it and the section) is thicker than the objective is
        corrected for.
    """

    na: float
    condenser_na: float
    wavelength_um: float
    index: float = SECTION_INDEX
    immersion_index: float = SECTION_INDEX
    cover_error_um: float = 0.0

    @property
    def pupil(self) -> float:
        """Radius of the objective's pupil in cycles per µm."""
        return self.na / self.wavelength_um

    @property
    def source(self) -> float:
        """Radius of the part of the source that the objective accepts, in cycles per µm."""
        return min(self.condenser_na, self.na) / self.wavelength_um

    @property
    def cutoff(self) -> float:
        """Highest frequency of a weak object that is imaged, in cycles per µm: (NAo + NAc) / λ."""
        return self.pupil + self.source


def transfer(optics: Optics, defocus_um: float, *, slab_um: float = 0.0) -> Table:
    """Transfer function C of an object of weak contrast, at equidistant radii from 0 to the cut-off.

    ``C(f; d) = (1/B) ∫ S(u) P(u) P(u+f) exp{2πi [d (g(u+f) - g(u)) + W(u+f) - W(u)]} du`` with
    ``g(u) = √((n/λ)² - |u|²)`` and the aberration W of a cover glass of the wrong thickness. An object that fades
    linearly to nothing over the depth h on either side has the mean of C over it: each source point gains the factor
    ``sinc²(h (g(u+f) - g(u)))``.

    Parameters
    ----------
    optics : Optics
        Objective, condenser, colour and medium.
    defocus_um : float
        z_focus - z_layer, counted along the light; the sign decides how phase shows.
    slab_um : float
        h, or 0 for an infinitely thin layer.

    Returns
    -------
    ndarray of complex64, shape (TABLE_RADII,)
        ``C.real`` acts on absorbance, ``-2 * C.imag`` on phase (see `absorption` and `phase`).

    References
    ----------
    N. Streibl, "Three-dimensional imaging by a microscope", J. Opt. Soc. Am. A 2, 121 (1985).
    """
    weights, detour, wrinkle = _source_points(optics)
    angle = np.float32(2 * np.pi * defocus_um) * detour + wrinkle
    if slab_um:
        weights = weights * np.square(np.sinc(np.float32(slab_um) * detour))
    table = np.empty(TABLE_RADII, np.complex64)
    table.real = np.einsum("rs,rs->r", weights, np.cos(angle))
    table.imag = np.einsum("rs,rs->r", weights, np.sin(angle))
    return table


def absorption(table: Table) -> NDArray[np.float32]:
    """H_a: how much of the Napierian absorbance at each radius reaches the picture; 1 at frequency 0."""
    return table.real


def phase(table: Table) -> NDArray[np.float32]:
    """H_p: how much of the phase (radians) at each radius reaches the picture; zero in focus."""
    return -2.0 * table.imag


def focus_ratio(objective: Objective, *, section_index: float = SECTION_INDEX) -> float:
    """How far the focus moves inside the section for each µm that lens and slide approach each other.

    Moving the lens by δ changes the phase over the pupil by ``2π δ g₁``, a depth d in the section by ``2π d g₂``, with
    ``gᵢ(ρ) = √(nᵢ² - ρ²)/λ``. The two have different shapes when the immersion does not match the section; d/δ is the
    least-squares fit of one to the other without their means, each ring of the pupil counted equally: a ring serves the
    details of its own fineness, and the amplitudes of natural scenes fall as 1/f, which undoes the ring's area.
    Paraxially it is n₂/n₁; at the rim of a 0.95 dry lens it would be 2.06.

    Parameters
    ----------
    objective : Objective
        Its numerical aperture and immersion count.
    section_index : float
        Refractive index of the section.

    Returns
    -------
    float
        1.88 for a dry lens of NA 0.95 in a section of index 1.52; 1.00 for oil.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    rho = 0.5 * objective.na * (nodes + 1)
    outside = _without_mean(np.sqrt(objective.refractive_index**2 - rho**2), weights)
    inside = _without_mean(np.sqrt(section_index**2 - rho**2), weights)
    return float(np.sum(weights * outside * inside) / np.sum(weights * inside**2))


def _without_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return values - np.average(values, weights=weights)


def _path_um(optics: Optics, rho: NDArray[np.float64], *, refocus: float) -> NDArray[np.float64]:
    """Path in µm that a wrong cover glass adds to the ray of aperture ρ, and a shift of focus takes back.

    A plate that is δ too thick adds ``δ (√(n_glass² - ρ²) - √(n_immersion² - ρ²))``; the stage, moving in the
    immersion, takes back `refocus` times ``√(n_immersion² - ρ²)``.
    """
    inside, outside = np.sqrt(optics.index**2 - rho**2), np.sqrt(optics.immersion_index**2 - rho**2)
    return np.asarray(optics.cover_error_um * (inside - outside) - refocus * outside)


@lru_cache(maxsize=32)
def _refocus_um(optics: Optics) -> float:
    """Shift of focus that a person would make for a wrong cover glass: the sharpest in green at half the cut-off."""
    if not optics.cover_error_um:
        return 0.0
    green = replace(optics, wavelength_um=COLOURS_UM[1])
    weights, diffracted, straight = (part[TABLE_RADII // 2] for part in _rays(green))

    def blur(refocus: float) -> float:
        before, after = (_path_um(green, np.sqrt(rho), refocus=refocus) for rho in (straight, diffracted))
        return -float(np.sum(weights * np.cos(2 * np.pi / green.wavelength_um * (after - before))))

    steps = optics.cover_error_um * np.linspace(-_REFOCUS, _REFOCUS, _REFOCUS_STEPS)
    return float(min(steps, key=blur))


@lru_cache(maxsize=32)
def _source_points(optics: Optics) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Weights, of sum 1 at frequency 0, detours g(u+f) - g(u), and aberrations W(u+f) - W(u) in radians.

    For each radius f and source point, shape (radii, points).
    """
    weights, diffracted, straight = _rays(optics)
    wave, index = optics.wavelength_um, optics.index
    detour = (np.sqrt(index**2 - diffracted) - np.sqrt(index**2 - straight)) / wave
    before, after = (_path_um(optics, np.sqrt(rho), refocus=_refocus_um(optics)) for rho in (straight, diffracted))
    wrinkle = 2 * np.pi / wave * (after - before)
    return weights.astype(np.float32), detour.astype(np.float32), wrinkle.astype(np.float32)


def _rays(optics: Optics) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights of source points, and the squared apertures of their light with and without diffraction by f.

    The points fill the upper half (the lower is its mirror image) of the part of the source disc whose light,
    diffracted by f, still enters the pupil. Its border is met exactly, so a few hundred points do what thousands on a
    grid would.
    """
    radii = np.linspace(0, optics.cutoff, TABLE_RADII)[:, None, None]
    (rows, row_weights), (columns, column_weights) = (np.polynomial.legendre.leggauss(n) for n in _NODES)
    angle = 0.25 * np.pi * (rows[:, None] + 1)  # y = y_max sin(angle): the tip of the domain becomes smooth
    top = _half_height(optics, radii)
    y = top * np.sin(angle)
    left = np.maximum(-_chord(optics.source, y), -radii - _chord(optics.pupil, y))
    right = np.minimum(_chord(optics.source, y), -radii + _chord(optics.pupil, y))
    width = np.maximum(right - left, 0)
    x = 0.5 * (left + right) + 0.5 * width * columns
    weights = top * np.cos(angle) * row_weights[:, None] * width * column_weights
    squared = (np.minimum(((x + shift) ** 2 + y**2) * optics.wavelength_um**2, optics.na**2) for shift in (radii, 0))
    diffracted, straight = (rho.reshape(TABLE_RADII, -1) for rho in squared)
    return (weights / weights[0].sum()).reshape(TABLE_RADII, -1), diffracted, straight


def _chord(radius: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(np.maximum(radius**2 - y**2, 0))


def _half_height(optics: Optics, radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest |y| of the overlap of the source disc at 0 with the pupil disc at -f."""
    source, pupil = optics.source, optics.pupil
    crossing = (pupil**2 - source**2 - radii**2) / np.maximum(2 * radii, 1e-12)
    return np.where(crossing >= 0, source, np.sqrt(np.maximum(source**2 - crossing**2, 0)))
