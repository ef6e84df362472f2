"""Extended depth of field (focus stacking): one sharp picture and the depth of each of its pixels."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.alignment import ALIGNS, Align, measure_alignment
from enhance.depth import Clearness, clearness_of, focus_width, peak_depth
from enhance.errors import StackError
from enhance.grey import RGB, Mixture, detail_mixture, mixed, sample_blocks
from enhance.laplacian import modified_laplacian, pooled
from enhance.merging import MERGES, METHODS, Merge, Method
from enhance.pieces import CORE_PX, SCALES, Piece, cut
from enhance.planes import Planes
from enhance.selection import MOST_PLANES
from enhance.soundness import notes_on

Array = NDArray[Any]

STACK_AXES = 4
FEWEST_PLANES = 2
COARSEST_PX = 4
"""Coefficients along the shorter side of a small picture at the coarsest scale; 16 and 32 cost 0.4 and 4 dB."""
DEPTH_WINDOW_PX = 19
"""Window of the focus measure behind the depth map; 9 errs up to half as much again where texture is sparse."""
THREADS = 2
"""Pieces worked on at a time; each takes 150 MB in a stack of five planes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fused:
    """One picture out of a focal stack.

    Parameters
    ----------
    image : ndarray, shape (rows, columns, 3)
        In the dtype of the stack.
    depth : ndarray of float32, shape (rows, columns)
        Z in µm at which the surroundings of each pixel are sharpest, between the planes too and up to half a step
        beyond the outermost; in planes where no Z was given. Nan where no plane is clearly sharper than another, as
        over empty glass, or the peak lies farther out.
    method : {'forster', 'energy', 'laplacian'}
        How the planes were chosen.
    matrices : ndarray of float64, shape (planes, 2, 3)
        From (x, y) of the picture to (x, y) of each plane, as measured and undone.
    quality : float
        Share of the pixels, 0 to 1, whose surroundings are clearly sharper in one plane than in another: at least twice
        the focus measure. Empty glass, and detail out of reach of all planes, count as unclear.
    notes : tuple of str
        What speaks against believing the result, in words.
    """

    image: Array
    depth: NDArray[np.float32]
    method: Method
    matrices: NDArray[np.float64]
    quality: float
    notes: tuple[str, ...]

    @property
    def drift_px(self) -> NDArray[np.float64]:
        """How far the middle of the picture lay aside in each plane, (x, y) in px, shape (planes, 2)."""
        middle = (np.array(self.image.shape[1::-1]) - 1) / 2
        drift: NDArray[np.float64] = self.matrices[:, :, :2] @ middle + self.matrices[:, :, 2] - middle
        return drift


def fuse(
    planes: Array,
    *,
    z_um: Sequence[float] | None = None,
    method: Method = "forster",
    align: Align = "none",
    core_px: int = CORE_PX,
) -> Fused:
    """Fuse a colour focal stack.

    Parameters
    ----------
    planes : ndarray of uint8, uint16 or float32, shape (planes, rows, columns, 3)
        At least two planes; R first. May be mapped from a file.
    z_um : sequence of float, optional
        Z of each plane in µm; the depth map is in µm then.
    method : {'forster', 'energy', 'laplacian'}
        ``forster``: each wavelet coefficient from the plane where it is largest, checked against its sub-bands and
        neighbours, then each pixel from the plane whose grey is nearest, so that every pixel was recorded as it stands.
        ``energy``: coefficients of all colours from the plane of largest local energy; its pixels are computed.
        ``laplacian``: each pixel from the plane of largest modified Laplacian around it: best on one smooth surface.
    align : {'none', 'translation', 'affine'}
        Whether to lay the planes on the middle one first, and by what.
    core_px : int
        Longest side of the pieces that are worked on; the result does not depend on it, memory and time do.

    Returns
    -------
    Fused
        The picture has the dtype of the stack.

    Raises
    ------
    StackError
        When there are fewer than two planes, pixels of another kind, another number of Z than of planes, or planes that
        cannot be laid on each other.

    References
    ----------
    Forster, Van De Ville, Berent, Sage, Unser, Microsc. Res. Tech. 65, 33 (2004), doi:10.1002/jemt.20092.

    Examples
    --------
    >>> stack = np.full((3, 8, 8, 3), 200, dtype=np.uint8)
    >>> int(fuse(stack).image.min())
    200
    """
    _check(planes, z_um, method, align)
    mixture = detail_mixture(planes)
    stack = Planes(pixels=planes, matrices=measure_alignment(planes, mixture, align))
    z = tuple(range(len(planes))) if z_um is None else tuple(z_um)
    image, depth, clearness = _in_pieces(stack, mixture, MERGES[method], z, core_px)
    return Fused(
        image=image,
        depth=depth,
        method=method,
        matrices=stack.matrices,
        quality=clearness.clear / clearness.pixels,
        notes=notes_on(planes, clearness),
    )


