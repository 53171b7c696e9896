"""What a signal is connected to instead of a method of Qt's own, in widgets that come and go."""

from __future__ import annotations

from collections.abc import Callable


def python_slot(method: Callable[[], object]) -> Callable[[], None]:
    """A function that calls ``method``, which is Qt's own, such as ``QDialog.reject``.

    PySide 6.11.3 never frees what it allocates for a connection to such a method, about 65 bytes each time;
    of a connection to a Python function nothing is left when its sender is deleted.
    """

    def call() -> None:
        method()

    return call
