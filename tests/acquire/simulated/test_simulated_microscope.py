"""The simulated core passes the suite that every microscope must pass, on whichever side the slide lies."""

import pytest

from acquire.open import open_microscope
from tests.acquire.rigs import small_rig
from tests.contracts.microscope import MicroscopeContract

pytestmark = pytest.mark.core


class TestSimulatedCore(MicroscopeContract):
    @pytest.fixture(params=[1, -1], ids=["slide at higher z", "slide at lower z"])
    def microscope(self, request):
        with open_microscope(small_rig(toward=request.param, size_px=(64, 48))) as opened:
            yield opened
