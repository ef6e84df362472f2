import numpy as np
import pytest

from acquire.simulated.specimens.targets.edge import SlantedEdge
from acquire.simulated.specimens.window import TILE_PX, Window
from tests.acquire.simulated.specimens.targets.test_targets import amplitude

PITCH_UM = 0.0625
ROW = Window(column=8000 - 192, row=8000, columns=384, rows=1, pitch_um=PITCH_UM)  # ±12 µm round (500, 500)
CHROME = 10**-1.35


def line_spread(edge, frequency):
    """Spectrum of the edge's slope at frequencies across it, 1 for a perfect one, from a row of pixels."""
    turn = np.deg2rad(edge.angle_deg)
    across_um = (ROW.x_um - edge.centre_um[0]) * np.cos(turn) + (ROW.y_um - edge.centre_um[1]) * np.sin(turn)
    steps = -np.diff(amplitude(edge, ROW)[0]) / (1 - CHROME)
    middles = 0.5 * (across_um[1:] + across_um[:-1])
    waves = np.exp(-2j * np.pi * frequency[:, None] * middles)
    return (waves @ steps) / np.sinc(frequency * PITCH_UM * np.cos(turn))


@pytest.mark.parametrize("edge", [SlantedEdge(angle_deg=0.0), SlantedEdge(), SlantedEdge(centre_um=(500.03, 501.0))])
def test_an_edge_is_perfect_up_to_the_cutoff_of_any_lens(edge):
    assert np.abs(line_spread(edge, np.linspace(0, 4.24, 60)) - 1).max() < 0.005


def test_an_edge_holds_nothing_beyond_the_band_of_specimens():
    slope = line_spread(SlantedEdge(angle_deg=0.0), np.linspace(7.5, 8.0, 20))
    assert np.abs(slope).max() < 0.02


def test_the_edge_turns_towards_minus_x_on_its_way_down():
    rows = Window(column=7800, row=8160, columns=400, rows=1, pitch_um=PITCH_UM)
    crossing = np.interp(-0.5 * (1 + CHROME), -amplitude(SlantedEdge(angle_deg=5.0), rows)[0], rows.x_um)
    assert crossing == pytest.approx(500 - 10 * np.tan(np.deg2rad(5)), abs=0.005)


@pytest.mark.parametrize(("column", "amount"), [(-400, 0.0), (400, 2.7)])
def test_far_from_the_edge_all_is_glass_or_chrome(column, amount):
    window = Window(column=column * TILE_PX, row=0, columns=TILE_PX, rows=TILE_PX, pitch_um=PITCH_UM)
    assert np.allclose(SlantedEdge().tile(window)[0, 0], amount, atol=1e-4)
