"""What holds of every kind of specimen: the same bytes in any window and any process, and words refused by name."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Lens
from acquire.simulated.specimens.kinds import KINDS, TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.simulated.specimens.window import Window
from calibration.errors import RigError
from tests.acquire.simulated.conftest import grid_of

ROOT = Path(__file__).resolve().parents[4]
PICTURE = ROOT / "tests/data/he_tia.jpg"
FIRST = (5400, 5360)  # of a window at the middle of the targets
PITCH_UM = 0.0925
HASHES = """
import hashlib
from tests.acquire.simulated.specimens.test_kinds import KINDS, rendered
for kind in KINDS:
    print(kind, hashlib.sha256(rendered(kind, 0, 0, 300, 120).tobytes()).hexdigest())
"""


def told(kind):
    return {"kind": kind, "file": str(PICTURE)} if kind == "picture" else {"kind": kind}


def rendered(kind, across, down, columns, rows):
    window = Window(column=FIRST[0] + across, row=FIRST[1] + down, columns=columns, rows=rows, pitch_um=PITCH_UM)
    return Slide(make_specimen(told(kind))).render(window)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_is_the_same_bytes_as_that_area_of_a_larger_one(kind):
    whole = rendered(kind, 0, 0, 300, 120)
    assert rendered(kind, 130, 40, 90, 70).tobytes() == whole[:, :, 40:110, 130:220].tobytes()


def test_another_process_computes_the_same_bytes_of_every_kind():
    here = {kind: hashlib.sha256(rendered(kind, 0, 0, 300, 120).tobytes()).hexdigest() for kind in KINDS}
    seen = subprocess.run([sys.executable, "-c", HASHES], cwd=ROOT, capture_output=True, check=True, text=True)
    assert dict(line.split() for line in seen.stdout.splitlines()) == here


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_shows_something_but_empty_glass(kind):
    assert (np.abs(rendered(kind, 0, 0, 300, 120)).max() > 0) == (kind != "empty")


@pytest.mark.parametrize(("na", "pixel_um"), [(0.13, 1.85), (0.3, 0.74), (0.75, 0.37), (1.2, 0.123)])
@pytest.mark.parametrize("kind", TISSUES)
def test_any_objective_shows_any_tissue(kind, na, pixel_um):
    grid = grid_of(pixel_um, 24, 16, centre_um=(900.0, 600.0))
    picture = Renderer(Slide(make_specimen(told(kind)))).render(grid, Lens(na=na, condenser_na=0.55), 0.0)
    assert np.isfinite(picture).all()
    assert 0.02 < picture.std() < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_a_kind_does_not_know_is_refused_by_name(kind):
    with pytest.raises(RigError, match=r"simulated\.specimen\.colour is not known"):
        make_specimen(told(kind) | {"colour": "green"})
