"""What `parfocal evaluate` measured, family by family: gains over bicubic, and who is better at how many sites.

    python -m benchmarks.families EVALUATION.json [--markdown]

For training sets of `benchmarks.slides`, whose slides are named after their family. Sites at least half tissue count.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.slides import FAMILIES
from enhance.evaluation import BICUBIC, NETWORK
from parfocal.method_names import NETWORKS, SEEN, method_name
from parfocal.percent import percent

NO_RIVALS = (*NETWORKS, *SEEN)
"""What a network is not asked to be better than: itself, and pictures of the 100x."""
HEAD = ("family", "sites", "method", "gain, dB", "1 - SSIM removed", "least gain of a site, dB", "network ahead at")
Site = Mapping[str, Mapping[str, float]]


def main() -> None:
    """Print the table, and a line for each site at which the network is not ahead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("--markdown", action="store_true")
    told = parser.parse_args()
    document = json.loads(told.evaluation.read_text(encoding="utf-8"))
    rows = [HEAD, *_rows(document)]
    if told.markdown:
        rows.insert(1, tuple("---" for _ in HEAD))
        print("\n".join(f"| {' | '.join(row)} |" for row in rows))
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for line in _behind(document):
        print(line)


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for family, sites in _families(document):
        for method in document["methods"]:
            yield family, str(len(sites)), method_name(method), *_cells(sites, method)


def _families(document: Mapping[str, Any]) -> Iterator[tuple[str, list[Site]]]:
    """Tissues first, as the test slides have them; then photographs."""
    ids = sorted(document["counted"], key=lambda name: (_family(name) not in FAMILIES, _family(name)))
    for family, names in groupby(ids, key=_family):
        yield family, [document["sites"][name] for name in names]


def _family(site: str) -> str:
    return site.split("-")[0]


def _cells(sites: list[Site], method: str) -> tuple[str, ...]:
    gains = [site[method]["psnr_db"] - site[BICUBIC]["psnr_db"] for site in sites]
    lacking, left = (np.mean([1 - site[name]["ssim"] for site in sites]) for name in (BICUBIC, method))
    removed = percent(float(1 - left / lacking))
    ahead = "" if method in NO_RIVALS else f"{sum(_ahead(site, method) for site in sites)} of {len(sites)}"
    return _signed(float(np.mean(gains))), removed, _signed(min(gains)), ahead


def _signed(gain_db: float) -> str:
    return f"{gain_db:+.2f}".replace("-", "−")


def _ahead(site: Site, method: str) -> bool:
    return all(site[NETWORK][mark] > site[method][mark] for mark in ("psnr_db", "ssim"))


def _behind(document: Mapping[str, Any]) -> Iterator[str]:
    rivals = [method for method in document["methods"] if method not in NO_RIVALS]
    for name in document["counted"]:
        site = document["sites"][name]
        better = [method for method in rivals if not _ahead(site, method)]
        if better:
            yield f"not ahead in both PSNR and SSIM at {name}: {', '.join(map(method_name, better))}"


if __name__ == "__main__":
    main()
