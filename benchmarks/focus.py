"""How far the centres of 100x stacks lie from the true focus over a tilted, wavy, drifting slide, and at what cost.

    python -m benchmarks.focus [--only region|paired|apart|large] [--picture docs/pictures/focus.png]

The slides rise by 5 µm over 2 mm, wave by 1 µm from trough to crest, and drift by 3 µm an hour of virtual time. The
truth of a site is the maximum of the same focus measure on noise-free, evenly lit pictures. `region`: fields side by
side. `paired`: a field of 100x in each field of 40x, 85 µm apart, after a pass with three planes of 40x. `apart`: the
same without that pass. `large`: side by side with fields of 76 µm, as a camera of 1024² has.
"""

import argparse
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.focus_case import FIRST, LENS, Case, Result, run
from benchmarks.focus_picture import draw

ERROR_LIMIT_UM, PERCENTILE = 0.2, 95
SITES_PER_SWEEP = 8
REGION = partial(Case, columns=59, rows=2, pitch_um=34.0, judged_every=2)
PAIRED = partial(Case, columns=24, rows=4, pitch_um=85.0)
LARGE = partial(Case, columns=30, rows=2, pitch_um=68.0, field_px=512)
CASES = {
    "region": (
        REGION(tissue="lung", seed=1, toward=1),
        REGION(tissue="kidney", seed=2, toward=-1, tilt=(-1.0, 0.0)),
        REGION(tissue="breast", seed=3, toward=1, tilt=(0.8, 0.6)),
        REGION(tissue="lung", seed=4, toward=-1, wavelength_um=800.0),
    ),
    "paired": (
        PAIRED(tissue="lung", seed=5, toward=1, lenses=(FIRST, LENS)),
        PAIRED(tissue="kidney", seed=6, toward=-1, tilt=(-1.0, 0.0), lenses=(FIRST, LENS)),
    ),
    "apart": (PAIRED(tissue="lung", seed=7, toward=1),),
    "large": (LARGE(tissue="lung", seed=1, toward=1), LARGE(tissue="kidney", seed=2, toward=-1, tilt=(-1.0, 0.0))),
}


def main() -> None:
    """Run the cases, print each beside its limits, and draw the first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=list(CASES))
    parser.add_argument("--picture", type=Path)
    told = parser.parse_args()
    for kind, cases in CASES.items():
        if told.only in (None, kind):
            results: list[Result] = []
            for case in cases:
                results.append(_told(case))
                if told.picture and kind == "region":
                    draw(told.picture, results)  # after each: a run that is broken off leaves a picture
            _row(f"{kind}, all", results)


def _told(case: Case) -> Result:
    began = time.perf_counter()
    result = run(case)
    _row(case.says, [result])
    print(f"    {time.perf_counter() - began:.0f} s", flush=True)
    return result


def _row(name: str, results: Sequence[Result]) -> None:
    errors = np.concatenate([result.errors_um for result in results])
    judged = [site for result in results for site in result.sites]
    p95 = float(np.percentile(np.abs(errors), PERCENTILE))
    sites, sweeps = sum(result.count for result in results), sum(result.sweeps for result in results)
    print(
        f"{name}: p95 error of the stack's centre {p95:.3f} µm (limit {ERROR_LIMIT_UM}), rms "
        f"{np.sqrt(np.mean(errors**2)):.3f}, mean {errors.mean():+.3f}, largest {np.abs(errors).max():.2f}; "
        f"{sweeps} autofocus for {sites} sites, 1 for {sites / sweeps:.1f} (limit 1 for {SITES_PER_SWEEP}); "
        f"{sum(result.flagged for result in results)} flagged; {errors.size} sites judged, "
        f"{sum(site.retaken for site in judged)} of them taken again; first shots: p95 "
        f"{np.percentile(np.abs([site.first_um - site.true_um for site in judged]), PERCENTILE):.3f}; own peaks: rms "
        f"{np.sqrt(np.mean([(site.peak_um - site.true_um) ** 2 for site in judged if site.peak_um])):.3f} µm",
        flush=True,
    )


if __name__ == "__main__":
    main()
