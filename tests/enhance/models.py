"""Small models for tests: untrained, but with weights large enough that every one of them counts."""

from enhance.architecture import Architecture
from enhance.checkpoint import Checkpoint
from enhance.networks import build_network


def checkpoint(
    *, seed=0, width=4, blocks=2, growth=4, ratio=(5, 2), padding="reflect", skip="bicubic", kind="rivenson", **values
):
    architecture = Architecture(
        ratio=ratio, width=width, blocks=blocks, growth=growth, padding=padding, skip=skip, kind=kind
    )
    state = build_network(architecture, seed=seed).state_dict()
    facts = {
        "weights": {name: 4 * weight.numpy() for name, weight in state.items()},
        "recipe": "fast",
        "pixel_um": {"low": 0.185, "high": 0.074},
        "optics": {"low": {"na": 0.95, "magnification": 40, "immersion": "air"}, "condenser_na": 0.55},
        "corrected": True,
        "simulated_only": True,
        "data_sha256": "0" * 64,
        "steps": 0,
    }
    return Checkpoint(architecture=architecture, **(facts | values))
