"""The items of a check as a command's answer: a table for people, the contract's keys for scripts."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from acquire.item import Item, passed
from parfocal.answer import Answer

MARKS = {"pass": "[green]pass[/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


def items_answer(items: Sequence[Item], title: str) -> Answer:
    """Return the answer of a command that checked something; it fails when an item did."""
    failed = not passed(items)
    keys = {"passed": not failed, "items": [asdict(item) for item in items]}
    if failed:
        keys["error"] = "; ".join(item.says for item in items if item.state == "fail")
    return Answer(keys=keys, says=(items_table(items, title),), failed=failed)


def items_table(items: Sequence[Item], title: str) -> Table:
    """Return the items as a table for people."""
    table = Table("", "what", "says", title=title, title_justify="left", show_edge=False)
    for item in items:
        table.add_row(MARKS[item.state], item.name, item.says.replace("[", "\\["))
    return table
