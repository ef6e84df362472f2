"""Build of a kidney cortex: how closely it is packed, and with what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How a cortex differs from another.

    Parameters
    ----------
    pitch_um : float
        Mean distance of neighbouring tubules' axes.
    gap_um : float
        Half the thickness of what lies between two tubules.
    corner_um : float
        How much of the corner between three tubules is rounded off.
    wider_um : float
        By which lumina are wider, and walls and tubules thinner, than `tubules` says.
    open_loops : float
        Share of the capillary loops of a glomerulus that are not collapsed.
    urinary_um : float
        Width of Bowman's space.
    capillaries : float
        How common capillaries are in the interstitium, against noise of variance 1.
    stroma : (float, float)
        Eosin per µm between the fibres of the interstitium and, added to it, in them; oedema washes it out.
    fluid : float
        Eosin per µm of plasma, and of what stands in proximal tubules.
    """

    pitch_um: float
    gap_um: float
    corner_um: float
    wider_um: float
    open_loops: float
    urinary_um: float
    capillaries: float
    stroma: tuple[float, float]
    fluid: float
