import pytest

from enhance.atomic import whole_file, write_whole


def test_a_file_stands_under_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with whole_file(path) as file:
        file.write(b"half")
        assert not path.exists()
        file.write(b" and half")
    assert path.read_bytes() == b"half and half"


def test_a_writing_that_fails_leaves_what_stood_there_and_nothing_beside_it(tmp_path):
    path = tmp_path / "file.txt"
    write_whole(path, b"before")
    with pytest.raises(TypeError):
        write_half(path)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"before"]


def write_half(path):
    with whole_file(path) as file:
        file.write(b"af")
        file.write("ter")  # text into a binary file
