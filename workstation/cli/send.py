"""``workstation send``: send files by C-STORE (what ``storescu`` does), with storage commitment."""

from __future__ import annotations

import argparse
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from workstation.cli.arguments import build_port, listener_options, listener_tls, node_options
from workstation.errors import BadInput

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.dicom.nodes import Node
    from workstation.operations.storage_commitment import Commit

SUMMARY = "Send files, and the files in folders, by C-STORE"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``send``."""
    node_options(parser)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder")
    parser.add_argument(
        "--decode-lossy",
        action="store_true",
        help="decode lossily compressed images if the archive accepts them in no other way",
    )
    options = parser.add_argument_group("storage commitment")
    options.add_argument(
        "--commit", action="store_true", help="request storage commitment for the objects sent"
    )
    listener_options(options)


def run(session: Session) -> int:
    """Send, and print the outcome."""
    from workstation.cli.outcome import report_outcome
    from workstation.operations.send import send

    arguments = session.arguments
    node = session.node()
    if arguments.port is not None and not arguments.commit:
        raise BadInput("port", str(arguments.port), "it needs --commit.")
    if arguments.listen_tls and arguments.port is None:
        raise BadInput("TLS option", "--listen-tls", "it needs --port.")
    with _commitment(session, node) as commit, session.output.progress("Sending") as report:
        outcome = send(
            node,
            arguments.paths,
            session.stop,
            report,
            commit=commit,
            observer=session.observer,
            lossy=arguments.decode_lossy,
            quirks=session.quirks,
            associations=arguments.associations,
        )
    return report_outcome(session.output, outcome, "sent")


@contextmanager
def _commitment(session: Session, node: Node) -> Iterator[Commit | None]:
    """The storage commitment to request; opens the listener if a port was given."""
    from workstation.network.storage_commitment import Commitment
    from workstation.operations.on_demand_listener import OnDemandListener
    from workstation.operations.storage_commitment import Commit

    arguments = session.arguments
    if not arguments.commit:
        yield None
        return
    transaction = f"2.25.{uuid4().int}"
    if arguments.port is None:
        yield Commit(transaction)
        return
    from workstation.operations.refusing_router import RefusingRouter

    reports: queue.SimpleQueue[Commitment] = queue.SimpleQueue()
    listening = OnDemandListener(
        RefusingRouter(),
        build_port(arguments.port, 0),
        address=session.preferences.address,
        tls=listener_tls(arguments, node),
        on_commitment=reports.put,
        observer=session.observer,
    )
    try:
        with listening.receiving():
            yield Commit(transaction, reports=reports)
    finally:
        listening.close()
