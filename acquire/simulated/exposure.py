"""One exposure: from the spectra of the sheets to the intensity on the camera's pixels, in either fidelity."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from acquire.simulated.lens import Grid, Lens
from acquire.simulated.resample import sample
from acquire.simulated.specimens.specimen import FADE, THREADS
from acquire.simulated.specimens.splines import prefilter
from acquire.simulated.specimens.window import Window
from acquire.simulated.spectra import Amplitudes, Shape, Sheets
from calibration.affine import compose
from calibration.transfer import COLOURS_UM, TABLE_RADII, Optics, Table, absorption, phase, transfer

Image = NDArray[np.float32]
Matrix = NDArray[np.float64]

_TABLE_FINENESS = 32  # entries between two radii of a transfer table; the nearest one is taken
_GRID_SAMPLES = 3.2  # per period of the finest detail, on the grid the pixels are read from: 2e-5 rms
_PRODUCT_SAMPLES = 4.2  # the square of an amplitude holds up to twice its frequencies


def intensities(
    seen: Sheets | Amplitudes, grid: Grid, lens: Lens, depths_um: tuple[float, ...], focus_um: float
) -> Image:
    """Form the picture of a grid within a window.

    Parameters
    ----------
    seen : Sheets or Amplitudes
        Of a window that covers the grid and the reach of blurred light; decides the fidelity.
    grid : Grid
        The picture's pixels.
    lens : Lens
        Objective and condenser.
    depths_um : tuple of float
        Of the sheets.
    focus_um : float
        Depth in focus.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 3)
    """
    picture = np.empty((grid.rows, grid.columns, len(COLOURS_UM)), np.float32)
    for colour, tables in enumerate(_tables(lens, depths_um, focus_um)):
        if isinstance(seen, Sheets):
            picture[..., colour] = _log_colour(seen, grid, lens, colour, tables)
        else:
            picture[..., colour] = _product_colour(seen, grid, lens, colour, tables)
    return picture


def _tables(lens: Lens, depths_um: tuple[float, ...], focus_um: float) -> list[list[Table]]:
    """Transfer tables of each colour and sheet; computed side by side, as they are new at each focus."""
    slab_um = _slab_um(depths_um)
    asked = [(lens.optics(colour), depth - focus_um) for colour in range(len(COLOURS_UM)) for depth in depths_um]
    with ThreadPoolExecutor(THREADS) as threads:
        tables = list(threads.map(lambda one: _transfer(*one, slab_um), asked))
    return [tables[first : first + len(depths_um)] for first in range(0, len(tables), len(depths_um))]


def _slab_um(depths_um: tuple[float, ...]) -> float:
    """Depth over which a sheet fades to nothing on either side; a lone sheet is thin."""
    return FADE * (depths_um[1] - depths_um[0]) if len(depths_um) > 1 else 0.0


def _log_colour(seen: Sheets, grid: Grid, lens: Lens, colour: int, tables: list[Table]) -> Image:
    """Depth counts towards the slide and the light comes from there, so along the light z is -depth."""
    band, matrix = seen.band, grid.of_colour(colour)
    shape, scale = _fine_grid(band.window, lens.cutoff, _GRID_SAMPLES)
    entry = _entries(band.radius, lens.optics(colour))
    wavenumber = np.float32(2 * np.pi / COLOURS_UM[colour])
    density = np.zeros(entry.size, np.complex64)
    for sheet, table in enumerate(tables):
        density += seen.absorbance[sheet, colour] * absorption(table).take(entry)
        density -= seen.path[sheet] * (wavenumber * phase(table)).take(entry)
    density *= _pixel_response(band.frequency, matrix) * _spline_response(band.frequency, scale)
    fine = fft.irfft2(band.spread(density, shape), s=shape, workers=2, overwrite_x=True)
    picture: Image = np.exp(-_sampled(fine, band.window, scale, grid, matrix))
    return picture


def _product_colour(seen: Amplitudes, grid: Grid, lens: Lens, colour: int, tables: list[Table]) -> Image:
    band, matrix = seen.band, grid.of_colour(colour)
    shape, scale = _fine_grid(band.window, lens.cutoff, _PRODUCT_SAMPLES)
    entry = _entries(band.radius, lens.optics(colour))
    light = np.ones(shape, np.float32)
    for sheet, table in enumerate(tables):
        wave = fft.ifft2(band.spread(seen.amplitude[sheet, colour] * table.take(entry), shape), workers=2)
        light *= np.square(wave.real) + np.square(wave.imag)
    return _sampled(_through_pixels(light, scale, matrix), band.window, scale, grid, matrix)


def _through_pixels(light: Image, scale: tuple[float, float], matrix: Matrix) -> Image:
    """Integrate over the camera's pixels, and give the coefficients of the result's B-spline."""
    rows, columns = light.shape
    across, down = fft.rfftfreq(columns, scale[0]), fft.fftfreq(rows, scale[1])
    frequency = np.stack(np.broadcast_arrays(across, down[:, None])).astype(np.float32)
    spectrum = fft.rfft2(light, workers=2)
    spectrum *= _pixel_response(frequency, matrix) * _spline_response(frequency, scale)
    coefficients: Image = fft.irfft2(spectrum, s=light.shape, workers=2)
    return coefficients


def _entries(radius: Image, optics: Optics) -> NDArray[np.int32]:
    """Entry of the fine transfer table for each radius; beyond the cut-off the last, which is 0."""
    last = np.float32((TABLE_RADII - 1) * _TABLE_FINENESS)
    entries: NDArray[np.int32] = np.minimum(radius * np.float32(last / optics.cutoff) + np.float32(0.5), last).astype(
        np.int32
    )
    return entries


@lru_cache(maxsize=256)
def _transfer(optics: Optics, defocus_um: float, slab_um: float) -> Table:
    coarse = transfer(optics, defocus_um, slab_um=slab_um)
    between = np.arange(_TABLE_FINENESS, dtype=np.float32) / _TABLE_FINENESS
    fine = coarse[:-1, None] + np.diff(coarse)[:, None] * between
    return np.append(fine.ravel(), coarse[-1:])


def _fine_grid(window: Window, cutoff: float, samples: float) -> tuple[Shape, tuple[float, float]]:
    """Rows and columns of the grid that the pixels are read from, and its pitch in µm along x and y."""
    side_x, side_y = window.columns * window.pitch_um, window.rows * window.pitch_um
    columns, rows = (fft.next_fast_len(int(np.ceil(side * cutoff * samples)), True) for side in (side_x, side_y))
    return (rows, columns), (side_x / columns, side_y / rows)


def _sampled(fine: Image, window: Window, scale: tuple[float, float], grid: Grid, matrix: Matrix) -> Image:
    """Read the pixels of a grid from B-spline coefficients over a window, shape (rows, columns)."""
    to_fine = np.array(
        [
            [1 / scale[0], 0, -window.column * window.pitch_um / scale[0]],
            [0, 1 / scale[1], -window.row * window.pitch_um / scale[1]],
        ]
    )
    return sample(fine, compose(to_fine, matrix), grid.columns, grid.rows)


def _pixel_response(frequency: Image, matrix: Matrix) -> Image:
    """Spectrum of the camera pixel, a parallelogram with the grid's steps as sides."""
    (xx, xy), (yx, yy) = matrix[:, :2].astype(np.float32)
    x, y = frequency
    response: Image = np.sinc(xx * x + yx * y) * np.sinc(xy * x + yy * y)
    return response


def _spline_response(frequency: Image, scale: tuple[float, float]) -> Image:
    response: Image = (prefilter(frequency[0] * scale[0]) * prefilter(frequency[1] * scale[1])).astype(np.float32)
    return response
