import numpy as np

from enhance.trainingset import open_training_set
from enhance.validation import MAX_SIDE_PX, MAX_SITES, choose_validation
from tests.enhance.small_pairs import write_pairs

LOW_PX = MAX_SIDE_PX + 20


def many_sites(folder):
    splits = ("train", *["validation"] * (MAX_SITES + 1), "test")
    return open_training_set(write_pairs(folder, splits=splits, low_px=LOW_PX, patch_px=60))


def test_a_quick_training_is_selected_by_the_middles_of_a_few_sites(tmp_path):
    chosen = choose_validation(many_sites(tmp_path / "pairs"), border_px=30)
    assert [example.low.shape for example in chosen.examples] == [(MAX_SIDE_PX, MAX_SIDE_PX, 3)] * MAX_SITES


def test_the_papers_training_is_selected_by_every_validation_site_to_its_edges(tmp_path):
    chosen = choose_validation(many_sites(tmp_path / "pairs"), border_px=30, whole=True)
    assert [example.low.shape for example in chosen.examples] == [(LOW_PX, LOW_PX, 3)] * (MAX_SITES + 1)
    assert {example.label.shape for example in chosen.examples} == {(LOW_PX * 5 // 2, LOW_PX * 5 // 2, 3)}


def test_tissue_that_lies_at_the_very_edge_alone_leaves_a_score_that_is_a_number(tmp_path):
    folder = write_pairs(tmp_path / "pairs", splits=("train", "validation"), low_px=40, patch_px=20)
    for kind, side in (("low", 40), ("high", 100)):
        picture = np.full((side, side, 3), 230, np.uint8)
        picture[side // 4 : side // 4 + 2] = 100  # where the middle that is scored begins
        np.save(folder / "pairs" / f"slide1_s0_{kind}.npy", picture)
    chosen = choose_validation(open_training_set(folder), border_px=26)
    assert np.isfinite(chosen.of_bicubic().ssim)
