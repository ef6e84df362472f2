import pytest

from acquire.errors import StoreError
from parfocal.laps import Laps


class Clock:
    def __init__(self):
        self.s = 0.0

    def __call__(self):
        return self.s


@pytest.fixture
def spend(tmp_path):
    """Work on steps for so many seconds each, in a session of its own, and give what all sessions came to."""

    def _spend(**seconds):
        clock = Clock()
        laps = Laps(tmp_path / "job" / "seconds.json", now_s=clock)
        for name, spent in seconds.items():
            with laps.step(name):
                clock.s += spent
        return dict(laps.seconds)

    return _spend


def test_a_job_gone_on_with_counts_what_earlier_sessions_took(spend):
    spend(calibrate=30.0, capture=50.0)
    assert spend(calibrate=0.5, capture=10.0, train=100.0) == {"calibrate": 30.5, "capture": 60.0, "train": 100.0}


def test_a_step_that_was_stopped_is_counted(tmp_path, spend):
    clock = Clock()
    laps = Laps(tmp_path / "job" / "seconds.json", now_s=clock)

    def stopped():
        with laps.step("capture"):
            clock.s += 7.0
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert spend(capture=2.0) == {"capture": 9.0}


@pytest.mark.parametrize("text", ["", "[]", '{"capture": "long"}'])
def test_a_damaged_file_is_refused_in_words(tmp_path, text):
    (tmp_path / "seconds.json").write_text(text)
    with pytest.raises(StoreError, match=r"seconds\.json does not hold"):
        Laps(tmp_path / "seconds.json")
