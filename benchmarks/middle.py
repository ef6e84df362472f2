"""Find the middle of simulated sections through both lenses, and compare with where it is.

    python -m benchmarks.middle [--kinds lung kidney breast] [--seeds 6] [--first 1] [--keep FILE]

Four sites of each section are rendered plane by plane, noise and lateral colour included, with depths that are known
exactly: no stage, no drift, nothing but `calibration.middle`. The error of the parfocal offset is the difference of
the two middles in Z, mean of the sites. Beside it stands what green alone would give. `--keep` goes on where an
earlier session stopped.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from acquire.characterise import PLACES_FOR_SITE, SITES
from acquire.characterise_focus import stack_offsets_um
from acquire.characterise_stage import ring_um
from acquire.simulated.detector import develop
from acquire.simulated.faults import Sensor
from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide
from calibration.middle import BAND, band_energy, middle_um
from calibration.optics import Objective
from calibration.rig import load_rig
from calibration.transfer import COLOURS_UM, focus_ratio
from calibration.turret import SectionFocus, parfocal

RIG = load_rig("simulated")
LOW, HIGH = RIG.objectives
CUTOFF = (LOW.na + RIG.condenser_na) / COLOURS_UM[1]
AT_UM = (800.0, 800.0)
LARGEST_LATERAL, PHASE_UM = 3e-4, 0.25
"""Lateral colour of a well-corrected lens; and by how much depth the planes of a stack are shifted, at random."""
GLASS_E = np.array([0.94, 1.0, 0.88], np.float32) * 18_000
LIMIT_UM = 0.1


def main() -> int:
    """Print the error of each section beside the limit; 1 when one is beyond."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="+", default=list(TISSUES))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    told = parser.parse_args()
    lines = told.keep.read_text(encoding="utf-8").splitlines() if told.keep and told.keep.is_file() else []
    rows = [json.loads(line) for line in lines]
    for seed in range(told.first, told.first + told.seeds):
        for kind in told.kinds:
            if not any((row["kind"], row["seed"]) == (kind, seed) for row in rows):
                rows.append(section(kind, seed))
                if told.keep:
                    with told.keep.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(rows[-1]) + "\n")
    return summary(rows)


def section(kind: str, seed: int) -> dict[str, object]:
    """Measure one section at all sites, in the difference of green and red and in green alone."""
    renderer, rng = Renderer(Slide(make_specimen({"kind": kind, "seed": seed}))), np.random.default_rng(seed)
    sites = ring_um(RIG, AT_UM, PLACES_FOR_SITE * SITES)[::PLACES_FOR_SITE]
    seen = [[_stack(renderer, objective, site, rng) for objective in (LOW, HIGH)] for site in sites]
    row: dict[str, object] = {"kind": kind, "seed": seed}
    for name, which in (("difference", 0), ("green", 1)):
        low, high = ([SectionFocus(z_um=site[lens][which]) for site in seen] for lens in (0, 1))
        found = parfocal(low, high)
        row |= {f"{name}_um": found.value, f"{name}_held": found.interval95[0] <= 0 <= found.interval95[1]}
    print(f"{kind} {seed}: {row['difference_um']:+.3f} µm, green alone {row['green_um']:+.3f} µm", flush=True)
    return row


def _stack(
    renderer: Renderer, objective: Objective, site: tuple[float, float], rng: np.random.Generator
) -> tuple[float, float]:
    """Z of the middle, the true one being 0, of green less red and of green alone."""
    lens = Lens(na=objective.na, condenser_na=RIG.condenser_na, immersion_index=objective.refractive_index)
    grid, ratio, phase_um = _grid(objective, site, rng), focus_ratio(objective), rng.uniform(-PHASE_UM, PHASE_UM)
    z_um = np.array(stack_offsets_um(objective)) + phase_um / ratio
    energies = []
    for number, z in enumerate(z_um):
        light = renderer.render(grid, lens, float(z * ratio)) * GLASS_E
        pixels = develop(light, Sensor(), noise_key=f"{site} {objective.name} {number}")
        energies.append([_energy(pixels, objective), _energy(_red_blind(pixels), objective)])
    difference, green = (middle_um(z_um, column) for column in np.transpose(energies))
    return difference, green


def _grid(objective: Objective, site: tuple[float, float], rng: np.random.Generator) -> Grid:
    pixel_um, (columns, rows) = RIG.pixel_um(objective.name), RIG.camera.size_px
    first = [centre - pixel_um * (side - 1) / 2 for centre, side in zip(site, (columns, rows), strict=True)]
    red, blue = 1 + rng.uniform(-LARGEST_LATERAL, LARGEST_LATERAL, 2)
    return Grid(
        matrix=np.array([[pixel_um, 0, first[0]], [0, pixel_um, first[1]]]),
        columns=columns,
        rows=rows,
        lateral=(float(red), 1.0, float(blue)),
        axis_px=((columns - 1) / 2, (rows - 1) / 2),
    )


def _energy(pixels: np.ndarray, objective: Objective) -> float:
    band = (BAND[0] * CUTOFF, BAND[1] * CUTOFF)
    return band_energy(pixels, pixel_um=RIG.pixel_um(objective.name), band=band)


def _red_blind(pixels: np.ndarray) -> np.ndarray:
    blind = pixels.copy()
    blind[..., 0] = 200
    return blind


def summary(rows: list[dict[str, object]]) -> int:
    """Print rms, worst and coverage of both ways; 1 when the difference of two colours errs by more than allowed."""
    for name in ("difference", "green"):
        errors = np.array([row[f"{name}_um"] for row in rows], float)
        held = sum(bool(row[f"{name}_held"]) for row in rows)
        rms, worst = float(np.sqrt(np.mean(errors**2))), float(np.abs(errors).max())
        print(f"{name:10} rms {rms:.3f} µm, worst {worst:.3f} (limit {LIMIT_UM}), interval holds {held} of {len(rows)}")
    return int(max(abs(float(str(row["difference_um"]))) for row in rows) > LIMIT_UM)


if __name__ == "__main__":
    sys.exit(main())
