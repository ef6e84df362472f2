from dataclasses import replace

import pytest
import torch

from enhance import optimisation, precision
from enhance.architecture import Architecture
from enhance.batches import Batch
from enhance.network import Network
from enhance.optimisation import Optimisation
from enhance.precision import has_bfloat16, in_bfloat16
from enhance.recipes import FAST, PAPER
from enhance.world import World

SMALL = Architecture(width=8, blocks=2, growth=2, skip="bicubic")
PICTURE = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("told", "expected"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_f": True, "avx512_bf16": False}, False)],
)
def test_a_processor_computes_in_bfloat16_when_it_says_so(monkeypatch, told, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    assert has_bfloat16("cpu") is expected


def test_a_torch_that_cannot_tell_and_a_device_nobody_asked_count_as_no(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_bfloat16("cpu")
    assert not has_bfloat16("meta")


def test_what_is_rounded_is_what_the_network_adds_to_its_skip():
    exact = Network(SMALL, seed=1)(PICTURE)
    rounded = in_bfloat16(Network(SMALL, seed=1), "cpu")(PICTURE)
    added = (exact - Network(SMALL, seed=1).skip(PICTURE)).abs().max()
    assert 0 < (exact - rounded).abs().max() < 0.02 * added
    without = Network(SMALL, seed=1, tail_scale=0.0)
    assert torch.equal(in_bfloat16(without, "cpu")(PICTURE), without.skip(PICTURE))
    assert rounded.dtype == torch.float32


def test_mixed_precision_is_taken_where_all_processes_have_it_and_never_by_the_paper(monkeypatch):
    here = {"cpu": True}
    monkeypatch.setattr(optimisation, "has_bfloat16", lambda device: here[device])
    assert Optimisation(FAST, SMALL, seed=1).precision == "bfloat16"
    assert Optimisation(replace(FAST, precision="float32"), SMALL, seed=1).precision == "float32"
    assert Optimisation(PAPER, SMALL, seed=1).precision == "float32"
    assert Optimisation(FAST, SMALL, seed=1, world=Others()).precision == "float32"


def test_weights_learn_in_float32_whatever_they_pass(monkeypatch):
    monkeypatch.setattr(optimisation, "has_bfloat16", lambda _device: True)
    label = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(1))
    brief, exact = (Optimisation(replace(FAST, precision=kind), SMALL, seed=1) for kind in ("mixed", "float32"))
    for each in (brief, exact):
        losses = [each.step([Batch(low=PICTURE, high=label)], count=1, rate=1e-3) for _ in range(5)]
        assert losses[-1] < losses[0]
    for name, weight in brief.weights().items():
        assert weight.dtype == torch.float32
        assert torch.isfinite(weight).all()
        assert not torch.equal(weight, exact.weights()[name])


class Others(World):
    """Processes of which one has no bfloat16."""

    def any(self, _flag):
        return True


def test_the_names_asked_for_are_those_torch_tells_of_this_machine():
    told = getattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(precision.INSTRUCTIONS))()
    if told.get("architecture", "x86_64") != "x86_64":
        pytest.skip("bfloat16 is asked for by the names of x86")
    assert set(precision.INSTRUCTIONS) <= set(told)
