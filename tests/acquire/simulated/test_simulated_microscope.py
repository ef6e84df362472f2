"""The simulated core passes the suite that every microscope must pass."""

from dataclasses import replace

import pytest

from acquire.open import open_microscope
from calibration.rig import load_rig
from tests.contracts.microscope import MicroscopeContract

pytestmark = pytest.mark.core


class TestSimulatedCore(MicroscopeContract):
    @pytest.fixture
    def microscope(self):
        rig = load_rig("simulated")
        with open_microscope(replace(rig, camera=replace(rig.camera, size_px=(64, 48)))) as opened:
            yield opened
