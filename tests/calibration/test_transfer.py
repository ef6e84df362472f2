import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.optics import Objective
from calibration.transfer import COLOURS_UM, TABLE_RADII, Optics, absorption, focus_ratio, phase, transfer

DRY = Optics(na=0.95, condenser_na=0.55, wavelength_um=0.55)
OIL = Optics(na=1.4, condenser_na=0.55, wavelength_um=0.55)

lenses = st.builds(
    Optics,
    na=st.floats(0.1, 1.45),
    condenser_na=st.floats(0.05, 1.3),
    wavelength_um=st.sampled_from(COLOURS_UM),
)


def at(optics, table, frequency):
    return np.interp(frequency, np.linspace(0, optics.cutoff, TABLE_RADII), table)


def objective(na, immersion):
    return Objective(name="o", label="o", magnification=40, na=na, immersion=immersion, near_margin_um=20)


def summed_over_a_fine_source(optics, frequency, defocus_um, points=801):
    """The defining integral on a square grid of source points."""
    line = np.linspace(-optics.source, optics.source, points)
    x, y = np.meshgrid(line, line)
    source = x**2 + y**2 <= optics.source**2
    passed = source & ((x + frequency) ** 2 + y**2 <= optics.pupil**2)
    limit = (optics.index / optics.wavelength_um) ** 2
    through = np.sqrt(limit - (x[passed] + frequency) ** 2 - y[passed] ** 2)
    detour = through - np.sqrt(limit - x[passed] ** 2 - y[passed] ** 2)
    return np.exp(2j * np.pi * defocus_um * detour).sum() / source.sum()


@pytest.mark.parametrize(("optics", "cutoff"), [(DRY, 2.727), (OIL, 3.545)])
def test_the_cutoff_is_the_sum_of_both_apertures_over_the_wavelength(optics, cutoff):
    assert optics.cutoff == pytest.approx(cutoff, abs=1e-3)


@given(lenses)
@settings(deadline=None, max_examples=30)
def test_absorbance_passes_up_to_the_cutoff_and_no_further(optics):
    passed = absorption(transfer(optics, 0.0))
    assert passed[:-1].min() > 0
    assert abs(passed[-1]) < 1e-6


def test_a_condenser_wider_than_the_objective_gains_nothing():
    wide = Optics(na=0.4, condenser_na=0.9, wavelength_um=0.54)
    assert wide.cutoff == pytest.approx(2 * 0.4 / 0.54)


@given(lenses, st.floats(-2, 2))
@settings(deadline=None, max_examples=30)
def test_even_absorbance_passes_whole_and_even_phase_not_at_all(optics, defocus_um):
    table = transfer(optics, defocus_um)
    assert absorption(table)[0] == pytest.approx(1, abs=1e-5)
    assert phase(table)[0] == pytest.approx(0, abs=1e-5)


@given(lenses)
@settings(deadline=None, max_examples=30)
def test_phase_does_not_show_in_focus(optics):
    assert np.abs(phase(transfer(optics, 0.0))).max() < 1e-6


@given(lenses, st.floats(0.05, 2))
@settings(deadline=None, max_examples=30)
def test_the_sign_of_defocus_turns_phase_over_and_leaves_absorbance(optics, defocus_um):
    above, below = transfer(optics, defocus_um), transfer(optics, -defocus_um)
    assert np.allclose(absorption(above), absorption(below), atol=1e-5)
    assert np.allclose(phase(above), -phase(below), atol=1e-5)


@pytest.mark.parametrize("optics", [DRY, OIL])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("defocus_um", [0.0, 0.7, -1.6])
def test_the_table_agrees_with_a_plain_sum_over_the_source(optics, share, defocus_um):
    frequency = share * optics.cutoff
    plain = summed_over_a_fine_source(optics, frequency, defocus_um)
    assert abs(at(optics, transfer(optics, defocus_um), frequency) - plain) < 2e-3


def test_a_dry_lens_keeps_half_its_mid_band_contrast_at_two_thirds_of_a_micrometre():
    """Measured against a multislice reference: ±0.38 µm to 80 %, ±0.62 µm to 50 %."""
    middle = 0.5 * DRY.cutoff
    sharp = at(DRY, absorption(transfer(DRY, 0.0)), middle)
    assert at(DRY, absorption(transfer(DRY, 0.38)), middle) / sharp == pytest.approx(0.8, abs=0.05)
    assert at(DRY, absorption(transfer(DRY, 0.62)), middle) / sharp == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("index", [1.515, 1.52, 1.53])
def test_a_dry_lens_moves_its_focus_further_than_the_stage(index):
    assert focus_ratio(objective(0.95, "air"), section_index=index) == pytest.approx(1.87, abs=0.03)


def test_an_oil_lens_moves_its_focus_with_the_stage():
    assert focus_ratio(objective(1.4, "oil")) == pytest.approx(1, abs=0.01)


def test_a_small_aperture_follows_the_ratio_of_the_indices():
    assert focus_ratio(objective(0.05, "air"), section_index=1.52) == pytest.approx(1.52, abs=1e-3)
