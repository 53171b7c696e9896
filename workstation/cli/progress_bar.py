"""Show a progress bar on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as parts
from rich.console import Console

from workstation.dicom.display import size
from workstation.stop import Progress, Report


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """Show a bar on standard error while the block runs; without a known total it counts."""
    columns = (
        parts.TextColumn("{task.description}", markup=False),
        parts.BarColumn(),
        parts.MofNCompleteColumn(),
        parts.TextColumn("{task.fields[size]}"),
        parts.TimeElapsedColumn(),
        parts.TimeRemainingColumn(),
    )
    with parts.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None, size="")

        def report(progress: Progress) -> None:
            shown.update(
                task,
                description=progress.message or title,
                completed=progress.done,
                total=progress.expected,
                size=size(progress.bytes),
            )

        yield report
