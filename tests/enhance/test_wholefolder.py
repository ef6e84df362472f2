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
