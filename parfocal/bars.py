"""Progress for people: bars with time left, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from parfocal.answer import people

Step = Callable[[int, int, str], None]
"""Takes how much is done, of how much, and what was done last."""


@contextmanager
def bar(title: str) -> Iterator[Step]:
    """Show a bar while something runs.

    Yields
    ------
    callable
        To be told (done, total, says).
    """
    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[says]}"),
    )
    with Progress(*columns, console=people(), transient=True) as progress:
        task = progress.add_task(title, total=None, says="")

        def step(done: int, total: int, says: str = "") -> None:
            progress.update(task, completed=done, total=total, says=says)

        yield step
