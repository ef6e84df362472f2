"""A call that does not return is noticed once, told in words, and told again when it came back after all."""

import threading

import pytest

from acquire import watchdog as module
from acquire.watchdog import ALLOWED_S, Watchdog


class Told:
    """A watchdog on a virtual clock, and what it told."""

    def __init__(self):
        self.now_s, self.stalls, self.backs = 0.0, [], []
        self.dog = Watchdog(tell=self.stalls.append, back=self.backs.append, clock=lambda: self.now_s)

    def at(self, now_s):
        self.now_s = now_s
        self.dog.look()


@pytest.fixture
def told():
    return Told()


@pytest.mark.parametrize("kind", sorted(ALLOWED_S))
def test_a_call_is_told_of_when_its_time_is_over_and_only_once(told, kind):
    with told.dog.watching(kind, "site 0007"):
        told.at(ALLOWED_S[kind])
        assert told.stalls == []
        told.at(ALLOWED_S[kind] + 1)
        told.at(ALLOWED_S[kind] + 100)
    assert [stall.kind for stall in told.stalls] == [kind]


def test_a_stall_says_what_where_how_long_and_what_to_do(told):
    with told.dog.watching("snap", "site 0007 with 100x", allowed_s=10.0):
        told.at(12.0)
    assert str(told.stalls[0]) == (
        "a call to snap (site 0007 with 100x) has not come back for 12 s: look at the stand and at Micro-Manager; "
        "nothing was moved because of this"
    )


def test_a_call_in_time_is_not_told_of(told):
    with told.dog.watching("snap"):
        told.at(1.0)
    told.at(1e6)
    assert (told.stalls, told.backs) == ([], [])


def test_each_call_has_its_own_time(told):
    for start_s in (0.0, 200.0):
        told.at(start_s)
        with told.dog.watching("snap"):
            told.at(start_s + ALLOWED_S["snap"] - 1)
    assert told.stalls == []


def test_a_call_within_another_is_watched_beside_it(told):
    with told.dog.watching("autofocus"):
        with told.dog.watching("snap"):
            told.at(ALLOWED_S["snap"] + 1)
        assert [stall.kind for stall in told.stalls] == ["snap"]
        told.at(ALLOWED_S["autofocus"] + 1)
    assert [stall.kind for stall in told.stalls] == ["snap", "autofocus"]


def test_a_stalled_call_that_comes_back_is_told_with_its_whole_time(told):
    with told.dog.watching("move"):
        told.at(ALLOWED_S["move"] + 1)
        assert told.dog.stall == told.stalls[0]
        told.now_s = 1000.0
    assert [(back.kind, back.seconds) for back in told.backs] == [("move", 1000.0)]
    assert told.dog.stall is None


def test_a_stalled_call_that_raises_is_over_too(told):
    def fails():
        told.at(ALLOWED_S["move"] + 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), told.dog.watching("move"):
        fails()
    assert len(told.backs) == 1


def test_its_thread_looks_by_itself_and_ends_with_it(monkeypatch):
    monkeypatch.setattr(module, "LOOKS_EVERY_S", 0.001)
    seen = threading.Event()
    with Watchdog(tell=lambda _stall: seen.set()) as dog, dog.watching("snap", allowed_s=0.0):
        assert seen.wait(10.0)
    assert "watchdog" not in [thread.name for thread in threading.enumerate()]
