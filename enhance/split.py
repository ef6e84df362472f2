"""Which sites train the network, which choose the best model, and which only ever test it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from enhance.errors import PairsError
from enhance.places import Gap, Place, cut, groups

Split = Literal["train", "validation", "test"]
Mode = Literal["auto", "site"]

SPLITS: tuple[Split, ...] = get_args(Split)
MODES: tuple[Mode, ...] = get_args(Mode)
GIVEN_AWAY: tuple[Split, ...] = ("test", "validation")
"""In the order in which they are served."""
SHARES: Mapping[Split, float] = {"train": 0.7, "validation": 0.1, "test": 0.2}
"""What each split is wanted to hold; whole slides and groups of sites can only come near it."""
PAPER_SHARES: Mapping[Split, float] = {"train": 149 / 179, "validation": 10 / 179, "test": 20 / 179}
"""Rivenson et al. 2017: 179 fields."""
FEWEST_SLIDES = 3
"""From here on slides are split whole."""
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Ids by split, in order, and those that had to be left out because they lie in the gap between splits."""

    splits: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...] = ()


def assign(
    places: Sequence[Place],
    *,
    gap_um: Gap,
    mode: Mode = "auto",
    test_slides: Iterable[str] = (),
    validation_slides: Iterable[str] = (),
) -> Assignment:
    """Split pairs so that nothing that tests has been seen in training.

    Parameters
    ----------
    places : sequence of Place
        All accepted pairs.
    gap_um : (float, float)
        Width and height of a field: how far a pixel of one split stays from those of another.
    mode : {'auto', 'site'}
        ``auto``: whole slides where there are three or more; else groups of sites that are a field apart, so that of
        two slides the smaller one tests and a far group of the larger one validates. ``site``: at random by site, as in
        the paper, whatever the pixels have in common.
    test_slides, validation_slides : iterable of str
        Slides that go there whole.

    Returns
    -------
    Assignment
        The same for the same input. Validation is empty only where training would be otherwise.

    Raises
    ------
    PairsError
        When a named slide has no pair, or nothing is left for training or testing.

    References
    ----------
    Rivenson et al., Optica 4, 1437 (2017), for the random split by site.
    """
    if mode not in MODES:
        raise PairsError(f"split {mode!r} is not known: choose one of {list(MODES)}")
    if mode == "site":
        return _checked(_at_random(places))
    draft = _Draft(sorted(places, key=lambda place: place.id), gap_um)
    _give_named(draft, "test", set(test_slides))
    _give_named(draft, "validation", set(validation_slides))
    _give_whole_slides(draft)
    for split in GIVEN_AWAY:
        if draft.of("train") and not draft.of(split):
            _carve(draft, split)
    return _checked(draft.assignment())


class _Draft:
    """Splits in the making: everything trains until it is given away; None is left out."""

    def __init__(self, places: Sequence[Place], gap_um: Gap) -> None:
        self.places = places
        self.gap_um = gap_um
        self.split: dict[str, Split | None] = {place.id: "train" for place in places}

    def of(self, split: Split) -> list[Place]:
        return [place for place in self.places if self.split[place.id] == split]

    def give(self, places: Iterable[Place], split: Split | None) -> None:
        self.split.update((place.id, split) for place in places)

    def wanting(self, split: Split) -> int:
        return max(1, round(SHARES[split] * len(self.places))) - len(self.of(split))

    def assignment(self) -> Assignment:
        splits: dict[str, tuple[str, ...]] = {split: tuple(place.id for place in self.of(split)) for split in SPLITS}
        return Assignment(splits=splits, left_out=tuple(name for name, split in self.split.items() if split is None))


def _checked(assignment: Assignment) -> Assignment:
    for split in ("train", "test"):
        if not assignment.splits[split]:
            raise PairsError(
                f"no pair is left for the split {split!r}: capture another slide or sites more than a field apart, or "
                "split by site as the paper did"
            )
    return assignment


def _give_named(draft: _Draft, split: Split, slides: set[str]) -> None:
    free = {place.slide for place in draft.of("train")}
    if slides - free:
        raise PairsError(
            f"slides {sorted(slides - free)} are named for the split {split!r}, but the accepted pairs that are not "
            f"given away yet come from {sorted(free)}: name some of these"
        )
    draft.give([place for place in draft.places if place.slide in slides], split)


def _give_whole_slides(draft: _Draft) -> None:
    """Let the largest slide train and give each other one where most is wanting."""
    slides: dict[str, list[Place]] = defaultdict(list)
    for place in draft.of("train"):
        slides[place.slide].append(place)
    largest_first = sorted(slides.values(), key=lambda slide: (-len(slide), slide[0].slide))
    draft.give((place for slide in largest_first[1:] for place in slide), None)
    served: tuple[Split, ...] = GIVEN_AWAY if _slides_in_all(draft) >= FEWEST_SLIDES else ("test",)
    receivers = [split for split in served if not draft.of(split)]
    for done, slide in enumerate(largest_first[1:], start=1):
        empty = [split for split in receivers if not draft.of(split)]
        must = bool(empty) and len(largest_first) - done <= len(empty)
        candidates: Sequence[Split] = empty if must else ["train", *receivers]
        receiver = max(candidates, key=draft.wanting)
        draft.give(slide, receiver)


def _slides_in_all(draft: _Draft) -> int:
    return len({place.slide for place in draft.places})


def _carve(draft: _Draft, split: Split) -> None:
    """Give away far groups of a slide that has several, else cut the largest group, else the smallest group whole."""
    found = groups(draft.of("train"), draft.gap_um)
    by_slide: dict[str, list[list[Place]]] = defaultdict(list)
    for group in found:
        by_slide[group[0].slide].append(group)
    most = max(by_slide.values(), key=len)
    if len(most) > 1:
        draft.give(_far_groups(most, draft.wanting(split)), split)
        return
    end, gap = cut(max(found, key=len), draft.wanting(split), draft.gap_um)
    if not end and len(found) > 1:
        end = min(found, key=len)
    draft.give(end, split)
    draft.give(gap, None)


def _far_groups(found: Sequence[Sequence[Place]], wanted: int) -> list[Place]:
    """Take groups from the end that has the smaller one until there are enough places, all but one at most."""
    inward = list(found if len(found[0]) < len(found[-1]) else reversed(found))
    taken: list[Place] = []
    for group in inward[:-1]:
        if len(taken) < wanted:
            taken.extend(group)
    return taken


def _at_random(places: Sequence[Place]) -> Assignment:
    """Split by low-resolution picture: the fields inside one stay together."""
    pictures: dict[str, list[str]] = defaultdict(list)
    for place in sorted(places, key=lambda place: place.id):
        pictures[place.picture or place.id].append(place.id)
    together = list(pictures.values())
    shuffled = [together[number] for number in np.random.default_rng(SEED).permutation(len(together))]
    tests = max(1, round(PAPER_SHARES["test"] * len(shuffled)))
    validates = max(int(len(shuffled) > tests + 1), round(PAPER_SHARES["validation"] * len(shuffled)))
    shares = (shuffled[tests + validates :], shuffled[:tests], shuffled[tests : tests + validates])
    train, test, validation = (tuple(sorted(name for names in share for name in names)) for share in shares)
    return Assignment(splits={"train": train, "validation": validation, "test": test})
