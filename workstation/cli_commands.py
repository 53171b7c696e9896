"""The names of the commands, known before anything of them is imported."""

from __future__ import annotations

from collections.abc import Sequence

FLAGS = frozenset({"--demo"})
WITH_VALUE = frozenset({"--home", "--quit-after-ms"})
"""Options of the window, which may also stand before a command."""

_BEFORE_COMMAND = WITH_VALUE | {"--trace"}
"""Options with a value that may stand before a command."""

COMMANDS = frozenset(
    {
        "demo-archive", "echo", "find", "get", "history", "label", "library", "listen", "move", "nodes",
        "open", "picture", "selftest", "send", "verify",
    }
)  # fmt: skip


def command_at(arguments: Sequence[str]) -> int | None:
    """Where the command stands, behind options that may come before it; None: there is none."""
    rest = iter(range(len(arguments)))
    for place in rest:
        if arguments[place] in _BEFORE_COMMAND:
            next(rest, None)
        elif not arguments[place].startswith("-"):
            return place
    return None
