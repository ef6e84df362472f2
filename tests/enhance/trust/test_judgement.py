"""The novelty flag: sound pictures pass, and what a network cannot know is flagged with a reason."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from enhance.checkpoint import load, save
from enhance.errors import CheckpointError
from enhance.trust.familiar import from_dict
from enhance.trust.familiarise import familiarise
from enhance.trust.judgement import judge
from enhance.trust.tilemeasures import tile_measures
from enhance.trust.verdict import judgement_of
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import OPTICS, imaged, texture

SIDE = 192
TRAINING = [imaged(texture(480, seed=seed), (5, 2), seed=seed) for seed in range(24)]
UNSEEN = [imaged(texture(640, seed=seed), (5, 2), seed=seed) for seed in range(100, 112)]


@pytest.fixture(scope="module")
def familiar():
    return familiarise(TRAINING, white_level=255, optics=OPTICS, pixel_um=0.185)


def flagged(pictures, familiar):
    return np.mean([judge(picture, familiar, white_level=255).novel for picture in pictures])


def other_pixels(factor):
    """What a camera with pixels `factor` times as large shows of the same things."""
    size = round(256 / factor)

    def seen(seed):
        high = texture(640, seed=seed).astype(np.float32)
        low = cv2.resize(cv2.GaussianBlur(high, (0, 0), 1.6), (size, size), interpolation=cv2.INTER_AREA)
        noise = 1.5 * np.random.default_rng(seed).standard_normal(low.shape)
        return np.clip(np.rint(low + noise), 0, 255).astype(np.uint8)

    return [seen(seed) for seed in range(100, 112)]


def test_unseen_pictures_of_the_kind_trained_on_pass(familiar):
    assert flagged(UNSEEN, familiar) <= 1 / 12


@pytest.mark.parametrize("factor", [0.7, 1.4])
def test_pictures_of_other_pixels_are_flagged(familiar, factor):
    assert flagged(other_pixels(factor), familiar) >= 11 / 12


def test_larger_pixels_are_named_as_the_reason(familiar):
    reasons = judge(other_pixels(1.4)[0], familiar, white_level=255).reasons
    assert any("pixels seem 1." in reason for reason in reasons)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: 255 - p, id="inverted"),
        pytest.param(lambda p: p // 3, id="underexposed"),
        pytest.param(lambda p: cv2.GaussianBlur(p, (0, 0), 2.5), id="out of focus"),
        pytest.param(lambda p: np.zeros_like(p), id="black"),
        pytest.param(lambda p: (p * np.array([0.1, 1, 0.2])).astype(np.uint8), id="another colour"),
    ],
)
def test_what_no_network_knows_is_flagged_and_why(familiar, change):
    judged = [judge(change(picture), familiar, white_level=255) for picture in UNSEEN]
    assert all(one.novel and one.reasons for one in judged)
    assert np.mean([one.fraction for one in judged]) >= 0.9


def test_dark_pictures_are_said_to_be_dark(familiar):
    reasons = judge(np.full((SIDE, SIDE, 3), 20, np.uint8), familiar, white_level=255).reasons
    assert any("darker" in reason for reason in reasons)


def test_a_tile_of_empty_glass_is_never_novel(familiar):
    noise = np.random.default_rng(0).normal(0, 2, (SIDE, SIDE, 3))
    judged = judge(np.rint(230 + noise).astype(np.uint8), familiar, white_level=255)
    assert judged.glass.all()
    assert (judged.novel, judged.fraction, judged.pixel_factor) == (False, 0, None)


def test_glass_round_a_picture_changes_nothing_of_its_tiles(familiar):
    wide = np.full((SIDE, SIDE + 64, 3), 230, np.uint8)
    wide[:, :SIDE] = TRAINING[0]
    alone, beside = (judge(picture, familiar, white_level=255) for picture in (TRAINING[0], wide))
    assert np.array_equal(beside.tiles[:, :3], alone.tiles)


def test_sixteen_bits_are_judged_by_their_white_level(familiar):
    deep = UNSEEN[0].astype(np.uint16) * 16
    told = [judge(p, familiar, white_level=w) for p, w in ((UNSEEN[0], 255), (deep, 255 * 16))]
    assert np.array_equal(told[0].tiles, told[1].tiles)


def test_what_is_kept_reads_back_as_it_was(familiar):
    again = from_dict(familiar.as_dict())
    for picture in (UNSEEN[0], 255 - UNSEEN[0]):
        one, other = (judge(picture, kept, white_level=255) for kept in (familiar, again))
        assert np.array_equal(one.tiles, other.tiles)
        assert one.reasons == other.reasons


def test_a_saved_model_keeps_how_its_training_pictures_look(familiar, tmp_path):
    save(checkpoint(familiar=familiar.as_dict()), tmp_path / "model")
    model = load(tmp_path / "model")
    assert model.familiar == familiar.as_dict()
    assert judgement_of(255 - UNSEEN[0], model, white_level=255).novel


def test_learning_twice_gives_the_same(familiar):
    again = familiarise(TRAINING, white_level=255, optics=OPTICS, pixel_um=0.185)
    assert again.as_dict() == familiar.as_dict()


def test_a_model_of_an_earlier_version_keeps_nothing():
    assert from_dict({}) is None


@pytest.mark.parametrize("name", ["mean", "whitening", "pixel", "farthest"])
def test_damage_is_refused_in_words(familiar, name):
    with pytest.raises(CheckpointError, match="damaged"):
        from_dict(familiar.as_dict() | {name: "none"})


def test_other_measures_are_refused_in_words(familiar):
    with pytest.raises(CheckpointError, match="measured in another way"):
        from_dict(familiar.as_dict() | {"measures": ["red"]})


def test_nothing_is_learnt_from_glass():
    glass = [np.full((SIDE, SIDE, 3), 230, np.uint8)] * 3
    assert familiarise(glass, white_level=255, optics=OPTICS, pixel_um=0.185) is None


@given(arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3)), elements=st.integers(0, 255)))
def test_any_picture_can_be_measured(picture):
    measured = tile_measures(picture, white_level=255)
    assert np.isfinite(measured.values).all()
