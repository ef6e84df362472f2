"""The split: nothing that tests has been seen in training, nothing is lost, and the same input gives the same split."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enhance.errors import PairsError
from enhance.places import Place, groups
from enhance.split import SPLITS, assign

FIELD_UM = (95.0, 95.0)
HALF_UM = 19.0


def place(name: str, slide: str, x_um: float, y_um: float) -> Place:
    return Place(
        id=f"{slide}_{name}",
        slide=slide,
        left_um=x_um - HALF_UM,
        right_um=x_um + HALF_UM,
        top_um=y_um - HALF_UM,
        bottom_um=y_um + HALF_UM,
    )


def row(slide: str, count: int, step_um: float) -> list[Place]:
    return [place(f"{i:04d}", slide, step_um * i, 0.0) for i in range(count)]


def sizes(assignment):
    return {split: len(assignment.splits[split]) for split in SPLITS}


@st.composite
def scattered(draw):
    spots = st.tuples(st.sampled_from("ABCD"), st.floats(0, 1500), st.floats(0, 600))
    found = draw(st.lists(spots, min_size=2, max_size=25))
    return [place(f"{i:04d}", slide, x, y) for i, (slide, x, y) in enumerate(found)]


@settings(deadline=None)
@given(places=scattered())
def test_no_pixel_lies_within_a_field_of_another_split_and_every_pair_is_accounted_for_once(places):
    try:
        assignment = assign(places, gap_um=FIELD_UM)
    except PairsError:
        return
    by_id = {p.id: p for p in places}
    splits = [[by_id[name] for name in assignment.splits[split]] for split in SPLITS]
    for i, one in enumerate(splits):
        for other in splits[i + 1 :]:
            assert all(a.apart(b, FIELD_UM) for a in one for b in other)
    names = [name for split in SPLITS for name in assignment.splits[split]] + list(assignment.left_out)
    assert sorted(names) == sorted(by_id)


@settings(deadline=None)
@given(places=scattered(), seed=st.randoms())
def test_the_order_of_the_pairs_does_not_matter(places, seed):
    shuffled = list(places)
    seed.shuffle(shuffled)
    try:
        expected = assign(places, gap_um=FIELD_UM)
    except PairsError:
        with pytest.raises(PairsError):
            assign(shuffled, gap_um=FIELD_UM)
        return
    assert assign(shuffled, gap_um=FIELD_UM) == expected


@settings(deadline=None)
@given(places=scattered())
def test_places_of_different_groups_are_apart(places):
    found = groups(places, FIELD_UM)
    assert sorted(p.id for group in found for p in group) == sorted(p.id for p in places)
    for i, group in enumerate(found):
        assert all(a.apart(b, FIELD_UM) for a in group for other in found[i + 1 :] for b in other)


@settings(deadline=None)
@given(counts=st.lists(st.integers(1, 12), min_size=3, max_size=7))
def test_three_slides_or_more_are_split_whole_and_the_largest_trains(counts):
    places = [p for i, count in enumerate(counts) for p in row(f"S{i}", count, 90.0)]
    assignment = assign(places, gap_um=FIELD_UM)
    slides = {split: {name.split("_")[0] for name in assignment.splits[split]} for split in SPLITS}
    assert sum(len(names) for names in slides.values()) == len(counts)
    assert all(slides.values())
    assert f"S{counts.index(max(counts))}" in slides["train"]
    assert not assignment.left_out


def test_of_two_slides_the_smaller_tests_and_a_far_group_of_the_larger_validates():
    assignment = assign([*row("A", 3, 200.0), *row("B", 9, 200.0)], gap_um=FIELD_UM)
    assert assignment.splits["test"] == ("A_0000", "A_0001", "A_0002")
    assert assignment.splits["validation"] == ("B_0008",)
    assert len(assignment.splits["train"]) == 8


def test_one_slide_is_split_by_groups():
    assert sizes(assign(row("A", 10, 200.0), gap_um=FIELD_UM)) == {"train": 7, "validation": 1, "test": 2}


def test_a_slide_scanned_without_gaps_is_cut_and_the_gap_left_out():
    assignment = assign(row("A", 20, 85.0), gap_um=FIELD_UM)
    assert sizes(assignment) == {"train": 12, "validation": 2, "test": 4}
    assert len(assignment.left_out) == 2


def test_two_training_sites_far_apart_and_one_test_site_are_enough():
    assignment = assign([*row("A", 2, 200.0), *row("B", 1, 200.0)], gap_um=FIELD_UM)
    assert sizes(assignment) == {"train": 1, "validation": 1, "test": 1}


def test_validation_stays_empty_rather_than_training():
    assignment = assign([*row("A", 1, 0.0), *row("B", 1, 0.0)], gap_um=FIELD_UM)
    assert sizes(assignment) == {"train": 1, "validation": 0, "test": 1}


def test_named_slides_go_where_they_are_named():
    places = [*row("A", 6, 200.0), *row("B", 2, 200.0), *row("C", 2, 200.0)]
    assignment = assign(places, gap_um=FIELD_UM, test_slides=["A"], validation_slides=["C"])
    assert {name[0] for name in assignment.splits["test"]} == {"A"}
    assert {name[0] for name in assignment.splits["validation"]} == {"C"}
    assert {name[0] for name in assignment.splits["train"]} == {"B"}


def test_with_the_test_slide_of_three_named_the_smaller_of_the_others_validates():
    places = [*row("A", 2, 200.0), *row("B", 9, 200.0), *row("C", 3, 200.0)]
    assignment = assign(places, gap_um=FIELD_UM, test_slides=["C"])
    assert sizes(assignment) == {"train": 9, "validation": 2, "test": 3}
    assert {name[0] for name in assignment.splits["train"]} == {"B"}


def test_with_the_test_slide_of_two_named_the_other_lends_a_far_group():
    assignment = assign([*row("A", 2, 200.0), *row("B", 6, 200.0)], gap_um=FIELD_UM, test_slides=["B"])
    assert assignment.splits["train"] == ("A_0000",)
    assert assignment.splits["validation"] == ("A_0001",)


def test_the_paper_s_split_takes_its_shares_by_site():
    assignment = assign(row("A", 179, 1.0), gap_um=FIELD_UM, mode="site")
    assert sizes(assignment) == {"train": 149, "validation": 10, "test": 20}


@pytest.mark.parametrize(
    ("places", "options", "says"),
    [
        (row("A", 1, 0.0), {}, "split 'test'"),
        (row("A", 2, 85.0), {}, "split 'test'"),
        ([], {}, "split 'train'"),
        (row("A", 1, 0.0), {"mode": "site"}, "split 'train'"),
        (row("A", 3, 200.0), {"test_slides": ["B"]}, "\\['B'\\]"),
        (row("A", 3, 200.0), {"test_slides": ["A"]}, "split 'train'"),
        (row("A", 3, 200.0), {"test_slides": ["A"], "validation_slides": ["A"]}, "not given away yet"),
        (row("A", 3, 200.0), {"mode": "slide"}, "choose one of"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused_in_words(places, options, says):
    with pytest.raises(PairsError, match=says):
        assign(places, gap_um=FIELD_UM, **options)


@settings(deadline=None)
@given(fields=st.lists(st.integers(1, 5), min_size=3, max_size=40))
def test_by_site_the_fields_inside_one_picture_stay_together(fields):
    places = [
        replace(place(f"{site:04d}-{number}", "A", 500.0 * site, 0.0), picture=f"run/{site:04d}")
        for site, count in enumerate(fields)
        for number in range(count)
    ]
    assignment = assign(places, gap_um=FIELD_UM, mode="site")
    pictures = [{name.rsplit("-", 1)[0] for name in assignment.splits[split]} for split in SPLITS]
    assert sum(len(found) for found in pictures) == len(fields)
    assert sorted(name for split in SPLITS for name in assignment.splits[split]) == sorted(p.id for p in places)
