"""Two processes that torchrun starts on this machine, at a port of its own, against one."""

import csv
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from enhance.errors import TrainingError
from enhance.recipes import FAST
from enhance.train import train
from enhance.world import ALONE, World
from tests.enhance.small_pairs import write_pairs
from tests.enhance.world_child import fast, paper

ROOT = Path(__file__).parents[2]
CHILD = ("-m", "tests.enhance.world_child")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(
        tmp_path_factory.mktemp("data") / "PAIRS", splits=("train", "train", *["validation"] * 3), low_px=32
    )


@pytest.fixture(scope="module")
def one(pairs, tmp_path_factory):
    out = tmp_path_factory.mktemp("one")
    with one_thread():
        fast(pairs, out / "fast")
        paper(pairs, out / "paper")
    return out


@pytest.fixture(scope="module")
def two(pairs, tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    (out / "said.txt").write_text(run((*TORCHRUN, *CHILD), pairs, out).stdout)
    return out


def test_two_processes_with_the_fast_recipe_come_to_the_very_weights_of_one(one, two):
    assert difference(one / "fast", two / "fast") == 0


def test_what_is_shared_is_what_the_first_process_has(two):
    said = (two / "said.txt").read_text().splitlines()
    assert [line for line in said if line.startswith("shared")] == ["shared [[0.0], [10.0]]"] * 2


def test_two_processes_with_the_papers_recipe_come_within_1e_6_of_one_after_20_steps(one, two):
    assert difference(one / "paper", two / "paper") <= 1e-6


def test_losses_and_sharded_validation_scores_are_those_of_one(one, two):
    assert history(one / "fast") == history(two / "fast")
    assert len(history(two / "fast")) == 20
    assert np.allclose(np.array(history(one / "paper")), np.array(history(two / "paper")), rtol=1e-4)


def test_termination_of_one_process_stops_all_after_the_same_step_and_the_same_call_goes_on(two):
    said = [line for line in (two / "said.txt").read_text().splitlines() if line.startswith("stopped")]
    assert sorted(said) == [
        "stopped 5 False leads False",
        "stopped 5 False leads True",
    ]
    assert difference(two / "fast", two / "stopped") == 0
    assert history(two / "fast") == history(two / "stopped")


def test_a_process_that_is_killed_ends_the_others_in_words_and_one_process_can_go_on_alone(pairs, one, tmp_path):
    broken = run((*TORCHRUN, *CHILD), pairs, tmp_path, "6", fails=True)
    assert "in words: another of the 2 processes of this training ended" in broken.stderr
    with one_thread():
        fast(pairs, tmp_path / "killed")
    assert difference(one / "fast", tmp_path / "killed") == 0


def test_more_processes_than_pictures_in_a_batch_are_refused(pairs, tmp_path):
    with pytest.raises(TrainingError, match=r"batches of 4 pictures in 5 parts: --parts may be any of \[1, 2, 3, 4\]"):
        train(pairs, tmp_path, recipe=FAST, steps=1, parts=5)


def test_alone_every_sum_is_what_it_was():
    assert ALONE.totals([0.1, float("nan")])[0] == 0.1
    assert ALONE.leaders(3.5) == 3.5
    assert (ALONE.any(True), ALONE.any(False)) == (True, False)


def test_the_parts_of_all_processes_are_each_picture_once():
    pictures = list(range(11))
    shares = [pictures[World(rank=rank, size=3).part] for rank in range(3)]
    assert sorted(picture for share in shares for picture in share) == pictures


@contextmanager
def one_thread():
    """Compute as the processes of torchrun do: sums over several threads round differently."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(command, *arguments, fails=False):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *command, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stderr[-3000:]
    return done


def difference(one, other):
    first, second = (load_file(folder / "training.safetensors") for folder in (one, other))
    assert first.keys() == second.keys()
    return max(float(np.abs(first[name] - second[name]).max(initial=0)) for name in first)


def history(folder):
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [[float(row[name] or 0) for name in row if name != "seconds"] for row in rows]
