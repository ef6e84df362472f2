"""Names of methods as a reader shall see them, and what kind of method each is."""

from typing import Literal

Family = Literal["classical", "rival", "network", "seen"]

NAMES = {
    "nearest": "nearest pixel",
    "bicubic": "bicubic",
    "lanczos": "Lanczos",
    "unsharp": "unsharp mask",
    "wiener": "Wiener",
    "richardson_lucy": "Richardson–Lucy",
    "linear_filter": "best linear filter",
    "network": "network",
    "network_self_fed": "network, self-fed",
    "label": "label",
    "one_100x_exposure": "one {high} exposure",
}
CLASSICAL = ("nearest", "bicubic", "lanczos", "unsharp", "wiener", "richardson_lucy", "linear_filter")
NETWORKS = ("network", "network_self_fed")
SEEN = ("label", "one_100x_exposure")
"""What the stronger objective itself saw: no enhancement."""


def method_name(method: str, high: str = "100×") -> str:
    """Return a method's name for people; a rival goes by its own."""
    return NAMES.get(method, method).format(high=high)


def family(method: str) -> Family:
    """Return what kind of method it is; one that is not known here is a rival network."""
    if method in CLASSICAL:
        return "classical"
    if method in NETWORKS:
        return "network"
    return "seen" if method in SEEN else "rival"
