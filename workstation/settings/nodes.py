"""The configured nodes: ``nodes.json``. Passcodes are never written into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from workstation.dicom.nodes import Node
from workstation.errors import BadInput, Unreadable
from workstation.settings import document

VERSION = 1


def load_nodes(path: Path) -> tuple[Node, ...]:
    """Return the nodes in their order; none if there is no file yet.

    Raises:
        Unreadable: The file is broken; the sentence names the field.
        TooNew: A newer version of this program wrote it.
    """
    content = document.read(path, VERSION)
    if content is None:
        return ()
    listed = content.get("nodes")
    if not isinstance(listed, list) or content.keys() != {"nodes"}:
        raise Unreadable(str(path), "it holds no list of nodes")
    try:
        nodes = tuple(document.build(Node, entry, f"node {n}") for n, entry in enumerate(listed, 1))
        _check_names(nodes)
    except (document.Misshapen, BadInput) as trouble:
        raise Unreadable(str(path), str(trouble).rstrip(".")) from trouble
    return nodes


def save_nodes(path: Path, nodes: Sequence[Node]) -> None:
    """Write ``nodes``, without their passcodes.

    Raises:
        BadInput: Two nodes go by the same name, or one has none.
        NotWritable: The file cannot be written.
    """
    _check_names(nodes)
    document.write(path, VERSION, {"nodes": [_without_passcode(node) for node in nodes]})


def find_node(nodes: Sequence[Node], name: str) -> Node | None:
    """The node a person calls ``name``, whatever the case of its letters."""
    return next((node for node in nodes if node.name.casefold() == name.casefold()), None)


def _without_passcode(node: Node) -> dict[str, object]:
    plain = asdict(node)
    if node.identity is not None:
        plain["identity"] = {"user": node.identity.user}
    return plain


def _check_names(nodes: Sequence[Node]) -> None:
    seen: set[str] = set()
    for node in nodes:
        folded = node.name.casefold()
        if not folded.strip():
            raise BadInput("node name", node.name, "give each node a name.")
        if folded in seen or folded == "library":
            raise BadInput("node name", node.name, "another source has this name already.")
        seen.add(folded)