def _in_pieces(
    stack: Planes, mixture: Mixture, merge: Merge, z: Sequence[float], core_px: int
) -> tuple[Array, NDArray[np.float32], Clearness]:
    """Work through a stack piece by piece: the picture, the depth map, and how clear that is."""
    rows, columns = stack.pixels.shape[1:3]
    image, depth = np.empty(stack.pixels.shape[1:], stack.pixels.dtype), np.empty((rows, columns), np.float32)
    scales, width = _scales((rows, columns)), _width(stack, mixture, z)

    def work(piece: Piece) -> Clearness:
        planes = stack.read(*piece.read)
        grey = mixed(planes, mixture)
        image[piece.kept] = merge(planes, grey, scales)[piece.inner]
        measure = _sharpness(grey)[:, *piece.inner]
        depth[piece.kept] = peak_depth(measure, z, width=width)
        return clearness_of(measure, z)

    with ThreadPoolExecutor(THREADS) as threads:
        clearness = sum(threads.map(work, cut(rows, columns, core_px=core_px)), start=Clearness())
    return image, depth, clearness


def _sharpness(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    return pooled(modified_laplacian(grey), DEPTH_WINDOW_PX)


def _width(stack: Planes, mixture: Mixture, z: Sequence[float]) -> float | None:
    """Width of the focus curve, from some blocks: one for the whole stack, so that all pieces have the same."""
    blocks = [stack.read(rows, columns) for rows, columns in sample_blocks(stack.pixels.shape[1:3])]
    measures = [_sharpness(mixed(block, mixture)).reshape(len(block), 1, -1) for block in blocks]
    return focus_width(np.concatenate(measures, axis=-1), z)


def _scales(shape: tuple[int, ...]) -> int:
    return int(np.clip(np.log2(max(1, min(shape) / COARSEST_PX)), 1, SCALES))


def _check(planes: Array, z_um: Sequence[float] | None, method: str, align: str) -> None:
    for name, asked, known in (("method", method, METHODS), ("alignment", align, ALIGNS)):
        if asked not in known:
            raise StackError(f"fusion {name} {asked!r} is not known: choose one of {list(known)}")
    if planes.ndim != STACK_AXES or planes.shape[-1] != RGB or planes.dtype not in (np.uint8, np.uint16, np.float32):
        raise StackError(
            "a colour focal stack is uint8, uint16 or float32 of shape (planes, rows, columns, 3), not "
            f"{planes.dtype} of shape {planes.shape}: convert it first"
        )
    count = len(planes)
    if not FEWEST_PLANES <= count <= MOST_PLANES or 0 in planes.shape:
        raise StackError(
            f"a stack of {count} planes of {planes.shape[2]}×{planes.shape[1]} pixels cannot be fused: give "
            f"{FEWEST_PLANES} to {MOST_PLANES} planes of the same field"
        )
    if planes.dtype == np.float32 and not bool(np.isfinite(planes).all()):
        raise StackError("the stack holds pixels that are not a number: mend or leave out these planes")
    _check_z(z_um, count)


def _check_z(z_um: Sequence[float] | None, count: int) -> None:
    if z_um is None:
        return
    if len(z_um) != count:
        raise StackError(f"the stack has {count} planes and {len(z_um)} Z positions: give one Z a plane")
    if not bool(np.isfinite(z_um).all()):
        raise StackError(f"the Z positions of the stack are {list(z_um)}: give finite numbers in µm, or none")
