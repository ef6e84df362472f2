"""The command that runs the whole job on the simulated microscope."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from parfocal.answer import Answer, answering
from parfocal.demo import run_demo
from parfocal.demo_sizes import FULL, QUICK
from parfocal.demo_story import tell, widest_crop
from parfocal.report import write_report
from parfocal.result_picture import draw_result
from parfocal.scores_table import scores_table

DEFAULT_OUT = Path("demo")


@answering
def demo(
    out: Annotated[Path, typer.Option("--out", help="The folder to write; the same one again goes on.")] = DEFAULT_OUT,
    quick: Annotated[bool, typer.Option("--quick", help="Every step, but too short to claim quality.")] = False,
) -> Answer:
    """Run the whole job on the simulated microscope and write a report."""
    chain = run_demo(out, QUICK if quick else FULL)
    report = out / "report.html"
    write_report(tell(chain), report)
    draw_result(widest_crop(chain), out / "result.png", low="40×", high="100×")
    keys = chain.evaluation.as_dict() | {
        "report": str(report),
        "registration_true_rms_px": dict(chain.true_rms_px),
        "training": asdict(chain.training) | {"model": str(chain.training.model)},
        "seconds": dict(chain.seconds),
    }
    return Answer(keys=keys, says=(scores_table(chain.evaluation), f"Simulated. The report is {report}."))
