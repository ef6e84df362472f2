"""What training makes small: the paper's loss, and Charbonnier's."""

import torch
from torch import Tensor
from torch.nn import functional

GRADIENT_WEIGHT = 0.001
"""λ of the paper."""
SOBEL = ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0))
SOFTNESS = 1e-3
"""ε of Charbonnier's loss in fractions of the white level: a quarter of one 8-bit step."""


def paper_loss(output: Tensor, label: Tensor, *, gradient_weight: float = GRADIENT_WEIGHT) -> Tensor:
    """Mean of (Y − Y_HR)² + λ [(h ∗ Y)² + (hᵀ ∗ Y)²] over all pixels and colours; h is the Sobel kernel.

    The gradient terms are those of the output Y alone: they keep noise down. What the paper's text leaves open is
    settled in docs/decisions/0025: both means are over the same values, each colour for itself, and beyond its edge the
    output goes on with its last pixel, so that an edge of the patch is no gradient.

    Parameters
    ----------
    output, label : Tensor, shape (N, 3, rows, columns)
        In fractions of the white level.
    gradient_weight : float
        λ.

    Returns
    -------
    Tensor
        A scalar.

    References
    ----------
    .. [1] Rivenson et al., "Deep learning microscopy", Optica 4, 1437 (2017), https://doi.org/10.1364/OPTICA.4.001437
    """
    sobel = torch.tensor(SOBEL, dtype=output.dtype, device=output.device)
    kernels = torch.stack([sobel, sobel.T])[:, None]  # (2, 1, 3, 3)
    single = output.reshape(-1, 1, *output.shape[2:])  # every colour for itself: (3N, 1, rows, columns)
    gradients = functional.conv2d(functional.pad(single, (1, 1, 1, 1), mode="replicate"), kernels)
    squares = gradients.square().sum(dim=1)
    return functional.mse_loss(output, label) + gradient_weight * squares.mean()


def charbonnier_loss(output: Tensor, label: Tensor, *, softness: float = SOFTNESS) -> Tensor:
    """Mean of √((Y − Y_HR)² + ε²): absolute error, rounded at the bottom so that it has a gradient there.

    Parameters
    ----------
    output, label : Tensor, shape (N, 3, rows, columns)
        In fractions of the white level.
    softness : float
        ε, in the same unit.

    Returns
    -------
    Tensor
        A scalar.

    References
    ----------
    .. [1] Charbonnier et al., "Two deterministic half-quadratic regularization algorithms for computed imaging",
       ICIP 1994, https://doi.org/10.1109/ICIP.1994.413553
    """
    return ((output - label).square() + softness**2).sqrt().mean()
