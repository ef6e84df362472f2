"""Work out the inner import contracts of pyproject.toml from the modules that there are.

Each package gets one exhaustive `layers` contract: a module stands above all that it imports, as low as it can, and
those of one line do not know each other. `python .ci/layers.py` writes them to standard output, `--write` into
pyproject.toml. Read the difference: a module that has risen imports something new, and perhaps it should not.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
BEGIN = "# Inside the packages: written by .ci/layers.py\n"
END = "# End of what .ci/layers.py writes\n"
PACKAGES = ("parfocal", "gui", "enhance", "acquire", "calibration")
CONTAINERS = (
    *PACKAGES[:4],
    "acquire.simulated",
    "acquire.simulated.specimens",
    "acquire.simulated.specimens.tissues",
    "acquire.simulated.specimens.targets",
    "calibration",
    "enhance.classical",
    "enhance.export",
    "enhance.judged",
    "enhance.rivals",
    "enhance.trust",
)


def heights(imports: Mapping[str, set[str]]) -> dict[str, int]:
    """Give each module the length of its longest chain of imports.

    Parameters
    ----------
    imports : mapping of str to set of str
        What each module imports, among the modules given.

    Raises
    ------
    ValueError
        When modules import each other in a circle; it names them.
    """
    found: dict[str, int] = {}
    while len(found) < len(imports):
        ready = [name for name, below in imports.items() if name not in found and below <= found.keys()]
        if not ready:
            circle = sorted(imports.keys() - found.keys())
            raise ValueError(f"these modules import each other in a circle, or import those that do: {circle}")
        found |= {name: 1 + max((found[below] for below in imports[name]), default=-1) for name in ready}
    return found


def layers(graph: grimp.ImportGraph, container: str) -> list[list[str]]:
    """Return the modules of a package in lines from the highest to the lowest."""
    children = sorted(graph.find_children(container))
    imports = {
        child: {other for other in children if other != child and _imports(graph, child, other)} for child in children
    }
    height = heights(imports)
    lines = [[child for child in children if height[child] == at] for at in range(max(height.values()) + 1)]
    return [[child.removeprefix(f"{container}.") for child in line] for line in reversed(lines)]


def contract(container: str, lines: list[list[str]]) -> str:
    """Return one contract as TOML."""
    body = "\n".join(f'    "{" | ".join(line)}",' for line in lines)
    return (
        f'[[tool.importlinter.contracts]]\nname = "Inside {container}, imports point down"\ntype = "layers"\n'
        f'containers = ["{container}"]\nexhaustive = true\nlayers = [\n{body}\n]\n'
    )


def main() -> None:
    """Write all contracts."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    contracts = "\n".join(contract(container, layers(graph, container)) for container in CONTAINERS)
    if sys.argv[1:] != ["--write"]:
        sys.stdout.write(contracts)
        return
    before, rest = PROJECT.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PROJECT.write_text(f"{before}{BEGIN}{contracts}{END}{after}", encoding="utf-8", newline="\n")


def _imports(graph: grimp.ImportGraph, importer: str, imported: str) -> bool:
    return graph.direct_import_exists(importer=importer, imported=imported, as_packages=True)


if __name__ == "__main__":
    main()
