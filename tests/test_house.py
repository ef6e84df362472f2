import importlib.util
import os
import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from parfocal.commands import COMMANDS, HIDDEN

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("parfocal", "gui", "enhance", "acquire", "calibration")
PYTHONS = ("3.11", "3.12", "3.13")
UNPINNED = {"bioimageio", "cluster", "curves", "engines", "microscope", "zarr"}
"""Extras that no test installs."""


def pins() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned(name: str, python: str) -> list[str]:
    environment = {"python_version": python}
    return [
        str(pin.specifier)
        for pin in pins()
        if canonicalize_name(pin.name) == name and (pin.marker is None or pin.marker.evaluate(environment))
    ]


def asked_for() -> set[str]:
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"]]
    lines += [line for extra in extras.keys() - UNPINNED for line in extras[extra]]
    return {canonicalize_name(Requirement(line).name) for line in lines} - {"parfocal"}


@pytest.fixture(scope="module")
def readme_command():
    spec = importlib.util.spec_from_file_location("readme_command", ROOT / ".ci" / "readme_command.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.command


def test_the_wheel_names_every_package_of_the_checkout():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "docs"}
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == packages == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_carries_the_mark_that_it_is_typed(package):
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_is(package):
    assert (ROOT / package / "__init__.py").read_text(encoding="utf-8").lstrip().startswith('"""')


def test_the_version_is_written_once_and_is_the_installed_one():
    assert PROJECT["project"]["version"] == version("parfocal")


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_the_tests_install_is_pinned_once_for_each_python(python):
    counts = {name: len(pinned(name, python)) for name in asked_for()}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_torch_is_the_tested_release():
    assert pinned("torch", "3.11") == ["==2.13.0"]


def test_pyside_on_python_311_stays_below_the_release_that_aborts():
    assert pinned("pyside6-essentials", "3.11") == ["==6.11.3"]


def test_every_pin_is_exact_and_none_is_of_one_platform():
    assert [str(pin) for pin in pins() if not re.fullmatch(r"==[^,+*]+", str(pin.specifier))] == []


def test_every_pin_lies_inside_the_range_the_package_asks_for():
    extras = PROJECT["project"]["optional-dependencies"]
    asked = [
        *PROJECT["project"]["dependencies"],
        *(line for extra in extras.keys() - UNPINNED for line in extras[extra]),
    ]
    outside = []
    for requirement in map(Requirement, asked):
        found = pinned(canonicalize_name(requirement.name), "3.11")
        applies = requirement.marker is None or requirement.marker.evaluate({"python_version": "3.11"})
        if applies and found and found[0].removeprefix("==") not in requirement.specifier:
            outside.append(str(requirement))
    assert outside == []


def test_the_device_interface_of_core_and_adapters_is_the_same():
    core = pinned("pymmcore", "3.11")[0].removeprefix("==").split(".")
    adapters = pinned("mm-test-adapters", "3.11")[0].removeprefix("==").split(".")
    assert core[3] == adapters[0]


def test_a_command_of_the_readme_is_found_by_its_name(readme_command):
    text = "<!-- command: one -->\n\n```bash\na && b\n```\n<!-- command: two -->\n```powershell\nc; d\n```\n"
    assert readme_command(text, "one") == "a && b"
    assert readme_command(text, "two") == "c; d"


def test_a_command_that_is_not_in_the_readme_is_an_error_that_names_it(readme_command):
    with pytest.raises(LookupError, match="command: three"):
        readme_command("<!-- command: one -->\n```\na\n```\n", "three")


def test_a_command_of_two_lines_is_refused(readme_command):
    with pytest.raises(LookupError, match="2 lines"):
        readme_command("<!-- command: one -->\n```\na\nb\n```\n", "one")


@pytest.mark.parametrize("system", ["Linux", "Windows"])
@pytest.mark.parametrize(("name", "ends"), [("demo", "parfocal demo"), ("tests", "-m pytest -n 2 --dist loadfile")])
def test_the_readme_gives_each_command_for_each_system(readme_command, name, ends, system):
    line = readme_command((ROOT / "README.md").read_text(encoding="utf-8"), f"{name} ({system})")
    assert line.endswith(ends)
    assert "-m venv" in line
    assert "-c constraints.txt" in line


@pytest.mark.skipif(os.name == "nt", reason="the gate is a bash script")
def test_the_gate_refuses_a_step_it_does_not_know():
    command = [ROOT / ".ci" / "run", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no step 'nonsense'" in done.stdout


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in HIDDEN])
def test_every_command_stands_in_the_reference(command):
    reference = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert re.search(rf"^`parfocal {command}[ `]", reference, re.MULTILINE)


def test_the_documentation_says_what_the_licence_does_not():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert "Research use only, not for diagnosis. The method may be covered by third-party patents." in index


def test_decisions_are_numbered_without_gap():
    numbers = sorted(path.name[:4] for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]
