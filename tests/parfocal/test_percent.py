import math

import pytest

from parfocal.percent import percent


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.43, "43 %"), (-0.074, "−7 %"), (-0.004, "0 %"), (0.0, "0 %"), (math.nan, "–"), (-math.inf, "–")],
)
def test_a_share_is_said_in_whole_percent(share, said):
    assert percent(share) == said
