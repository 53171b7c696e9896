"""Reads and writes the configured nodes: ``nodes.json``, which never holds passcodes or passphrases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from workstation.dicom.nodes import Node, Secret
from workstation.errors import BadInput, UserMessage
from workstation.settings import document


def _with_secrets(content: dict[str, object]) -> dict[str, object]:
    """Version 1 sent user names without passcodes, and did not say where one would come from."""
    listed = content.get("nodes")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(identity := entry.get("identity"), dict):
            identity["secret"] = Secret.NONE.value
    return content


MAX_NAME = 64
"""Characters of a node's name."""


def _without_change(content: dict[str, object]) -> dict[str, object]:
    """Version 3 added domains, in version 2 each node had its own; version 4 consent, given to none.

    Version 6 added rate limits, rules for priors, what is kept open and opened ahead, options of queries, and
    whether a node is asked for a worklist; there was none before.
    """
    return content


def _with_associations(content: dict[str, object]) -> dict[str, object]:
    """Before version 5 the number of associations had no effect, and 2 was what nobody had changed."""
    listed = content.get("nodes")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and entry.get("associations") == 2:
            del entry["associations"]
    return content


UPGRADES = (_with_secrets, _without_change, _without_change, _with_associations, _without_change)


def load_nodes(path: Path) -> tuple[Node, ...]:
    """Return the nodes in their order; none if there is no file yet.

    Raises:
        Unreadable: The file is broken; the message names the field.
        TooNew: A newer version of this program wrote it.
    """
    return document.read_list(path, UPGRADES, "nodes", _nodes)


def _nodes(listed: list[object]) -> tuple[Node, ...]:
    for n, entry in enumerate(listed, 1):
        _refuse_secrets(entry, n)
    nodes = tuple(
        document.build(Node, entry, UserMessage("node {n}", n=n)) for n, entry in enumerate(listed, 1)
    )
    check_names(nodes)
    return nodes


def save_nodes(path: Path, nodes: Sequence[Node]) -> None:
    """Write ``nodes``, without their passcodes.

    Raises:
        BadInput: Two nodes go by the same name, or one has none.
        NotWritable: The file cannot be written.
    """
    check_names(nodes)
    document.write(path, UPGRADES, {"nodes": [_without_passcode(node) for node in nodes]})


def find_node(nodes: Sequence[Node], name: str) -> Node | None:
    """The node called ``name``, compared without case."""
    return next((node for node in nodes if node.name.casefold() == name.casefold()), None)


def _without_passcode(node: Node) -> dict[str, object]:
    plain = asdict(node)
    if node.tls is not None:
        del plain["tls"]["passphrase"]
    if node.identity is not None:
        plain["identity"] = {
            "user": node.identity.user,
            "secret": node.identity.secret,
            "in_clear_to": node.identity.in_clear_to,
        }
    return plain


def _refuse_secrets(entry: object, n: int) -> None:
    for part, secret in (("identity", "passcode"), ("tls", "passphrase")):
        found = entry.get(part) if isinstance(entry, dict) else None
        if isinstance(found, dict) and found.get(secret) is not None:
            raise document.Misshapen(
                "the {secret} of node {n} stands in it, where others may read it. Remove it;"
                " the program asks for it, or the system’s keyring keeps it",
                secret=secret,
                n=n,
            )


def check_name(name: str, others: Iterable[str]) -> str:
    """Return ``name`` if a node can have it along with ``others``, else raise :class:`BadInput`."""
    return _check_name(name, {_folded(other) for other in others})


def _check_name(name: str, others: set[str]) -> str:
    folded = _folded(name)
    if not folded:
        raise BadInput("node name", name, "give each node a name.")
    if len(name) > MAX_NAME or not name.isprintable():
        raise BadInput("node name", name, UserMessage("at most {most} printable characters.", most=MAX_NAME))
    if folded in ("library", "opened files") or folded in others:
        raise BadInput("node name", name, "another source has this name already.")
    return name


def check_names(nodes: Sequence[Node]) -> None:
    """Raise :class:`BadInput` where two nodes go by the same name, or one has none."""
    seen: set[str] = set()
    for node in nodes:
        seen.add(_folded(_check_name(node.name, seen)))


def _folded(name: str) -> str:
    """A name as it is compared."""
    return name.strip().casefold()
