"""Progress for people: bars with time left, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from parfocal.answer import people

Step = Callable[[int, int, str], None]
"""Takes how much is done, of how much, and what was done last."""


class Bar:
    """A bar that is shown while something runs; calling it moves it.

    Parameters
    ----------
    progress : Progress
        The live display.
    task : TaskID
        The bar's place in it.
    """

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def __call__(self, done: int, total: int, says: str = "") -> None:
        """Take how much is done, of how much, and what was done last."""
        self._progress.update(self._task, completed=done, total=total, says=says)

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Take the bar off the terminal while a person is asked; it would be drawn over the question."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()


@contextmanager
def bar(title: str, console: Console | None = None) -> Iterator[Bar]:
    """Show a bar while something runs.

    Parameters
    ----------
    title : str
        What runs.
    console : Console, optional
        Where; the one for people when not given.

    Yields
    ------
    Bar
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
    with Progress(*columns, console=console or people(), transient=True) as progress:
        yield Bar(progress, progress.add_task(title, total=None, says=""))
