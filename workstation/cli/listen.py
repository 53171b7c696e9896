"""``workstation listen``: receive pushed objects, a Storage SCP (what ``storescp`` does)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import build_port, build_tls, own_options
from workstation.cli.output import printable
from workstation.cli.tls_keys import with_passphrase
from workstation.dicom.display import size
from workstation.dicom.nodes import check_ae_title, check_sender
from workstation.errors import BadInput

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.store.store_results import Refused, Stored

SUMMARY = "Receive objects by C-STORE until Ctrl-C"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``listen``."""
    own_options(parser)
    options = parser.add_argument_group("receiving")
    options.add_argument("--port", type=int, metavar="P", help="TCP port")
    options.add_argument("--out", type=Path, metavar="DIR", help="write DIR/<SOP Instance UID>.dcm")
    options.add_argument(
        "--from",
        dest="senders",
        action="append",
        metavar="AET[@HOST]",
        help="accept objects from this AE title only, and from this host; repeat for several senders",
    )


def run(session: Session) -> int:
    """Listen until stopped; print a line for each object."""
    from workstation.operations.on_demand_listener import OnDemandListener, listen

    arguments, output, preferences = session.arguments, session.output, session.preferences
    title = check_ae_title(preferences.ae_title if arguments.aet is None else arguments.aet)
    port = build_port(arguments.port, preferences.port)
    senders = frozenset(check_sender(each) for each in arguments.senders or ())
    tls = build_tls(arguments)
    if tls is not None and not tls.certificate:
        raise BadInput("TLS option", "--tls", "a listener needs a certificate: --tls-cert.")
    tls = with_passphrase(tls, output)
    count = 0

    def arrived(stored: Stored) -> None:
        nonlocal count
        count += 1
        if output.json:
            output.value(_object(stored))
        else:
            output.result(_line(stored))

    def refused(what: Refused) -> None:
        became = "was not kept" if what.status else "lies in the folder “unfiled”"
        output.error(
            f"An object from {printable(what.peer.ae_title)} {became}: {what.reason}.", what.status or None
        )

    def opened(port: int) -> None:
        if output.json:
            output.value({"state": "listening", "port": port})
        output.remark(f"Listening on port {port} as {title}. Ctrl-C ends it.")

    with output.in_background(), session.router(arguments.out, pushes=not senders) as router:
        router.welcome = senders
        router.hosts.learn(session.hosts())
        listening = OnDemandListener(
            router,
            port,
            address=preferences.address,
            max_pdu=arguments.max_pdu,
            tls=tls,
            observer=session.observer,
        )
        unwatch = router.watch(arrived, refused)
        try:
            listen(listening, session.stop, opened)
        finally:
            unwatch()
        output.remark(f"{count} object{'' if count == 1 else 's'} received.")
    return 1  # it ends by interruption only


def _object(stored: Stored) -> dict[str, object]:
    return {
        "state": "received",
        "uid": stored.sop_uid,
        "class": stored.sop_class,
        "study": stored.study_uid,
        "series": stored.series_uid,
        "syntax": stored.transfer_syntax,
        "bytes": stored.size,
        "duplicate": stored.duplicate.value,
        "doubt": stored.doubt,
        "path": str(stored.path),
        "from": stored.peer.ae_title if stored.peer is not None else None,
    }


def _line(stored: Stored) -> str:
    from pydicom.uid import UID

    sender = f" from {printable(stored.peer.ae_title)}" if stored.peer is not None else ""
    name = printable(UID(stored.sop_class).name)
    doubt = f", doubtful: {stored.doubt}" if stored.doubt else ""
    return f"{stored.sop_uid} {name}, {size(stored.size)}{sender}, {stored.duplicate.value}{doubt}"
