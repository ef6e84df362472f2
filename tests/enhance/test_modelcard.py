from enhance.modelcard import card_text
from tests.enhance.models import checkpoint

METHODS = {"bicubic": {"psnr_db": 39.15, "ssim": 0.9603}, "network": {"psnr_db": 43.4, "ssim": None}}
SCORES = {"split": "test", "methods": METHODS}
RATES = {"false_alarms": 0.0125, "misses": 0.0, "sound_pictures": 80, "wrong_pictures": 574}


def test_a_card_says_what_the_model_is_for_and_what_not():
    text = card_text(checkpoint(), trained_on=["lung, 96 sites"], command="parfocal train PAIRS")
    assert "simulated slides only" in text
    assert "* lung, 96 sites" in text
    assert "must not be used for" in text
    assert "diagnosis" in text
    assert "parfocal train PAIRS" in text


def test_a_card_shows_scores_and_novelty_rates():
    text = card_text(checkpoint(), trained_on=["lung"], command="x", evaluation=SCORES, novelty=RATES)
    assert "| bicubic | 39.15 | 0.9603 |" in text
    assert "| network | 43.40 |  |" in text
    assert "1.2% of 80 sound" in text


def test_scores_on_sites_that_it_was_chosen_by_are_not_called_those_of_slides_it_never_saw():
    told = [
        card_text(checkpoint(), trained_on=["lung"], command="x", evaluation=SCORES | {"split": split})
        for split in ("test", "validation")
    ]
    assert ["never saw" in text for text in told] == [True, False]
    assert "## Scores on validation sites, which flatter it" in told[1]


def test_a_model_of_captured_slides_is_not_called_simulated():
    assert "imulated" not in card_text(checkpoint(simulated_only=False), trained_on=["lung"], command="x")
