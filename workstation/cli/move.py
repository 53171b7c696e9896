"""``workstation move``: fetch by C-MOVE to our own listener, or have it sent to another AE title."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import (
    build_port,
    listener_options,
    listener_tls,
    models,
    node_options,
    target_options,
)
from workstation.cli.get import retrieve_options
from workstation.cli.retrieve_targets import RetrieveRequest, asks_several, retrieve_request
from workstation.dicom.nodes import Node, RetrieveMethod, check_ae_title
from workstation.dicom.outcomes import Outcome
from workstation.dicom.targets import Target
from workstation.errors import BadInput

if TYPE_CHECKING:
    from workstation.cli.session import Session

SUMMARY = "Fetch a study, or parts of it, by C-MOVE; or have it moved to another AE title"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``move``."""
    node_options(parser)
    target_options(parser)
    options = parser.add_argument_group("destination")
    options.add_argument(
        "--to", metavar="AET", help="move to this AE title, as the archive knows it, instead of here"
    )
    listener_options(options)
    options.add_argument("--out", type=Path, metavar="DIR", help="write DIR/<SOP Instance UID>.dcm")


def run(session: Session) -> int:
    """Fetch, or have it moved, and print the outcome."""
    arguments = session.arguments
    node = session.node()
    request = retrieve_request(arguments)
    if arguments.to is None:
        return _here(session, node, request)
    if arguments.out is not None or arguments.port is not None or arguments.listen_tls:
        advice = "nothing is received here: leave out --out, --port and --listen-tls."
        raise BadInput("destination", arguments.to, advice)
    destination = check_ae_title(arguments.to)
    return request.fetch(session, node, lambda each: _elsewhere(session, node, each, destination), "moved")


def _here(session: Session, node: Node, request: RetrieveRequest) -> int:
    from workstation.operations.on_demand_listener import OnDemandListener
    from workstation.operations.retrieve import retrieve

    arguments = session.arguments
    port = build_port(arguments.port, session.preferences.port)
    tls = listener_tls(arguments, node)
    options, quirks = retrieve_options(session, RetrieveMethod.MOVE), session.quirks
    with session.router(arguments.out) as router, session.holding(several=asks_several(arguments)) as held:
        options = replace(options, held=held)
        listening = OnDemandListener(
            router,
            port,
            address=session.preferences.address,
            max_pdu=arguments.max_pdu,
            tls=tls,
            observer=session.observer,
        )

        def fetch(each: Target) -> Outcome:
            with session.output.progress("Fetching") as report:
                return retrieve(
                    node, each, router, listening, session.stop, report, quirks=quirks, options=options
                )

        try:
            return request.fetch(session, node, fetch, "here")
        finally:
            listening.close()


def _elsewhere(session: Session, node: Node, target: Target, destination: str) -> Outcome:
    from workstation.operations.move_to_third_party import move_elsewhere

    with session.output.progress("Moving") as report:
        return move_elsewhere(
            node,
            target,
            destination,
            session.stop,
            report,
            models=models(session.arguments),
            cancel_after=session.arguments.cancel,
            observer=session.observer,
        )
