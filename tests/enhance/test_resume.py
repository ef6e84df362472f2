"""A training in a process of its own that the system kills, and goes on with."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from enhance import optimisation
from enhance.checkpoint import load
from enhance.codehash import code_hash
from enhance.errors import TrainingError
from enhance.recipes import FAST
from enhance.train import train
from tests.enhance.small_pairs import write_pairs

ROOT = Path(__file__).parents[2]
ALL_OF_IT = replace(
    FAST,
    batch=2,
    crop_px=12,
    warm_up_steps=2,
    ema=0.8,
    textured=0.5,
    mixing=0.5,
    late_batch=3,
    decay=0.5,
    even=1.0,
    optimiser="soap",
    precision="mixed",
)
STEPS = 26
"""SOAP turns its bases in the 11th and the 21st."""
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.enhance.test_resume import run
kill_at = int(sys.argv[3])
run(Path(sys.argv[1]), Path(sys.argv[2]), progress=lambda p: p.step == kill_at and os.kill(os.getpid(), signal.SIGKILL))
"""


def run(pairs, out, **options):
    return train(pairs, out, recipe=ALL_OF_IT, steps=STEPS, validate_every=4, **options)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Compute as the killed process does: sums over several threads round differently."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("data") / "PAIRS", low_px=32)


@pytest.fixture(scope="module")
def unbroken(pairs, tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken")
    run(pairs, out)
    return out


@pytest.mark.parametrize("kill_at", [2, 7, 18])  # before the first validation, between two, and after bases turned
def test_a_training_killed_by_the_system_goes_on_to_the_history_and_weights_of_an_unbroken_one(
    pairs, unbroken, tmp_path, kill_at
):
    command = [sys.executable, "-c", KILLED, str(pairs), str(tmp_path), str(kill_at)]
    killed = subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=100, check=False)
    assert killed.returncode == -signal.SIGKILL
    result = run(pairs, tmp_path)
    assert result.finished
    assert history(tmp_path) == history(unbroken)
    one, other = (load_file(folder / "training.safetensors") for folder in (unbroken, tmp_path))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert any(name.startswith("average/") for name in one)
    assert load(tmp_path).weights_sha256 == load(unbroken).weights_sha256


def test_a_machine_of_another_precision_does_not_go_on(pairs, tmp_path, monkeypatch):
    for has, outcome in (
        (False, nullcontext()),
        (True, pytest.raises(TrainingError, match="a torch that compute as those did")),
    ):
        monkeypatch.setattr(optimisation, "has_bfloat16", lambda _device, has=has: has)
        with outcome:
            train(pairs, tmp_path, recipe=ALL_OF_IT, steps=2 if has else 1)


@pytest.mark.parametrize("group", ["weights", "average", "first_moments", "bases"])
@pytest.mark.parametrize("keep", [None, 2])
def test_a_state_that_lacks_something_or_holds_it_in_another_size_is_refused_in_words(
    pairs, unbroken, tmp_path, group, keep
):
    shutil.copytree(unbroken, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "training.safetensors"
    with safe_open(path, framework="np") as file:
        facts = file.metadata()
    held = load_file(path)
    name = next(name for name in held if name.startswith(f"{group}/") and held[name].ndim > 1)
    cut = {} if keep is None else {name: np.ascontiguousarray(held[name][:keep])}
    save_file({other: held[other] for other in held if other != name} | cut, path, metadata=facts)
    before = path.read_bytes()
    with pytest.raises(TrainingError, match="is damaged, so training cannot go on from it"):
        run(pairs, tmp_path)
    assert path.read_bytes() == before


def test_a_training_killed_before_its_first_step_can_be_started_again(pairs, tmp_path):
    def die():
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        run(pairs, tmp_path, stop=die)
    assert not (tmp_path / "model.yaml").exists()
    assert run(pairs, tmp_path).finished


def test_the_model_names_the_seed_and_the_code_that_made_it(unbroken):
    model = load(unbroken)
    assert model.seed == 0
    assert model.code == code_hash()


def test_a_training_that_goes_on_with_other_code_says_so_at_once_and_at_the_end(pairs, tmp_path):
    run(pairs, tmp_path, stop=after(3))
    change_state(tmp_path, lambda facts: facts.replace(code_hash(), "0.0.9+fffffffff"))
    told = []
    result = run(pairs, tmp_path, warn=told.append)
    assert result.finished
    assert told == [result.remarks[0]]
    assert "was begun by Parfocal 0.0.9+fffffffff and goes on with" in told[0]


def test_a_state_from_before_code_network_beginning_and_precision_were_kept_goes_on_and_that_is_said(
    pairs, tmp_path, monkeypatch
):
    monkeypatch.setattr(optimisation, "has_bfloat16", lambda _device: False)
    run(pairs, tmp_path, stop=after(3))
    precision = ', "precision": "float32"'
    for later in (', "network": "rivenson"', ', "beginning": ""', precision, f', "code": "{code_hash()}"'):
        change_state(tmp_path, lambda facts, later=later: facts.replace(later, ""))
    assert "an earlier Parfocal that did not note its code" in run(pairs, tmp_path).remarks[0]


def test_a_folder_that_holds_another_network_is_refused(pairs, unbroken):
    with pytest.raises(TrainingError, match="a training with another network"):
        run(pairs, unbroken, network="espcn")


def test_the_hash_of_the_code_follows_its_sources_alone():
    assert code_hash() == code_hash()
    version, digest = code_hash().split("+")
    assert version
    assert int(digest, 16) > 0


def test_all_modules_that_training_imports_are_hashed_or_known_to_change_no_weights():
    script = "import sys, enhance.train; print(*[n for n in sys.modules if n.startswith('enhance.')])"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    from enhance.codehash import CODE

    names = {name.removeprefix("enhance.").replace(".", "/") for name in loaded.split()}
    trusted = {name for name in names if name.startswith("trust")}
    assert names - set(CODE) - trusted == STORE_AND_SPEAK


STORE_AND_SPEAK = {
    "atomic", "beginning", "checkpoint", "codehash", "curves", "engine", "errors", "history", "interrupt", "memory",
    "novelty", "origin", "progress", "rivals", "safeweights", "train", "trainingfolder", "trainingstate",
}  # fmt: skip


def change_state(folder, change):
    path = folder / "training.safetensors"
    with safe_open(path, framework="np") as file:
        facts = file.metadata()["state"]
    assert change(facts) != facts
    save_file(load_file(path), path, metadata={"state": change(facts)})


def after(steps):
    asked = iter(range(1_000))
    return lambda: next(asked) >= steps


def history(folder):
    with (folder / "history.csv").open() as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]
