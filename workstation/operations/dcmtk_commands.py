"""Write the command line of DCMTK that does the same, for a developer to compare."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.targets import Target
from workstation.operations.node_quirks import NodeQuirks


def retrieve_command(node: Node, target: Target, port: int, quirks: NodeQuirks | None = None) -> str:
    """The ``getscu`` or ``movescu`` line that fetches ``target`` into the current folder.

    Args:
        node: The archive; its passcode is left out.
        target: What.
        port: Of our listener, for C-MOVE.
        quirks: Whether the archive is known to offer no C-GET.
    """
    by_move = node.retrieve is RetrieveMethod.MOVE or (
        node.retrieve is RetrieveMethod.AUTOMATIC and quirks is not None and quirks.lacks_get(node)
    )
    words = ["movescu" if by_move else "getscu", "-v", "-S"]
    if not by_move:
        words.append("+B")
    words += node_options(node)
    if by_move:
        words += ["-aem", node.calling_ae_title, "+P", str(port)]
    return shlex.join([*words, *_keys(target), node.host, str(node.port)])


def move_command(node: Node, targets: Sequence[Target], destination: str) -> str:
    """The ``movescu`` lines that have ``targets`` sent to another AE title."""
    words = ["movescu", "-v", "-S", *node_options(node), "-aem", destination]
    lines = [shlex.join([*words, *_keys(target), node.host, str(node.port)]) for target in targets]
    return "\n".join(lines)


def send_command(node: Node, targets: Sequence[Target]) -> str:
    """The ``storescu`` line, typed in the library's folder, that sends the studies of ``targets``."""
    studies = dict.fromkeys(target.study for target in targets)
    return shlex.join(
        ["storescu", "-v", "+sd", "+r", *node_options(node), node.host, str(node.port), *studies]
    )


def _keys(target: Target) -> list[str]:
    """The unique keys of a target, each after its option."""
    keys = [f"QueryRetrieveLevel={target.level.value}", f"StudyInstanceUID={target.study}"]
    if target.series:
        keys.append("SeriesInstanceUID=" + "\\".join(target.series))
    if target.instances:
        keys.append("SOPInstanceUID=" + "\\".join(target.instances))
    return [word for key in keys for word in ("-k", key)]


def node_options(node: Node) -> list[str]:
    """Who calls whom, and how it is secured."""
    words = ["-aet", node.calling_ae_title, "-aec", node.ae_title]
    if node.tls is not None:
        files = [node.tls.key, node.tls.certificate]
        words += ["+tls", *files] if all(files) else ["+tla"]
        words += ["+cf", node.tls.ca] if node.tls.ca else []
    if node.identity is not None:
        words += ["-usr", node.identity.user]
    return words
