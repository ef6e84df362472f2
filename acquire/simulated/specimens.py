"""The one place that names the kinds of specimen."""
from typing import Any
from acquire.simulated.architecture import Septa
from acquire.simulated.tissue import Lung
DENSITIES = {"dense": Septa(pitch_um=20.0, half_width_um=6.2), "open": Septa(pitch_um=52.0, half_width_um=4.2)}
