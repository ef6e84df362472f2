import numpy as np
import pytest

from enhance.errors import PairsError
from enhance.trainingset import open_training_set
from tests.enhance.small_pairs import OPTICS, write_pairs


@pytest.fixture
def folder(tmp_path):
    return write_pairs(tmp_path / "PAIRS", low_px=20, patch_px=10)


def test_sites_are_found_by_their_split_with_their_pictures(folder):
    data = open_training_set(folder)
    assert [site.id for site in data.of("train")] == ["slide0_s0", "slide1_s0"]
    assert [site.id for site in data.of("test")] == ["slide3_s0"]
    assert data.sites[0].size_px == (20, 20)
    assert data.picture(data.sites[0], "high").shape == (50, 50, 3)
    assert data.has(data.sites[0], "truth")


def test_rejected_sites_are_left_out(folder):
    table = folder / "sites.csv"
    table.write_text(table.read_text().replace("s0,train,true,", "s0,train,false,blurred", 1))
    assert [site.id for site in open_training_set(folder).of("train")] == ["slide1_s0"]


def test_a_set_without_accepted_sites_is_refused(folder):
    table = folder / "sites.csv"
    table.write_text(table.read_text().replace(",true,", ",false,"))
    with pytest.raises(PairsError, match=r"no site in .* was accepted"):
        open_training_set(folder)


@pytest.mark.parametrize(("text", "says"), [("ratio: 5", "not a card"), (":\n:", "not a card")])
def test_a_damaged_card_is_refused(folder, text, says):
    (folder / "card.yaml").write_text(text)
    with pytest.raises(PairsError, match=says):
        open_training_set(folder)


def test_a_card_without_its_objectives_is_refused_by_the_key(tmp_path):
    folder = write_pairs(tmp_path / "bare", low_px=20, patch_px=10, optics={"condenser_na": 0.55})
    with pytest.raises(PairsError, match=r"'optics\.low' is missing"):
        open_training_set(folder)


def test_a_card_with_an_objective_that_cannot_be_is_refused(tmp_path):
    optics = OPTICS | {"high": {"na": -1.4, "magnification": 100, "immersion": "oil"}}
    folder = write_pairs(tmp_path / "bare", low_px=20, patch_px=10, optics=optics)
    with pytest.raises(PairsError, match=r"optics\.high\.na"):
        open_training_set(folder)


def test_a_missing_picture_is_refused(folder):
    (folder / "pairs" / "slide1_s0_high.npy").unlink()
    with pytest.raises(PairsError, match=r"slide1_s0_high\.npy is missing or damaged"):
        open_training_set(folder)


def test_a_picture_cut_short_is_refused(folder):
    path = folder / "pairs" / "slide1_s0_low.npy"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PairsError, match="missing or damaged"):
        open_training_set(folder)


def test_a_pair_of_another_ratio_is_refused(folder):
    np.save(folder / "pairs" / "slide0_s0_high.npy", np.zeros((40, 40, 3), dtype=np.uint8))
    with pytest.raises(PairsError, match="not in the ratio 5/2"):
        open_training_set(folder)


def test_pickled_arrays_are_refused_unopened(folder):
    np.save(folder / "pairs" / "slide0_s0_low.npy", np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(PairsError, match="missing or damaged"):
        open_training_set(folder)


def test_patches_that_are_no_pairs_are_refused(folder):
    np.save(folder / "patches" / "train_low.npy", np.zeros((3, 10, 10, 3), dtype=np.uint8))
    with pytest.raises(PairsError, match="no pairs of ratio 5/2"):
        open_training_set(folder).patches("train")


def test_a_table_that_was_cut_in_its_last_row_is_refused(folder):
    table = folder / "sites.csv"
    table.write_text(table.read_text().rstrip()[: -len("test,true,")])
    with pytest.raises(PairsError, match=r"lacks (split|accepted) in a row"):
        open_training_set(folder)


def test_an_array_that_is_a_single_number_is_refused(folder):
    np.save(folder / "pairs" / "slide0_s0_low.npy", np.uint8(7))
    with pytest.raises(PairsError, match="not 8- or 16-bit RGB"):
        open_training_set(folder)
