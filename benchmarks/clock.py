"""How soon the recipe `fast` passes bicubic, the best linear filter and +3 dB, from nothing, on the demo's slides.

    python -m benchmarks.clock FOLDER [--faults perfect realistic] [--minutes 0.5 1 5]

One training for each time, since the rate falls over the last part of the time there is. The slides are captured first.
Nothing else should run.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from enhance.evaluate import evaluate
from enhance.evaluation import BICUBIC, NETWORK
from enhance.open import open_engine
from enhance.train import train
from parfocal.demo import capture_demo
from parfocal.demo_sizes import FULL
from parfocal.laps import Laps

LINEAR = "linear_filter"


def main() -> None:
    """Capture what is missing, then train and score once for each time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--faults", nargs="+", choices=("perfect", "realistic"), default=["perfect", "realistic"])
    parser.add_argument("--minutes", nargs="*", type=float, default=[0.5, 1.0, 5.0])
    told = parser.parse_args()
    for faults in told.faults:
        out = told.folder / faults
        capture_demo(out, replace(FULL, faults=faults), Laps(out / "seconds.json"))
        for minutes in told.minutes:
            print(f"{faults}: {_line(out, minutes)}", flush=True)


def _line(out: Path, minutes: float) -> str:
    """Train for so long, from nothing, and say what that gained on the test slide."""
    model = out / f"model-{minutes:g}-minutes"
    result = train(out / "pairs", model, recipe="fast", minutes=minutes, resume=False)
    found = evaluate(open_engine(model), out / "pairs")
    network, linear, exposure = (
        found.methods[name].psnr_db - found.methods[BICUBIC].psnr_db for name in (NETWORK, LINEAR, "one_100x_exposure")
    )
    return (
        f"{result.steps} steps in {result.seconds:.0f} s: {network:+.2f} dB over bicubic "
        f"({100 * found.ssim_removed(NETWORK):.0f} % of its 1 - SSIM removed); linear filter {linear:+.2f}, "
        f"one 100x exposure {exposure:+.2f}; {len(found.counted)} sites"
    )


if __name__ == "__main__":
    main()
