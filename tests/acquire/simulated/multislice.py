"""Oracle: the picture of a thick specimen, one source point at a time, without any weak-object approximation.

Each point of the condenser's aperture sends a plane wave through the specimen, cut into thin slices (multislice);
what leaves it passes the objective's pupil and is focused at a depth; the intensities of all points add (Abbe). The
fields are scalar. Slow, and shares no code with `acquire.simulated.imaging`: it is what that is measured against.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft

INDEX = 1.52  # of the section


@dataclass(frozen=True)
class Slices:
    """A periodic specimen in slices along the light: absorbance and phase, (slices, rows, columns), and where they lie.

    The light comes from the slide: the slice with the largest depth is met first.
    """

    absorbance: np.ndarray
    phase: np.ndarray
    depths_um: np.ndarray
    pitch_um: float


def slices_of(depths_um, *, fade, absorbance, path_um, wavelength_um, pitch_um, step_um):
    """Cut sheets whose content fades linearly, over a share of the way to the next, into slices `step_um` thick.

    `absorbance` and `path_um` are (sheets, rows, columns), each the content of the slab that its sheet stands for.
    """
    depths = np.asarray(depths_um)
    if len(depths) == 1:
        return Slices(absorbance, 2 * np.pi / wavelength_um * path_um, depths, pitch_um)
    fade_um = fade * (depths[1] - depths[0])
    middles = np.arange(depths[0] - fade_um + step_um / 2, depths[-1] + fade_um, step_um)[::-1]
    share = np.clip(1 - np.abs(middles[:, None] - depths) / fade_um, 0, None)
    share /= share.sum(axis=0)
    return Slices(
        np.tensordot(share, absorbance, axes=1),
        2 * np.pi / wavelength_um * np.tensordot(share, path_um, axes=1),
        middles,
        pitch_um,
    )


def pictures(slices, *, objectives_na, focus_um, condenser_na, wavelength_um, every=2):
    """Intensity for each objective and focus, (objectives, foci, rows, columns); 1 is empty glass.

    `every` takes each n-th point along each axis of the frequency grid as a source.
    """
    rows, columns = slices.absorbance.shape[1:]
    fy = fft.fftfreq(rows, slices.pitch_um)[:, None]
    fx = fft.fftfreq(columns, slices.pitch_um)
    wavenumber = INDEX / wavelength_um
    along = 2j * np.pi * np.sqrt(np.maximum(wavenumber**2 - fx**2 - fy**2, 0)) * (np.hypot(fx, fy) < wavenumber)
    transmission = np.exp(-slices.absorbance / 2 + 1j * slices.phase).astype(np.complex64)
    steps = np.diff(slices.depths_um, append=slices.depths_um[-1:])  # negative: towards the objective
    hops = [np.exp(-along * step).astype(np.complex64) if step else None for step in steps]
    pupils = [np.hypot(fx, fy) <= na / wavelength_um for na in objectives_na]
    to_focus = [np.exp(along * (slices.depths_um[-1] - focus)).astype(np.complex64) for focus in focus_um]
    lenses = np.array([[pupil * turn for turn in to_focus] for pupil in pupils], np.complex64)
    total = np.zeros((len(objectives_na), len(focus_um), rows, columns))
    weight = np.zeros(len(objectives_na))
    for u, v in _source(fx, fy, condenser_na / wavelength_um, every):
        wave = _plane_wave(u, v, rows, columns)
        for number, slab in enumerate(transmission):
            wave = wave * slab
            if hops[number] is not None:
                wave = fft.ifft2(fft.fft2(wave, workers=2) * hops[number], workers=2)
        total += np.abs(fft.ifft2(fft.fft2(wave, workers=2) * lenses, workers=2)) ** 2
        weight += [pupil[v, u] for pupil in pupils]
    return total / weight[:, None, None, None]


def _source(fx, fy, radius, every):
    count_x, count_y = int(radius / fx[1]), int(radius / fy[1, 0])
    for v in range(-(count_y // every) * every, count_y + 1, every):
        for u in range(-(count_x // every) * every, count_x + 1, every):
            if np.hypot(fx[u], fy[v, 0]) <= radius:
                yield u, v


def _plane_wave(u, v, rows, columns):
    x = np.exp(2j * np.pi * u * np.arange(columns) / columns)
    y = np.exp(2j * np.pi * v * np.arange(rows) / rows)
    return (y[:, None] * x).astype(np.complex64)
