"""The engine that needs nothing but torch: exact tiles, channels last, on the processor or another device."""

from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from enhance.checkpoint import Checkpoint
from enhance.engine import Image
from enhance.errors import ImageError
from enhance.network import RGB
from enhance.networks import build_network
from enhance.tiling import Tiling, run_tiled, tiling_of

TILE_PX = 256
"""Longest side of a tile; its activations (75 channels at 25 bytes a pixel and more) then stay near 100 MB."""
MAX_GROWN_PX = 400_000_000
"""Largest picture, in pixels, that two growing passes may make: 1.2 GB of 8-bit colour, 2.4 of 16-bit."""
PASSES = (1, 2)

Float = NDArray[Any]


class TorchEngine:
    """One checkpoint, run by torch.

    Parameters
    ----------
    checkpoint : Checkpoint
        What to run.
    tile_px : int
        Longest side of a tile in input pixels, without its halo.
    dtype : torch.dtype
        ``float64`` makes it an oracle for the other engines.
    device : str
        As torch names it.
    """

    name = "torch"

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        tile_px: int = TILE_PX,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> None:
        self.checkpoint = checkpoint
        self._tile_px = tile_px
        self._dtype = dtype
        self._device = device
        network = build_network(checkpoint.architecture)
        network.load_state_dict({name: torch.from_numpy(np.array(w)) for name, w in checkpoint.weights.items()})
        self._network = network.to(device=device, dtype=dtype).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]

    def enhance(self, image: Image, *, passes: int = 1, grow: bool = False, white_level: float | None = None) -> Image:
        """Enlarge and sharpen one picture of any size, as `enhance.engine.Engine` promises.

        Raises
        ------
        ImageError
            When the array is not RGB of uint8 or uint16, `passes` is neither 1 nor 2, or the grown picture would have
            more than `MAX_GROWN_PX` pixels.
        """
        _check_image(image)
        white = float(np.iinfo(image.dtype).max) if white_level is None else white_level
        tiling, out = self._prepare(image, image.dtype, passes=passes, grow=grow)
        top = min(white, float(np.iinfo(image.dtype).max))

        def run(piece: NDArray[Any]) -> NDArray[Any]:
            output = self._passes(self._fractions(piece, white), passes=passes, grow=grow)
            return _array((output * white).clamp_(0, top).round_()).astype(image.dtype)

        run_tiled(image, run, out, tiling)
        return out

    def forward(self, picture: Float, *, passes: int = 1, grow: bool = False) -> Float:
        """Return the network's output before it is clipped and rounded.

        Parameters
        ----------
        picture : ndarray of float, shape (rows, columns, 3)
            In fractions of the white level.
        passes, grow
            As in `enhance`.

        Returns
        -------
        ndarray of the engine's float dtype, shape (⌈p rows / q⌉, ⌈p columns / q⌉, 3)
            In fractions of the white level.
        """
        dtype = np.dtype(np.float64 if self._dtype == torch.float64 else np.float32)
        tiling, out = self._prepare(picture, dtype, passes=passes, grow=grow)

        def run(piece: NDArray[Any]) -> NDArray[Any]:
            return _array(self._passes(self._fractions(piece, 1.0), passes=passes, grow=grow))

        run_tiled(picture, run, out, tiling)
        return out

    def _prepare(
        self, picture: NDArray[Any], dtype: np.dtype[Any], *, passes: int, grow: bool
    ) -> tuple[Tiling, NDArray[Any]]:
        if passes not in PASSES:
            raise ImageError(
                f"{passes} passes were asked for: more than one cycle of self-feeding only harms, take 1 or 2"
            )
        grow = grow and passes > 1
        sides = [self.checkpoint.architecture.enlarged(side) for side in picture.shape[:2]]
        if grow:
            sides = [self.checkpoint.architecture.enlarged(side) for side in sides]
            _check_grown(sides)
        largest = self._tile_px if passes == 1 else int(self._tile_px / self._scale)
        tiling = tiling_of(self.checkpoint.architecture, passes=passes, grow=grow, largest_px=largest)
        return tiling, np.empty((*sides, RGB), dtype=dtype)

    @property
    def _scale(self) -> Fraction:
        return Fraction(*self.checkpoint.ratio)

    def _fractions(self, piece: NDArray[Any], white: float) -> Tensor:
        values = torch.from_numpy(piece.astype(np.float32 if self._dtype == torch.float32 else np.float64))
        return values.to(device=self._device, dtype=self._dtype).div_(white).permute(2, 0, 1)[None]

    @torch.inference_mode()
    def _passes(self, x: Tensor, *, passes: int, grow: bool) -> Tensor:
        output: Tensor = self._network(x)
        if passes == 1:
            return output
        larger: Tensor = self._network(output.clamp(0, 1))
        return larger if grow else area_reduced(larger, self.checkpoint.ratio)


def area_reduced(picture: Tensor, ratio: tuple[int, int]) -> Tensor:
    """Mean over the area of each coarse pixel, p/q fine pixels wide, on grids that share their outer edges.

    Parameters
    ----------
    picture : Tensor, shape (N, 3, rows, columns)
        Of the fine grid.
    ratio : (int, int)
        p and q.

    Returns
    -------
    Tensor, shape (N, 3, ⌊q rows / p⌋, ⌊q columns / p⌋)
    """
    return _area_reduced(_area_reduced(picture, 2, ratio), 3, ratio)


def _area_reduced(picture: Tensor, axis: int, ratio: tuple[int, int]) -> Tensor:
    p, q = ratio
    count = picture.shape[axis] * q // p
    shares = picture.repeat_interleave(q, dim=axis).narrow(axis, 0, count * p)
    sides = picture.shape
    return shares.reshape(*sides[:axis], count, p, *sides[axis + 1 :]).mean(dim=axis + 1)


def _array(output: Tensor) -> NDArray[Any]:
    return np.asarray(output[0].permute(1, 2, 0).cpu().numpy())


def _check_image(image: NDArray[Any]) -> None:
    if image.ndim != RGB or image.shape[2] != RGB or image.dtype not in (np.uint8, np.uint16) or 0 in image.shape:
        raise ImageError(
            f"a picture of {image.dtype} and shape {image.shape} was given and the network takes uint8 or uint16 of "
            "shape (rows, columns, 3): convert it first"
        )


def _check_grown(sides: list[int]) -> None:
    if sides[0] * sides[1] > MAX_GROWN_PX:
        raise ImageError(
            f"two growing passes would make a picture of {sides[1]}×{sides[0]} pixels and at most {MAX_GROWN_PX:,} are "
            "made: cut the input or leave `grow` out"
        )
