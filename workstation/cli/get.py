"""``workstation get``: fetch by C-GET (what ``getscu`` does), and check that all objects arrived."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import models, node_options, target_options
from workstation.cli.retrieve_targets import asks_several, retrieve_request
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.outcomes import Outcome
from workstation.dicom.targets import Target
from workstation.dicom.uids import is_uid
from workstation.errors import BadInput

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.operations.retrieve import RetrieveOptions

SUMMARY = "Fetch a study, or parts of it, by C-GET"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``get``."""
    node_options(parser)
    target_options(parser)
    options = parser.add_argument_group("destination")
    options.add_argument("--out", type=Path, metavar="DIR", help="write DIR/<SOP Instance UID>.dcm")
    options.add_argument(
        "--syntax", action="append", default=[], metavar="UID", help="only in these transfer syntaxes"
    )


def run(session: Session) -> int:
    """Fetch, and print the outcome."""
    from workstation.operations.retrieve import retrieve

    arguments = session.arguments
    node = session.node()
    request = retrieve_request(arguments)
    options, quirks = retrieve_options(session, RetrieveMethod.GET), session.quirks
    with session.router(arguments.out) as router, session.holding(several=asks_several(arguments)) as held:
        options = replace(options, held=held)

        def fetch(target: Target) -> Outcome:
            with session.output.progress("Fetching") as report:
                return retrieve(
                    node, target, router, None, session.stop, report, quirks=quirks, options=options
                )

        return request.fetch(session, node, fetch, "here")


def retrieve_options(session: Session, method: RetrieveMethod) -> RetrieveOptions:
    """Build the retrieve options from the arguments.

    Raises:
        BadInput: A transfer syntax is not a UID.
    """
    from workstation.operations.retrieve import RetrieveOptions

    arguments = session.arguments
    options = RetrieveOptions(
        method=method,
        cancel_after=arguments.cancel,
        observer=session.observer,
        models=models(arguments),
        associations=arguments.associations,
    )
    syntaxes = tuple(dict.fromkeys(getattr(arguments, "syntax", ())))
    for syntax in syntaxes:
        if not is_uid(syntax):
            raise BadInput("transfer syntax", syntax, "give its UID.")
    if not syntaxes:
        return options
    return replace(options, syntaxes=syntaxes)
