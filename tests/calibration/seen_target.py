"""Targets on the simulated microscope, as a camera sees them and as they truly are."""

from dataclasses import replace

import numpy as np

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.targets.edge import SlantedEdge
from acquire.simulated.specimens.targets.usaf import Usaf
from calibration.barcontrast import bar_contrast
from calibration.bars import Bars

GREEN = 1
LENSES = {
    "40x": (Lens(na=0.95, condenser_na=0.55, immersion_index=1.0), 0.185),
    "100x": (Lens(na=1.4, condenser_na=0.55), 0.074),
}
"""Lens and pixel size at the specimen of the reference rig."""

BLACK, WHITE = 1000, 46000  # of the 16-bit camera: the ringing at the edges of chrome does not saturate
FULL_WELL_E, READ_E = 20000, 10  # FACTS 3
TARGET_UM = (503.0, 497.0)
PHASES = 3  # pictures along each axis, shifted by parts of a pixel, that make one finer picture of the same pixels
EDGE_REACH_UM, EDGE_STEP_UM = 12.0, 0.02


def grid(pixel_um, side, centre_um, turn_deg=0.0, *, mirrored=False):
    """Pixels of a turned camera round a point of the slide."""
    turn = np.deg2rad(turn_deg)
    steps = pixel_um * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    steps = steps @ np.diag([-1 if mirrored else 1, 1])
    first = np.array(centre_um) - steps @ np.full(2, (side - 1) / 2)
    return Grid(matrix=np.column_stack([steps, first]), columns=side, rows=side)


def photographed(light, *, seed=0, full_well_e=FULL_WELL_E):
    """Turn transmission into a 16-bit exposure with shot and read noise."""
    noise = np.sqrt(np.maximum(light, 0) * full_well_e + READ_E**2) / full_well_e
    seen = light + noise * np.random.default_rng(seed).normal(size=light.shape)
    return np.clip(np.rint(BLACK + (WHITE - BLACK) * seen), 0, 65535).astype(np.uint16)


class SeenTarget:
    """A USAF target through one lens, with the contrast that its bars truly have on this camera."""

    def __init__(self, objective, *, turn_deg=8.0, mirrored=False, positive=True, side=512, aside_px=0.0):
        self.lens, self.pixel_um = LENSES[objective]
        self.target = Usaf(positive=positive)
        self.renderer = Renderer(Slide(self.target))
        centre_um = tuple(place_um + aside_px * self.pixel_um for place_um in TARGET_UM)
        self.grid = grid(self.pixel_um, side, centre_um, turn_deg, mirrored=mirrored)
        self.light = self.renderer.render(self.grid, self.lens, 0.0)
        self._fine = None

    def picture(self, seed=0):
        return photographed(self.light, seed=seed)

    def bars(self, group, element, *, horizontal):
        """Where the bars truly lie, in pixels."""
        three = self.target.bars(group, element)[:3] if horizontal else self.target.bars(group, element)[3:]
        to_px = np.linalg.inv(self.grid.matrix[:, :2])
        middle, last = (complex(*to_px @ (np.array(bar.centre_um) - self.grid.matrix[:, 2])) for bar in three[1:])
        return Bars(centre_px=middle, across_px=last - middle, dark=self.target.positive)

    def true_contrast(self, group, element, *, horizontal):
        """Contrast without noise, of the same pixels three times as dense along each axis."""
        if self._fine is None:
            self._fine = self._densely_seen()
        bars = self.bars(group, element, horizontal=horizontal)
        centre = (bars.centre_px + 0.5 + 0.5j) * PHASES - (0.5 + 0.5j)
        return bar_contrast(self._fine, replace(bars, centre_px=centre, across_px=bars.across_px * PHASES))

    def _densely_seen(self):
        fine = np.empty((self.grid.rows * PHASES, self.grid.columns * PHASES), np.float32)
        aside = (np.arange(PHASES) + 0.5) / PHASES - 0.5
        for row in range(PHASES):
            for column in range(PHASES):
                matrix = self.grid.matrix.copy()
                matrix[:, 2] += matrix[:, :2] @ [aside[column], aside[row]]
                shifted = replace(self.grid, matrix=matrix)
                fine[row::PHASES, column::PHASES] = self.renderer.render(shifted, self.lens, 0.0)[..., GREEN]
        return fine


class SeenEdge:
    """A chrome edge through one lens, with the MTF that it truly shows on this camera."""

    def __init__(self, objective, *, angle_deg=5.0, side=256):
        self.lens, self.pixel_um = LENSES[objective]
        self.angle = np.deg2rad(angle_deg)
        self.renderer = Renderer(Slide(SlantedEdge(angle_deg=angle_deg)))
        self.light = self.renderer.render(grid(self.pixel_um, side, (500.0, 500.0)), self.lens, 0.0)

    def picture(self, seed=0):
        return photographed(self.light, seed=seed)

    def true_mtf(self, frequency_cycles_per_px):
        """Spectrum of the slope of one noise-free line straight across the edge, times that of the pixel."""
        frequency, response = self._response()
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        pixel = np.sinc(frequency_cycles_per_px * cosine) * np.sinc(frequency_cycles_per_px * sine)
        return np.interp(frequency_cycles_per_px / self.pixel_um, frequency, response) * pixel

    def _response(self):
        across = EDGE_STEP_UM * np.array([np.cos(self.angle), np.sin(self.angle)])
        count = 2 * round(EDGE_REACH_UM / EDGE_STEP_UM) + 1
        first = np.array([500.0, 500.0]) - across * (count - 1) / 2
        line = Grid(matrix=np.column_stack([across, [-across[1], across[0]], first]), columns=count, rows=1)
        slope = np.diff(self.renderer.render(line, self.lens, 0.0)[0, :, GREEN].astype(np.float64))
        fade = np.hanning(slope.size + 2)[1:-1] ** 0.25
        frequency = np.fft.rfftfreq(8 * slope.size, EDGE_STEP_UM)
        response = np.abs(np.fft.rfft(slope * fade, 8 * slope.size))
        return frequency, response / response[0] / np.sinc(frequency * EDGE_STEP_UM) ** 2
