"""Write the card of a model beside its weights.

    python -m benchmarks.modelcard MODEL --on "lung, Masson, 96 sites" --on … --command "parfocal train …"
        [--evaluation EVALUATION.json] [--novelty RATES.json] --out README.md

RATES come from `python -m benchmarks.novelty --model MODEL --json RATES.json`.
"""

import argparse
import json
from pathlib import Path

from enhance.modelcard import card_text
from enhance.open import load_model


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--on", action="append", required=True, help="what it was trained on; may be repeated")
    parser.add_argument("--command", required=True, help="that made it")
    parser.add_argument("--evaluation", type=Path)
    parser.add_argument("--novelty", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args()
    documents = [path and json.loads(path.read_text(encoding="utf-8")) for path in (told.evaluation, told.novelty)]
    evaluation, novelty = documents
    text = card_text(
        load_model(told.model), trained_on=told.on, command=told.command, evaluation=evaluation, novelty=novelty
    )
    told.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
