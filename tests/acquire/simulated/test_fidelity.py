"""Both fidelities against the source-point multislice reference, on strongly absorbing, refracting tissue."""

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np
import pytest
from scipy import fft

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Lens
from acquire.simulated.specimens.specimen import FADE, Slide
from acquire.simulated.specimens.tissues.lung import Lung
from acquire.simulated.specimens.window import Window
from calibration.transfer import COLOURS_UM
from tests.acquire.simulated.conftest import DRY, OIL, grid_of
from tests.acquire.simulated.multislice import pictures, slices_of

GREEN = 1
LENSES = {"40x": DRY, "100x": OIL}
FOCI_UM = (0.0, 1.0)
PIXELS, PIXEL_UM = 256, 0.06
EMPTY_PX, EDGE_PX = 20, 24  # round the patch, and over which it fades to nothing, so that the reference may wrap round
PEAK_ABSORBANCE = 5.0
LEAST_CONTRAST = 0.25
LARGEST_RMS = {"log": 0.018, "product": 0.013}


@dataclass(frozen=True)
class Patch:
    """Lung at one place, stained until its darkest point absorbs `PEAK_ABSORBANCE`, and nothing round it."""

    centre_um: float
    refracts: bool
    strength: float = 1.0
    lung: ClassVar = Lung(seed=1)
    fidelity: str = "log"

    @property
    def absorbance(self):
        return self.lung.absorbance

    @property
    def depths_um(self):
        return self.lung.depths_um

    def surface_um(self, x_um, y_um, /):
        return 0.0 * x_um * y_um

    def tile(self, window):
        amounts = self.lung.tile(window) * np.float32(self.strength)
        amounts *= (self.fade(window.x_um) * self.fade(window.y_um)[:, None]).astype(np.float32)
        amounts[:, -1] *= self.refracts
        return amounts

    def fade(self, position_um):
        inside = (PIXELS / 2 - EMPTY_PX) * PIXEL_UM - np.abs(position_um - self.centre_um)
        return np.sin(np.pi / 2 * np.clip(inside / (EDGE_PX * PIXEL_UM), 0, 1)) ** 2


def patch_of(centre_um, *, refracts):
    plain = Patch(centre_um=centre_um, refracts=refracts)
    return replace(plain, strength=PEAK_ABSORBANCE / absorbances(plain).sum(axis=0).max())


def absorbances(patch):
    return np.tensordot(patch.absorbance[:, GREEN], sheets(patch)[:, :-1].transpose(1, 0, 2, 3), axes=1)


def sheets(patch):
    """The patch on the pixels of the reference."""
    first = round(patch.centre_um / PIXEL_UM) - PIXELS // 2
    window = Window(column=first, row=first, columns=PIXELS, rows=PIXELS, pitch_um=PIXEL_UM)
    return Slide(patch).render(window).astype(np.float64)


@cache
def reference(patch):
    """Of the multislice, through the camera's pixels: (lenses, foci, rows, columns)."""
    slices = slices_of(
        patch.depths_um,
        fade=FADE,
        absorbance=absorbances(patch),
        path_um=sheets(patch)[:, -1],
        wavelength_um=COLOURS_UM[GREEN],
        pitch_um=PIXEL_UM,
        step_um=0.1,
    )
    seen = pictures(
        slices,
        objectives_na=[lens.na for lens in LENSES.values()],
        focus_um=FOCI_UM,
        condenser_na=DRY.condenser_na,
        wavelength_um=COLOURS_UM[GREEN],
        every=3,
    )
    frequency = fft.fftfreq(PIXELS)
    pixel = np.sinc(frequency) * np.sinc(frequency)[:, None]
    return fft.ifft2(fft.fft2(seen) * pixel).real


def rendered(patch, lens: Lens, focus_um, fidelity):
    first_um = round(patch.centre_um / PIXEL_UM) * PIXEL_UM
    centre_um = first_um - PIXEL_UM / 2
    grid = grid_of(PIXEL_UM, PIXELS, PIXELS, centre_um=(centre_um, centre_um))
    return Renderer(Slide(patch), fidelity).render(grid, lens, focus_um)[..., GREEN]


def errors(patch, fidelity):
    """Rms difference from the reference for each objective and focus."""
    return {
        (name, focus_um): float(np.sqrt(np.mean(np.square(rendered(patch, lens, focus_um, fidelity) - expected))))
        for (name, lens), seen in zip(LENSES.items(), reference(patch), strict=True)
        for focus_um, expected in zip(FOCI_UM, seen, strict=True)
    }


@pytest.mark.parametrize(
    "place_um", [1050.0, *(pytest.param(place, marks=pytest.mark.truth) for place in (600.0, 1450.0))]
)
@pytest.mark.parametrize("refracts", [False, True])
@pytest.mark.parametrize("fidelity", ["log", "product"])
def test_thick_dark_tissue_looks_as_in_the_source_point_reference(fidelity, refracts, place_um):
    patch = patch_of(place_um, refracts=refracts)
    assert reference(patch).std(axis=(2, 3)).min() >= LEAST_CONTRAST
    assert max(errors(patch, fidelity).values()) <= LARGEST_RMS[fidelity]


def test_the_reference_does_not_depend_on_how_thin_it_is_cut():
    patch = patch_of(1050.0, refracts=True)
    coarse, fine = (
        pictures(
            slices_of(
                patch.depths_um,
                fade=FADE,
                absorbance=absorbances(patch),
                path_um=sheets(patch)[:, -1],
                wavelength_um=COLOURS_UM[GREEN],
                pitch_um=PIXEL_UM,
                step_um=step_um,
            ),
            objectives_na=[OIL.na],
            focus_um=[0.0],
            condenser_na=0.55,
            wavelength_um=COLOURS_UM[GREEN],
            every=6,
        )
        for step_um in (0.1, 0.05)
    )
    assert np.sqrt(np.mean(np.square(coarse - fine))) < 2e-3
