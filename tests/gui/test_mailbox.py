import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from gui.mailbox import Bell, Mailbox


@given(st.lists(st.booleans()))
def test_every_item_is_taken_overwritten_or_still_there(puts):
    box = Mailbox()
    taken = []
    for number, put in enumerate(puts):
        if put:
            box.put(number)
        elif (item := box.take()) is not None:
            taken.append(item)
    left = box.take()
    assert len(taken) + box.overwritten + (left is not None) == sum(puts)
    assert taken == sorted(taken)


def test_the_latest_item_wins():
    box = Mailbox()
    for number in range(5):
        box.put(number)
    assert box.take() == 4
    assert box.overwritten == 4


def test_an_item_is_taken_once():
    box = Mailbox()
    box.put("frame")
    box.take()
    assert box.take() is None


def test_taking_waits_for_an_item():
    box = Mailbox()
    threading.Timer(0.05, box.put, ["frame"]).start()
    assert box.take(timeout_s=10) == "frame"


def test_taking_without_a_timeout_does_not_wait():
    started_s = time.monotonic()
    assert Mailbox().take() is None
    assert time.monotonic() - started_s < 0.5


def test_the_bell_rings_once_until_it_is_answered():
    rung = []
    bell = Bell(lambda: rung.append(1))
    for _ in range(3):
        bell.ring()
    assert len(rung) == 1
    bell.answer()
    bell.ring()
    assert len(rung) == 2
