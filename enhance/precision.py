"""Precision: convolutions in bfloat16 where the machine computes those faster than in float32."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from enhance.network import BicubicSkip

INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""Of processors that multiply bfloat16 themselves; others imitate it, ten times slower than float32."""


def has_bfloat16(device: str) -> bool:
    """Whether a device, as torch names it, computes in bfloat16 itself; a torch that cannot tell counts as no."""
    kind = torch.device(device).type
    if kind == "cuda":
        with torch.cuda.device(device):
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    told: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)() if kind == "cpu" else {}
    return any(bool(told.get(name)) for name in INSTRUCTIONS)


def in_bfloat16(network: nn.Module, device: str) -> Callable[[Tensor], Tensor]:
    """Return the network's forward pass with its convolutions in bfloat16, except those of its bicubic skip.

    The weights stay in float32, and so do their gradients: what is rounded is what flows between the layers.
    """
    kind = torch.device(device).type
    for module in network.modules():
        if isinstance(module, BicubicSkip):
            module.forward = torch.autocast(kind, enabled=False)(module.forward)  # type: ignore[method-assign]
    forward: Callable[[Tensor], Tensor] = torch.autocast(kind, torch.bfloat16)(network)
    return forward
