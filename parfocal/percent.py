"""A share as people read it."""

import math


def percent(share: float) -> str:
    """Say a share in whole percent: with a minus instead of a hyphen, none before a zero, and a dash for no number."""
    return f"{round(100 * share)} %".replace("-", "−") if math.isfinite(share) else "–"
