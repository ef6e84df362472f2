import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from enhance.checkpoint import save
from enhance.engine_torch import TorchEngine
from enhance.errors import CheckpointError
from enhance.evaluate import evaluate
from enhance.evidence import NEVER, Evidence, Grade, keep_evidence, read_evidence, say_evidence
from enhance.open import SHIPPED
from enhance.proof import evidence_of
from enhance.trainingset import open_training_set
from tests.enhance.models import checkpoint
from tests.enhance.small_pairs import write_pairs

MODEL = checkpoint(blocks=1)


def evidence(**changes):
    facts = {
        "date": datetime(2026, 11, 26, tzinfo=UTC).isoformat(),
        "slides": ("S-9",),
        "rigs": ("in_process-stand-1",),
        "simulated": False,
        "sites": 5,
        "against": "registered_100x",
        "network": Grade(psnr_db=34.5, ssim=0.95),
        "bicubic": Grade(psnr_db=33.0, ssim=0.91),
        "pairs_sha256": "1" * 64,
        "weights_sha256": MODEL.weights_sha256,
    }
    return Evidence(**(facts | changes))


@pytest.fixture
def model(tmp_path):
    save(MODEL, tmp_path / "model")
    return str(tmp_path / "model")


def test_what_was_kept_is_read_back_from_beside_the_weights(model):
    path = keep_evidence(evidence(), model)
    assert path == Path(model) / "evidence.yaml"
    assert read_evidence(model, MODEL) == (evidence(),)


def test_a_newer_test_on_the_same_pictures_replaces_the_older_one(model):
    keep_evidence(evidence(), model)
    keep_evidence(evidence(pairs_sha256="2" * 64, date="2026-12-01"), model)
    keep_evidence(evidence(date="2026-12-24"), model)
    assert [each.date for each in read_evidence(model, MODEL)] == ["2026-12-01", "2026-12-24"]


def test_evidence_of_other_weights_says_nothing_of_these(model):
    keep_evidence(evidence(), model)
    trained_on = checkpoint(blocks=1, seed=1)
    assert read_evidence(model, trained_on) == ()
    assert say_evidence(read_evidence(model, trained_on)) == NEVER


def test_evidence_of_the_shipped_model_goes_to_the_users_own_folder():
    path = keep_evidence(evidence(), SHIPPED)
    assert path.is_relative_to(os.environ["PARFOCAL_STATE_DIR"])
    assert read_evidence(SHIPPED, MODEL) == (evidence(),)


def test_where_the_model_folder_cannot_be_written_the_users_own_folder_is_taken(model, tmp_path):
    (tmp_path / "file").write_text("")
    path = keep_evidence(evidence(), str(tmp_path / "file"))
    assert path.is_relative_to(os.environ["PARFOCAL_STATE_DIR"])
    assert read_evidence(model, MODEL) == (evidence(),)


def test_a_file_that_is_no_evidence_is_refused_in_words(model):
    (Path(model) / "evidence.yaml").write_text("evidence: yes")
    with pytest.raises(CheckpointError, match="is not evidence that Parfocal wrote"):
        read_evidence(model, MODEL)


def test_a_test_says_when_where_and_how_much():
    said = say_evidence([evidence()])
    assert said == (
        "tested on 2026-11-26 on 5 sites of 1 held-out slide of in_process-stand-1: 34.50 dB (+1.50 over bicubic), "
        "SSIM 0.9500 (bicubic 0.9100)"
    )


@pytest.mark.parametrize(
    ("same_slide", "same_pairs", "learnt", "held_out"),
    [
        (False, True, (), True),
        (True, True, (), False),
        (True, False, (), True),
        (False, False, ("slide0",), True),
        (False, False, ("slide1", "slide7"), False),  # by another set, or by a model it began with
    ],
)
def test_a_slide_that_was_trained_on_is_not_said_to_be_held_out(tmp_path, same_slide, same_pairs, learnt, held_out):
    folder = write_pairs(tmp_path / "PAIRS", splits=("validation", "test"), low_px=40, simulated=False)
    if same_slide:
        table = folder / "sites.csv"
        table.write_text(table.read_text().replace(",slide0,", ",slide1,"))
    data = open_training_set(folder)
    model = replace(MODEL, data_sha256=data.card.data_sha256 if same_pairs else "2" * 64, slides=learnt)
    found = evidence_of(evaluate(TorchEngine(model), folder), model, data, datetime(2026, 11, 26, tzinfo=UTC))
    assert found.slides == (("slide1",) if held_out else ())
    assert ("of 1 held-out slide" in found.says) == held_out
    assert ("of slides that it was trained on" in found.says) != held_out


@pytest.mark.parametrize(
    ("simulated_slides", "rig", "simulated_rig", "counts"),
    [
        (False, "in_process-stand-1", False, True),
        (False, "running-4827", False, False),
        (False, "", False, True),  # a picture file does not say where it comes from
        (False, "simulated-simulated", True, False),
        (True, "simulated-simulated", True, True),
        (True, "in_process-stand-1", False, False),
        (True, "", False, False),
    ],
)
def test_only_a_test_on_this_rig_counts(simulated_slides, rig, simulated_rig, counts):
    known = [evidence(simulated=simulated_slides)]
    said = say_evidence(known, rig=rig, simulated=simulated_rig, brief=True)
    assert (said == known[0].brief) == counts
    assert (said == NEVER) != counts


def test_a_test_elsewhere_is_told_after_the_warning():
    assert say_evidence([evidence()], rig="running-4827") == f"{NEVER}; {evidence().says}"


def test_the_latest_test_is_told():
    assert "2026-12-24" in say_evidence([evidence(), evidence(date="2026-12-24")])
    assert replace(MODEL, steps=1).weights_sha256 == MODEL.weights_sha256  # what travels is tied to weights alone
