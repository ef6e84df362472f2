import numpy as np
import pytest
import torch

from enhance.engine_torch import TorchEngine, area_reduced
from enhance.errors import CheckpointError, EnhanceError, ImageError
from enhance.network import Network
from enhance.open import open_engine
from tests.contracts.engine import EngineContract
from tests.enhance.models import checkpoint

WHOLE = 10_000


class TestTorchEngine(EngineContract):
    @pytest.fixture
    def engine(self):
        return TorchEngine(checkpoint(blocks=1), tile_px=24)


@pytest.mark.parametrize("padding", ["zero", "reflect"])
@pytest.mark.parametrize(("passes", "grow"), [(1, False), (2, False), (2, True)])
@pytest.mark.parametrize(("ratio", "size"), [((5, 2), (37, 46)), ((3, 2), (41, 33)), ((2, 1), (20, 31))])
def test_tiles_give_what_the_whole_gives_to_1e_12_in_float64(padding, passes, grow, ratio, size):
    model = checkpoint(padding=padding, ratio=ratio, blocks=1)
    image = np.random.default_rng(1).random((*size, 3))
    tiled, whole = (
        TorchEngine(model, tile_px=tile, dtype=torch.float64).forward(image, passes=passes, grow=grow)
        for tile in (24, WHOLE)
    )
    assert tiled.shape == whole.shape
    assert np.abs(tiled - whole).max() <= 1e-12


@pytest.mark.parametrize("padding", ["zero", "reflect"])
def test_tiles_of_the_full_network_give_what_the_whole_gives_to_1e_5_in_float32(padding):
    model = checkpoint(width=32, blocks=5, growth=10, padding=padding)
    image = np.random.default_rng(1).random((97, 66, 3))
    tiled, whole = (TorchEngine(model, tile_px=tile).forward(image) for tile in (40, WHOLE))
    assert np.abs(tiled - whole).max() <= 1e-5 * np.abs(whole).max()


def test_with_zero_padding_the_engine_is_the_network_itself():
    model = checkpoint(padding="zero", skip="none")
    image = np.random.default_rng(1).random((15, 18, 3))
    network = Network(model.architecture).double()
    network.load_state_dict({name: torch.from_numpy(w) for name, w in model.weights.items()})
    with torch.inference_mode():
        expected = network(torch.from_numpy(image).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    assert np.abs(TorchEngine(model, dtype=torch.float64).forward(image) - expected).max() <= 1e-13


def test_a_mirrored_edge_shows_no_border_where_zeros_do():
    even = np.full((30, 30, 3), 0.9)
    mirrored, zeros = (
        np.ptp(TorchEngine(checkpoint(padding=padding, skip="none")).forward(even)[::5, ::5], axis=(0, 1)).max()
        for padding in ("reflect", "zero")
    )
    assert mirrored < 1e-4
    assert zeros > 100 * mirrored


def test_two_passes_reduced_to_the_first_size_lie_where_one_pass_lies():
    rows, columns = np.mgrid[0:40, 0:40]
    blob = np.repeat(np.exp(-((rows - 17.0) ** 2 + (columns - 23.0) ** 2) / 40)[..., None], 3, axis=2)
    engine = TorchEngine(still())
    one, two = engine.forward(blob), engine.forward(blob, passes=2)
    assert np.allclose(centre(one), centre(two), atol=0.02)


def test_the_area_reduction_is_the_mean_over_each_coarse_pixel():
    fine = torch.arange(10.0)[None, None, None].expand(1, 3, 5, 10)
    assert area_reduced(fine, (5, 2))[0, 0, 0].tolist() == pytest.approx([0.8, 3.2, 5.8, 8.2])


def test_a_picture_too_large_to_grow_is_refused_before_any_work():
    engine = TorchEngine(checkpoint())
    huge = np.broadcast_to(np.zeros(3, dtype=np.uint8), (4000, 4000, 3))
    with pytest.raises(ImageError, match="25000×25000"):
        engine.enhance(huge, passes=2, grow=True)


def test_values_beyond_white_are_clipped_not_wrapped():
    edge = np.zeros((8, 16, 3), dtype=np.uint8)
    edge[:, 8:] = 255
    output = TorchEngine(still()).enhance(edge)  # the skip overshoots on both sides
    assert (output[:, :19] <= 20).all()
    assert (output[:, 21:] >= 235).all()


def test_an_engine_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(EnhanceError, match="'auto', 'torch'"):
        open_engine(checkpoint(), engine="abacus")


def test_a_missing_model_folder_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="there is no model"):
        open_engine(tmp_path / "nothing")


def still():
    """A model that does nothing but the skip."""
    model = checkpoint()
    return checkpoint(weights={name: np.zeros_like(w) for name, w in model.weights.items()})


def centre(picture):
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    grey = picture.sum(axis=2)
    return (rows * grey).sum() / grey.sum(), (columns * grey).sum() / grey.sum()
