import platform
import signal
import threading

import pytest

from enhance.interrupt import deferred_interrupt
from enhance.memory import keep_freed_memory


@pytest.fixture
def heard():
    """A program that was started in the background may have been told to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_the_first_ctrl_c_is_only_told_and_the_second_interrupts():
    before = signal.getsignal(signal.SIGINT)
    with deferred_interrupt() as came:
        assert not came()
        signal.raise_signal(signal.SIGINT)
        assert came()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_wish_to_end_from_the_system_is_only_told_too():
    before = signal.getsignal(signal.SIGTERM)
    with deferred_interrupt() as came:
        signal.raise_signal(signal.SIGTERM)
        assert came()
        assert signal.getsignal(signal.SIGTERM) is before  # a second one ends the process
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_ctrl_c_is_left_alone():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with deferred_interrupt() as came:
            seen.extend([came(), signal.getsignal(signal.SIGINT) is before])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False, True]


def test_freed_memory_is_kept_where_the_c_library_is_glibc():
    assert keep_freed_memory() == (platform.libc_ver()[0] == "glibc")
