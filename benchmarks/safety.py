"""Nights at a simulated stand: random plans, failures, kills, and how often a rule was broken that protects the lens.

    python -m benchmarks.safety [--nights 1000] [--first 0] [--without]

Each night is a plan or more, two to four programs one after the other on the same devices, up to three failures in
each, a kill at a random device call in half of them, and a person who oils, refuses, cleans and clears the latch. Half
of the nights have the slide at higher Z, half at lower. With ``--without`` the same is done with one protection taken
away at a time, so that it is seen that the count can be other than 0.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from acquire.rigstate import STATE_DIR
from tests.flows.night import Night, night
from tests.flows.stand import RULES, real_core

NIGHTS = 1000
NIGHTS_WITHOUT = 50
TELLS_EVERY = 100
LIMIT = 0


def _nothing(*_arguments: Any, **_named: Any) -> None:
    """Do what a protection does that was taken away."""


def _dry(**_named: Any) -> bool:
    """Believe that every slide is dry."""
    return True


PROTECTIONS: dict[str, tuple[tuple[str, Any], ...]] = {
    "retracting before a turn": (("acquire.turret.retract", _nothing),),
    "limits and margins": (("acquire.safety.check_z", _nothing), ("acquire.safety.check_xy", _nothing)),
    "the latch": (("acquire.safety.check_latch", _nothing),),
    "asking whether the slide is dry": (
        ("acquire.slide.slide_is_dry", _dry),
        ("acquire.slide._refuse_own_oil", _nothing),
    ),
    "the driver's refusal of dry lenses": (("acquire.safety.check_dry", _nothing),),
    "both of these": (
        ("acquire.slide.slide_is_dry", _dry),
        ("acquire.slide._refuse_own_oil", _nothing),
        ("acquire.safety.check_dry", _nothing),
    ),
}


def main() -> None:
    """Print how often each rule was broken, and with what happening meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=NIGHTS)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--without", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as states:
        os.environ[STATE_DIR] = states
        _all(told)


def _all(told: argparse.Namespace) -> None:
    with real_core() as real:
        _report(list(_nights(real, told.first, told.nights)))
        if told.without:
            for name, taken in PROTECTIONS.items():
                with _without(taken):
                    print(f"without {name}: {_counts(_nights(real, told.first, NIGHTS_WITHOUT))}", flush=True)


def _nights(real: Any, first: int, count: int) -> Iterator[Night]:
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            yield night(real, Path(folder), first + number // 2, 1 if number % 2 else -1)
        if number % TELLS_EVERY == TELLS_EVERY - 1:
            print(f"{number + 1} nights lived through", file=sys.stderr, flush=True)


@contextmanager
def _without(taken: Iterable[tuple[str, Any]]) -> Iterator[None]:
    with ExitStack() as stack:
        for name, instead in taken:
            stack.enter_context(patch(name, instead))
        yield


def _report(nights: list[Night]) -> None:
    ends = Counter(end for one in nights for end in one.ends)
    struck = Counter(name for one in nights for name in one.struck)
    calls = sum(one.calls for one in nights)
    print(f"{len(nights)} nights, {sum(ends.values())} programs, {calls} device calls, {sum(struck.values())} failures")
    print(f"programs ended: {_listed(ends)}")
    print(f"failures that struck: {_listed(struck)}")
    broken = Counter(rule for one in nights for rule, _ in one.broken)
    for rule in RULES:
        print(f"{rule}: {broken[rule]} (limit {LIMIT})", flush=True)
    for one in nights:
        for rule, says in one.broken:
            print(f"  night {one.name}: {rule}: {says}")


def _counts(nights: Iterable[Night]) -> str:
    broken = Counter(rule for one in nights for rule in {rule for rule, _ in one.broken})
    return (
        _listed(broken) + f" of {NIGHTS_WITHOUT} nights" if broken else "no rule broken, another one stands behind it"
    )


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


if __name__ == "__main__":
    main()
