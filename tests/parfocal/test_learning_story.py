import numpy as np
import pytest

from enhance.engine_torch import TorchEngine
from enhance.evaluate import evaluate
from parfocal.learning_story import crops
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import write_pairs


@pytest.mark.parametrize("deep", ["low", "truth"])
def test_pictures_in_16_bits_are_shown_beside_the_others_in_bytes(tmp_path, deep):
    pairs = write_pairs(tmp_path / "PAIRS", splits=("test",), low_px=40)
    engine = TorchEngine(checkpoint(blocks=1))
    evaluation = evaluate(engine, pairs, out=tmp_path)
    (plain,) = crops(pairs, engine, evaluation, pixel_um=0.18, side_px=20)
    for file in pairs.glob(f"pairs/*_{deep}.npy"):
        np.save(file, np.load(file).astype(np.uint16) * 257)
    (shown,) = crops(pairs, engine, evaluation, pixel_um=0.18, side_px=20)
    for name in ("low", "bicubic", "network", "label", "truth"):
        picture = getattr(shown, name)
        assert picture.dtype == np.uint8
        assert np.abs(picture.astype(int) - getattr(plain, name)).max() <= 1
