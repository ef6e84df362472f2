"""Words that a rig file tells of its specimen: taken as they are meant, or refused by name."""

import pytest

from acquire.simulated.specimens.kinds import fidelity_of, make_specimen
from calibration.errors import RigError


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"kind": "liver"}, "liver"),
        ({"densty": "open"}, "densty"),
        ({"density": "thick"}, "thick"),
        ({"seed": "a"}, "'a'"),
        ({"tilt_um_per_mm": 3}, "tilt_um_per_mm"),
        ("lung", "simulated.specimen is 'lung'"),
    ],
)
def test_a_word_that_is_not_known_is_refused_by_name(told, named):
    with pytest.raises(RigError, match=named):
        make_specimen(told)


@pytest.mark.parametrize("fidelity", ["log", "product", None])
def test_the_fidelity_is_as_told(fidelity):
    assert fidelity_of({} if fidelity is None else {"fidelity": fidelity}) == fidelity


def test_a_fidelity_that_is_not_known_is_refused_by_name():
    with pytest.raises(RigError, match="'exact'"):
        fidelity_of({"fidelity": "exact"})
