from contextlib import closing

from enhance.history import History, read_history


def write(path, steps, *, after_step=0):
    with closing(History(path, after_step=after_step)) as history:
        for step in steps:
            history.add({"step": step, "loss": 1 / step, "seconds": 0.5})


def test_numbers_read_back_as_they_were(tmp_path):
    path = tmp_path / "history.csv"
    write(path, [3])
    (row,) = read_history(path)
    assert float(row["loss"]) == 1 / 3
    assert row["validation_ssim"] == ""


def test_rows_later_than_the_state_are_cut_when_it_goes_on(tmp_path):
    path = tmp_path / "history.csv"
    write(path, [1, 2, 3, 4])
    write(path, [3], after_step=2)
    assert [int(row["step"]) for row in read_history(path)] == [1, 2, 3]


def test_a_last_row_that_was_cut_short_is_left_out(tmp_path):
    path = tmp_path / "history.csv"
    write(path, [1, 2])
    path.write_text(path.read_text() + "3,0.1")
    assert [int(row["step"]) for row in read_history(path)] == [1, 2]
