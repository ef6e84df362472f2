"""Jobs: which picture becomes which file."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from enhance.errors import ImageError
from enhance.picturefile import READABLE, TIFF, WRITABLE, check_writable


def jobs(source: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Pair each picture with the file to write.

    Parameters
    ----------
    source : Path
        A picture or a folder of them.
    out : Path
        For a picture a file or a folder, for a folder a folder.

    Raises
    ------
    ImageError
        When there is no picture, no format is written under that name, or an output would replace its own input.
    """
    if source.is_dir():
        pictures = sorted(p for p in source.iterdir() if p.is_file() and p.suffix.lower() in READABLE)
        if not pictures:
            raise ImageError(f"there is no picture in {source}: give a folder with files ending in {list(READABLE)}")
        if out.is_file() or out.suffix.lower() in WRITABLE:
            raise ImageError(f"{source} is a folder of pictures and {out} is one file: name a folder for the results")
        targets = [out / name for name in _names(pictures)]
    else:
        pictures = [source]
        targets = [out if out.suffix and not out.is_dir() else out / _names(pictures)[0]]
    for picture, target in zip(pictures, targets, strict=True):
        if target.resolve() == picture.resolve():
            raise ImageError(f"{target} would replace its own input: name another output")
        check_writable(target)
        yield picture, target


def _names(pictures: list[Path]) -> list[str]:
    """Names to write under: a TIFF stays one, the others become PNG; the old ending is kept where two would meet."""
    plain = [p.name if p.suffix.lower() in TIFF else f"{p.stem}.png" for p in pictures]
    meets = Counter(name.lower() for name in plain)
    return [
        name if meets[name.lower()] == 1 else f"{p.stem}_{p.suffix[1:].lower()}{Path(name).suffix}"
        for name, p in zip(plain, pictures, strict=True)
    ]
