"""Stains of a picture: which two colours it was stained with, and how much of each lies where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.errors import RigError

Image = NDArray[np.float32]
Vector = NDArray[np.float64]

WHITE_PERCENTILE = 99.5
"""Of each colour, taken for empty glass: above nearly all tissue, below glints and hot pixels."""

STAINED = 0.15
"""Optical density from which a pixel tells the colour of its stains; Macenko's β."""

EXTREME_PERCENT = 1.0
"""Share of the stained pixels that may lie beyond each stain's direction; Macenko's α."""

LEAST_ANGLE_DEG = 10.0
"""Between two stains, seen in means over `BLOCK_PX`: eight sections in H&E, PAS and DAB show 13 to 28.

One stain alone shows 0 to 8 with camera noise and as JPEG of quality 75; pixel by pixel it shows up to 18.
"""

BLOCK_PX = 8
"""Side of the squares whose means tell whether there are two stains: those of JPEG, whose colour errors they cancel."""

LEAST_STAINED = 0.01
"""Share of the pixels that must be stained."""

_DARKEST = 1 / 255  # of white: nothing is darker in a picture of 8 bits, and nothing has no logarithm
_LARGEST_SAMPLE = 1_000_000  # pixels that the stains are found from
_DECIMALS = 5  # kept of a stain's direction, so that another processor's rounding changes nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unmixed:
    """A picture as amounts of its stains.

    Parameters
    ----------
    directions : ndarray of float64, shape (3, 3)
        Decadic optical density in red, green, blue of one unit of each stain, and of the rest: unit vectors, the one
        that absorbs most red first, the rest perpendicular to both.
    amounts : ndarray of float32, shape (3, rows, columns)
        Of the two stains and of the rest, of either sign: with the directions they give the picture's optical density.
    """

    directions: Vector
    amounts: Image


def unmixed(pixels: NDArray[np.generic], name: str) -> Unmixed:
    """Unmix a picture into two stains, found from itself, and the rest.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns, 3)
        R first, proportional to the light.
    name : str
        The picture's, for the message.

    Raises
    ------
    RigError
        When the picture is nearly empty, or its colours are those of fewer than two stains.
    """
    density = optical_density(pixels)
    directions = stain_directions(density, name)
    amounts = np.stack([_along(dual, density) for dual in _duals(directions)])
    return Unmixed(directions=directions, amounts=amounts)


def optical_density(pixels: NDArray[np.generic]) -> Image:
    """Decadic optical density against the picture's own white, shape (3, rows, columns); below 0 where brighter."""
    colours = np.moveaxis(np.asarray(pixels, np.float32), -1, 0)
    white = np.percentile(colours.reshape(3, -1), WHITE_PERCENTILE, axis=1).astype(np.float32)
    white = np.maximum(white, np.float32(_DARKEST) * white.max())
    density: Image = -np.log10(np.maximum(colours / white[:, None, None], np.float32(_DARKEST)))
    return density


def stain_directions(density: Image, name: str) -> Vector:
    """Find the two stains of a picture and what is perpendicular to both.

    All mixtures of two stains lie in one plane of optical density, between the two directions of the pure stains. The
    plane is that of the two largest principal axes, through the origin; the stains are the extreme directions in it.

    Parameters
    ----------
    density : ndarray of float32, shape (3, rows, columns)
        Decadic optical density in red, green, blue.
    name : str
        The picture's, for the message.

    Returns
    -------
    ndarray of float64, shape (3, 3)
        Unit vectors; see `Unmixed`.

    Raises
    ------
    RigError
        When too little is stained, or the extreme directions are too close for two stains.

    References
    ----------
    M. Macenko et al., "A method for normalizing histology slides for quantitative analysis", ISBI 2009, 1107-1110.
    """
    one, other = _extremes(_block_means(density), name)
    angle_deg = np.rad2deg(np.arccos(min((one * other).sum(), 1.0)))
    if angle_deg < LEAST_ANGLE_DEG:
        raise RigError(
            f"{name} does not hold two stains: its colours lie within {angle_deg:.1f}° of each other, those of two "
            f"stains at least {LEAST_ANGLE_DEG:g}° apart: give a picture of a section with a counterstain"
        )
    one, other = sorted(_extremes(density.reshape(3, -1), name), key=lambda stain: -stain[0])
    return np.stack([one, other, _unit(np.cross(one, other))])


def _block_means(density: Image) -> Image:
    rows, columns = (side // BLOCK_PX for side in density.shape[1:])
    blocks = density[:, : rows * BLOCK_PX, : columns * BLOCK_PX].reshape(3, rows, BLOCK_PX, columns, BLOCK_PX)
    means: Image = blocks.mean(axis=(2, 4)).reshape(3, -1)
    return means


def _extremes(density: Image, name: str) -> tuple[Vector, ...]:
    """Return the extreme directions of what is stained, within its plane; of density, shape (3, pixels)."""
    sample = density[:, :: -(-density.shape[1] // _LARGEST_SAMPLE)]
    stained = sample[:, np.square(sample).sum(axis=0) > STAINED**2]
    share = stained.shape[1] / sample.shape[1]
    if share < LEAST_STAINED:
        raise RigError(
            f"{name} is nearly empty: {share:.1%} of it is stained, at least {LEAST_STAINED:.0%} must be: "
            "give a picture of a stained section"
        )
    first, second = _plane(stained)
    angles = np.arctan2(_along(second, stained), _along(first, stained))
    low, high = np.percentile(angles, (EXTREME_PERCENT, 100 - EXTREME_PERCENT))
    return tuple(_unit(first * np.cos(angle) + second * np.sin(angle)) for angle in (low, high))


def _plane(stained: Image) -> tuple[Vector, Vector]:
    """Return the two largest principal axes about the origin, the first towards more stain.

    The moments are summed one by one: a product of matrices may be summed in another order in another process.
    """
    moments = [[np.mean(one * other, dtype=np.float64) for other in stained] for one in stained]
    axes = np.linalg.eigh(np.array(moments))[1]
    first, second = axes[:, 2], axes[:, 1]
    return first * np.sign(first.sum()), second


def _unit(vector: Vector) -> Vector:
    rounded = np.round(vector / np.sqrt(np.square(vector).sum()), _DECIMALS)
    unit: Vector = rounded / np.sqrt(np.square(rounded).sum())
    return unit


def _duals(directions: Vector) -> Vector:
    """Return the vectors whose products with a density are its amounts: the inverse matrix, by cross products."""
    one, other, rest = directions
    volume = (one * np.cross(other, rest)).sum()
    duals: Vector = np.stack([np.cross(other, rest), np.cross(rest, one), np.cross(one, other)]) / volume
    return duals


def _along(vector: Vector, density: Image) -> Image:
    red, green, blue = vector.astype(np.float32)
    along: Image = density[0] * red + density[1] * green + density[2] * blue
    return along
