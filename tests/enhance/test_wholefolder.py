import pytest

from enhance.errors import PairsError
from enhance.wholefolder import whole_folder

MARKER = "card.yaml"


def write(out, text):
    with whole_folder(out, marker=MARKER) as folder:
        (folder / MARKER).write_text(text)


def test_a_folder_takes_the_place_of_one_of_its_kind(tmp_path):
    for text in ("one", "two"):
        write(tmp_path / "pairs", text)
    assert {p.name: (p / MARKER).read_text() for p in tmp_path.iterdir()} == {"pairs": "two"}


def test_what_stands_beside_it_stays_whatever_its_name(tmp_path):
    for name in ("pairs", "pairs.old", "pairs.part"):
        write(tmp_path / name, name)
    write(tmp_path / "pairs", "new")
    texts = {p.name: (p / MARKER).read_text() for p in tmp_path.iterdir()}
    assert texts == {"pairs": "new", "pairs.old": "pairs.old", "pairs.part": "pairs.part"}


def test_a_making_that_fails_leaves_what_stood_there_and_nothing_beside_it(tmp_path):
    write(tmp_path / "pairs", "before")
    with pytest.raises(PairsError, match="make room"), whole_folder(tmp_path / "pairs", marker=MARKER):
        raise OSError("disk full")
    assert {p.name: (p / MARKER).read_text() for p in tmp_path.iterdir()} == {"pairs": "before"}


def test_another_folder_is_never_touched(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    with pytest.raises(PairsError, match="is no training set"):
        write(tmp_path / "letters", "new")
    assert [p.name for p in (tmp_path / "letters").iterdir()] == ["dear.txt"]


@pytest.fixture
def killed_between_its_renames(tmp_path):
    """What a swap leaves that was killed when the old folder had gone and the new one had not come."""
    write(tmp_path / "pairs", "before")
    (tmp_path / "pairs").rename(tmp_path / ".pairs.replaced")
    return tmp_path


def test_a_folder_lost_between_two_renames_is_put_back_before_the_next_making(killed_between_its_renames):
    out = killed_between_its_renames / "pairs"
    with pytest.raises(PairsError), whole_folder(out, marker=MARKER):
        raise OSError("disk full")
    assert (out / MARKER).read_text() == "before"


def test_a_folder_put_back_gives_way_to_a_whole_one(killed_between_its_renames):
    write(killed_between_its_renames / "pairs", "after")
    texts = {p.name: (p / MARKER).read_text() for p in killed_between_its_renames.iterdir()}
    assert texts == {"pairs": "after"}


def test_a_folder_that_stands_is_never_replaced_by_what_an_earlier_swap_left(killed_between_its_renames):
    (killed_between_its_renames / "pairs").mkdir()
    (killed_between_its_renames / "pairs" / MARKER).write_text("newer")
    with pytest.raises(PairsError), whole_folder(killed_between_its_renames / "pairs", marker=MARKER):
        raise OSError("disk full")
    assert (killed_between_its_renames / "pairs" / MARKER).read_text() == "newer"
