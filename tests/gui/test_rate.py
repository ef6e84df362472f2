import pytest

from gui.rate import Rate


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


def ticked(times, every_s):
    clock = Clock()
    rate = Rate(clock)
    for number in range(times):
        clock.now_s += every_s if number else 0
        rate.tick()
    return rate, clock


@pytest.mark.parametrize("every_s", [0.01, 0.5, 4.0])
def test_even_ticks_give_their_rate(every_s):
    rate, _ = ticked(30, every_s)
    assert rate.per_second == pytest.approx(1 / every_s)
    assert rate.mean_per_second == pytest.approx(1 / every_s)


def test_the_rate_falls_while_nothing_comes():
    rate, clock = ticked(30, 0.1)
    clock.now_s += 20
    assert rate.per_second == pytest.approx(1 / 20)


def test_the_rate_of_the_moment_forgets_and_the_mean_does_not():
    rate, clock = ticked(100, 1.0)
    for _ in range(21):
        clock.now_s += 0.1
        rate.tick()
    assert rate.per_second == pytest.approx(10)
    assert rate.mean_per_second == pytest.approx(120 / (99 + 2.1))


@pytest.mark.parametrize("ticks", [0, 1])
def test_there_is_no_rate_before_the_second_tick(ticks):
    rate, _ = ticked(ticks, 1.0)
    assert rate.per_second == rate.mean_per_second == 0
    assert rate.count == ticks
