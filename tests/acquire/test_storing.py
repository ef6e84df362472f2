"""A stack is written while the next is captured, never lost, never overtaken, and a failure is told."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquire.errors import StoreError
from acquire.storing import Storing

WAIT_S = 10.0


def test_handing_over_a_stack_does_not_wait_for_the_disk():
    may, done = threading.Event(), []

    def write():
        assert may.wait(WAIT_S)
        done.append(threading.current_thread().name)

    with Storing() as storing:
        storing.put(write)
        assert (done, storing.pending) == ([], True)
        may.set()
        storing.settle()
        assert not storing.pending
    assert done[0].startswith("storing")


def test_the_next_stack_waits_for_the_one_before():
    done, running = [], []

    def write(number):
        running.append(number)
        assert len(running) == 1
        running.remove(number)
        done.append(number)

    with Storing() as storing:
        for number in range(20):
            storing.put(lambda number=number: write(number))
            assert len(done) >= number
    assert done == list(range(20))


def fails(disk):
    if disk["full"]:
        raise StoreError("the disk is full")


def test_a_stack_that_failed_is_told_of_kept_and_written_when_there_is_room():
    disk, done = {"full": True}, []

    def write(name):
        fails(disk)
        done.append(name)

    with Storing() as storing:
        storing.put(lambda: write("0001"))
        with pytest.raises(StoreError, match="full"):
            storing.put(lambda: write("0002"))
        with pytest.raises(StoreError, match="full"):
            storing.settle()
        assert (done, storing.pending) == ([], True)
        disk["full"] = False
        storing.settle()
        storing.put(lambda: write("0002"))
    assert done == ["0001", "0002"]


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_whatever_fails_in_between_every_stack_is_stored_once_and_in_order(failures):
    left, done = iter(failures), []

    def write(number):
        fails({"full": next(left, False)})
        done.append(number)

    with Storing() as storing:
        for number in range(5):
            _insisted(storing, lambda number=number: storing.put(lambda: write(number)))
        _insisted(storing, storing.settle)
    assert done == list(range(5))


def _insisted(storing, act):
    while True:
        try:
            return act()
        except StoreError:
            assert storing.pending


def test_leaving_waits_for_the_disk_and_tells_of_a_failure_there():
    def leaves():
        with Storing() as storing:
            storing.put(lambda: fails({"full": True}))

    with pytest.raises(StoreError, match="full"):
        leaves()


def test_an_error_of_the_loop_comes_out_though_the_disk_failed_too():
    def leaves():
        with Storing() as storing:
            storing.put(lambda: fails({"full": True}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        leaves()
    assert caught.value.__notes__ == ["the disk is full"]


def test_after_an_error_the_stack_on_its_way_is_still_written():
    done = []

    def leaves():
        with Storing() as storing:
            storing.put(lambda: done.append("0001"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leaves()
    assert done == ["0001"]


def test_no_thread_is_left():
    with Storing() as storing:
        storing.put(lambda: None)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("storing")]
