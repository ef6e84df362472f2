import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.affine import apply, scaling
from enhance.baselines import BASELINES, bicubic
from enhance.classical.unsharp import unsharp


@pytest.mark.parametrize("name", BASELINES)
@given(rows=st.integers(1, 30), columns=st.integers(1, 30), level=st.integers(0, 255))
def test_an_even_picture_stays_even_at_every_size(name, rows, columns, level):
    output = BASELINES[name](np.full((rows, columns, 3), level, dtype=np.uint8), (5, 2))
    assert output.shape == (-(-5 * rows // 2), -(-5 * columns // 2), 3)
    assert (output == level).all()


@pytest.mark.parametrize("name", ["bicubic", "lanczos"])
@pytest.mark.parametrize("size", [(40, 60), (41, 61)])
def test_a_ramp_lies_where_the_shared_outer_edges_put_it(name, size):
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    ramp = np.repeat((9000 + 200 * columns + 100 * rows)[..., None], 3, axis=2).astype(np.uint16)
    output = BASELINES[name](ramp, (5, 2))
    high_rows, high_columns = np.mgrid[0 : output.shape[0], 0 : output.shape[1]]
    low = apply(scaling(2.5), np.stack([high_columns, high_rows], axis=-1))
    error = output[..., 0] - (9000 + 200 * low[..., 0] + 100 * low[..., 1])
    inner = error[20:80, 20:120]  # whole pixels, over which the kernels' own bends cancel
    assert abs(inner.mean()) < 1  # of 200 to the pixel


def test_sixteen_bit_pictures_keep_their_dtype_and_range():
    output = bicubic(np.array([[[0] * 3, [65535] * 3]], dtype=np.uint16), (5, 2))
    assert output.dtype == np.uint16
    assert (output.min(), output.max()) == (0, 65535)


def test_unsharp_steepens_an_edge():
    edge = np.full((20, 20, 3), 80, dtype=np.uint8)
    edge[:, 10:] = 160
    sharpened = unsharp((5, 2), sigma_px=1.5, amount=0.5).enlarge(edge)
    assert np.ptp(sharpened[25, :, 0].astype(int)) > np.ptp(bicubic(edge, (5, 2))[25, :, 0].astype(int))
