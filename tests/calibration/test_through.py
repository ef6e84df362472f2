"""All objectives of a rig from what each saw at the same places."""

import numpy as np
import pytest

from calibration.errors import MeasurementError
from calibration.record import Measured
from calibration.rig import load_rig
from calibration.stage import StageFit
from calibration.through import measure_objectives


def test_a_reference_that_is_not_the_weakest_is_refused_before_anything_is_registered():
    exact = Measured(value=1.0, interval95=(1.0, 1.0))
    fit = StageFit(
        matrix=np.eye(2), pixel_um=exact, rotation_deg=exact, residual_um_rms=0.0, inliers=np.ones(4, dtype=bool)
    )
    with pytest.raises(MeasurementError, match=r"\['40x'\] magnify less than 100x.*weakest objective first"):
        measure_objectives(load_rig("simulated").objectives[::-1], fit, {})
