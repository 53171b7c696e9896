"""``workstation echo``: send a C-ECHO, and list the services a node offers (``echoscu`` does the former)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from workstation.cli.arguments import node_options

if TYPE_CHECKING:
    from workstation.cli.session import Session

SUMMARY = "Test the connection to a node by C-ECHO, and list its services"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``echo``."""
    node_options(parser)


def run(session: Session) -> int:
    """Send a C-ECHO; print the services that the node accepts."""
    from workstation.operations.node_check import check

    node = session.node()
    found = check(node, session.stop, observer=session.observer, quirks=session.quirks)
    if session.output.json:
        session.output.value(
            {"seconds": round(found.seconds, 6), "services": list(found.services), "max_pdu": found.max_pdu}
        )
    else:
        session.output.result(
            f"{node.label} answers in {found.seconds * 1000:.1f} ms.",
            *(f"  offers {service}" for service in found.services),
            f"  takes PDUs of {found.max_pdu} bytes" if found.max_pdu else "  takes PDUs of any length",
        )
    return 0
