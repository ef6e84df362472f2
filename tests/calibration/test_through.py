"""All objectives of a rig from what each saw at the same places."""

import pytest

from calibration.errors import MeasurementError
from calibration.rig import load_rig
from calibration.through import check_order


def test_a_reference_that_is_not_the_weakest_is_refused_before_anything_is_captured():
    with pytest.raises(MeasurementError, match=r"\['40x'\] magnify less than 100x.*weakest objective first"):
        check_order(load_rig("simulated").objectives[::-1])
