"""A small PAIRS folder made from one textured picture: blurred, reduced by area and made noisy."""

import csv

import cv2
import numpy as np
import yaml

OPTICS = {
    "low": {"na": 0.95, "magnification": 40, "immersion": "air"},
    "high": {"na": 1.4, "magnification": 100, "immersion": "oil"},
    "condenser_na": 0.55,
}
COLUMNS = ("id", "run", "slide", "site", "split", "accepted", "reason")


def texture(size, *, seed):
    """Coloured blobs and lines of many sizes on glass, uint8 (size, size, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.full((size, size, 3), 0.9, dtype=np.float32)
    for sigma in (0.7, 1.5, 4, 12):
        noise = cv2.GaussianBlur(rng.standard_normal((size, size, 3)).astype(np.float32), (0, 0), sigma)
        picture *= np.exp(-0.25 * np.maximum(noise / noise.std(), 0))
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def imaged(high, ratio, *, blur_px=1.6, noise=1.5, seed=0):
    """What the weaker objective shows of `high`, whose sides are multiples of p: blurred, reduced by area, noisy."""
    p, q = ratio
    size = (high.shape[1] * q // p, high.shape[0] * q // p)
    low = cv2.resize(cv2.GaussianBlur(high.astype(np.float32), (0, 0), blur_px), size, interpolation=cv2.INTER_AREA)
    low += noise * np.random.default_rng(seed).standard_normal(low.shape).astype(np.float32)
    return np.clip(np.rint(low), 0, 255).astype(np.uint8)


def write_pairs(
    folder,
    *,
    pictures=None,
    ratio=(5, 2),
    splits=("train", "train", "validation", "test"),
    low_px=60,
    truth=True,
    patch_px=20,
    **card,
):
    """Write a training set of one site a split; `pictures` are the labels, made here when not given."""
    p, q = ratio
    (folder / "pairs").mkdir(parents=True)
    (folder / "patches").mkdir()
    rows, patches = [], {"train": [], "validation": [], "test": []}
    for number, split in enumerate(splits):
        true = texture(low_px * p // q, seed=number) if pictures is None else pictures[number]
        name, kinds = f"slide{number}_s0", kinds_of(true, ratio, seed=number, truth=truth)
        for kind, pixels in kinds.items():
            np.save(folder / "pairs" / f"{name}_{kind}.npy", pixels)
        large_px = patch_px * p // q
        patches[split].append((kinds["low"][:patch_px, :patch_px], kinds["high"][:large_px, :large_px]))
        rows.append(dict(zip(COLUMNS, (name, "run", f"slide{number}", "s0", split, "true", ""), strict=True)))
    write_patches(folder / "patches", patches, (patch_px, patch_px * p // q))
    write_sites(folder / "sites.csv", rows)
    (folder / "card.yaml").write_text(yaml.safe_dump(facts_of(ratio) | card))
    return folder


def kinds_of(true, ratio, *, seed, truth):
    """All pictures of a site; the label is noisy where its truth is kept."""
    kinds = {"low": imaged(true, ratio, seed=seed), "high": true}
    if not truth:
        return kinds
    exposure = true + 4.0 * np.random.default_rng(seed).standard_normal(true.shape)
    label = true + 1.0 * np.random.default_rng(9).standard_normal(true.shape)
    return kinds | {
        "truth": true,
        "other": cv2.GaussianBlur(true, (0, 0), 1.0),
        "exposure": np.clip(exposure, 0, 255).astype(np.uint8),
        "high": np.clip(np.rint(label), 0, 255).astype(np.uint8),
    }


def write_patches(folder, patches, sides_px):
    for split, pairs in patches.items():
        for index, (kind, side) in enumerate(zip(("low", "high"), sides_px, strict=True)):
            stacked = np.array([pair[index] for pair in pairs], dtype=np.uint8).reshape(-1, side, side, 3)
            np.save(folder / f"{split}_{kind}.npy", stacked)


def write_sites(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def facts_of(ratio):
    p, q = ratio
    return {
        "ratio": list(ratio),
        "label": "fused",
        "corrected": True,
        "simulated": True,
        "white_level": 255,
        "pixel_um": {"low": 0.185, "high": 0.185 * q / p},
        "optics": OPTICS,
        "data_sha256": "1" * 64,
    }
