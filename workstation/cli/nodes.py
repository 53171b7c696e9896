"""``workstation nodes``: list, add or remove configured archives."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import connection_options, described_node, read_passcode, subcommand
from workstation.cli.output import printable
from workstation.dicom.nodes import Identity, Node, RetrieveMethod, Secret, Tls
from workstation.errors import BadInput, KeptElsewhere, LibraryInUse
from workstation.settings.nodes import check_name, find_node, load_nodes, save_nodes

if TYPE_CHECKING:
    from workstation.cli.session import Session

SUMMARY = "List the configured nodes, add one, or remove one"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add ``list``, ``add`` and ``remove``."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    subcommand(commands, "list", "List the configured nodes", _list)
    add = subcommand(commands, "add", "Add a node", _add)
    add.add_argument("name", metavar="NAME", help="your name for it")
    add.add_argument("node", metavar="AET@HOST:PORT", help="its AE title and address")
    connection_options(add)
    options = add.add_argument_group("further")
    options.add_argument("--ask-passcode", action="store_true", help="ask for the passcode when it is needed")
    options.add_argument("--retrieve", choices=list(RetrieveMethod), help="retrieve method")
    options.add_argument(
        "--charset", metavar="TERM", help="character set of answers that name none, for example ISO_IR 100"
    )
    options.add_argument("--domain", metavar="NAME", help="nodes of one domain share patient IDs")
    remove = subcommand(commands, "remove", "Remove a node; nothing is deleted at the archive", _remove)
    remove.add_argument("name", metavar="NAME", help="your name for it")


def run(session: Session) -> int:
    """Not called: each subcommand sets its own function."""
    raise AssertionError(session.arguments.command)


def _list(session: Session) -> int:
    """Print a line for each node."""
    for node in load_nodes(session.folders.nodes):
        if session.output.json:
            session.output.value(_object(node))
        else:
            session.output.result(printable(_line(node)))
    return 0


def _add(session: Session) -> int:
    """Add a node; its passcode goes into the keyring of the system."""
    arguments = session.arguments
    with _kept(session) as nodes:
        check_name(arguments.name, [node.name for node in nodes])
        node = described_node(arguments, session.preferences.ae_title)
        node = replace(
            node,
            name=arguments.name,
            retrieve=RetrieveMethod(arguments.retrieve or node.retrieve),
            charset=arguments.charset or "",
            domain=arguments.domain or "",
            tls=_absolute(node.tls),
            identity=_identity(session),
        )
        if node.lacks_consent and arguments.passcode_in_clear:
            node = node.with_consent()
        save_nodes(session.folders.nodes, (*nodes, node))
    session.output.remark(f"{printable(node.name)} was added.")
    return 0


def _absolute(tls: Tls | None) -> Tls | None:
    """Make the paths absolute: the program may be started in another folder next."""
    if tls is None:
        return None
    return Tls(*(str(Path(path).absolute()) if path else "" for path in (tls.ca, tls.certificate, tls.key)))


def _identity(session: Session) -> Identity | None:
    """The user identity; a passcode is kept by the system's keyring, never in a file of ours."""
    arguments = session.arguments
    if arguments.user is None:
        if arguments.passcode_file is not None or arguments.ask_passcode:
            raise BadInput("user", "", "a passcode needs --user.")
        return None
    if arguments.ask_passcode:
        return Identity(arguments.user, secret=Secret.ASKED)
    if arguments.passcode_file is None:
        return Identity(arguments.user)
    from workstation.settings.passcodes import save_passcode

    if not save_passcode(arguments.name, arguments.user, read_passcode(arguments.passcode_file)):
        advice = "this system has no keyring that keeps it; use --ask-passcode."
        raise BadInput("passcode file", str(arguments.passcode_file), advice)
    return Identity(arguments.user, secret=Secret.KEPT)


def _remove(session: Session) -> int:
    """Remove a node, and its passcode from the keyring."""
    with _kept(session) as nodes:
        node = find_node(nodes, session.arguments.name)
        if node is None:
            known = ", ".join(each.name for each in nodes) or "none is configured"
            raise BadInput("node", session.arguments.name, f"one of: {known}.")
        save_nodes(session.folders.nodes, [each for each in nodes if each is not node])
        if node.identity is not None and node.identity.secret is Secret.KEPT:
            from workstation.settings.passcodes import delete_passcode

            delete_passcode(node.name, node.identity.user)
    session.output.remark(f"{printable(node.name)} was removed.")
    return 0


@contextmanager
def _kept(session: Session) -> Iterator[tuple[Node, ...]]:
    """Lock the node list against a running window, and load it.

    Raises:
        KeptElsewhere: A window is running.
    """
    from workstation.store.lock import LibraryLock

    try:
        lock = LibraryLock(session.folders.running)
    except LibraryInUse:
        raise KeptElsewhere from None
    try:
        yield load_nodes(session.folders.nodes)
    finally:
        lock.release()


def _object(node: Node) -> dict[str, object]:
    limit = node.rate_limit
    return {
        "name": node.name,
        "ae_title": node.ae_title,
        "host": node.host,
        "port": node.port,
        "calling_ae_title": node.calling_ae_title,
        "retrieve": node.retrieve.value,
        "charset": node.charset,
        "domain": node.domain,
        "max_pdu": node.max_pdu,
        "associations": node.associations,
        "limit": None if limit is None else limit.megabits,
        "limit_hours": None if limit is None or limit.hours is None else str(limit.hours),
        "tls": node.tls is not None,
        "user": None if node.identity is None else node.identity.user,
    }


def _line(node: Node) -> str:
    further: Sequence[str] = [
        f"as {node.calling_ae_title}",
        "" if node.retrieve is RetrieveMethod.AUTOMATIC else f"by C-{node.retrieve.value.upper()}",
        "TLS" if node.tls is not None else "",
        "" if node.rate_limit is None else f"at most {node.rate_limit}",
        "" if node.identity is None else f"user {node.identity.user}",
    ]
    host = f"[{node.host}]" if ":" in node.host else node.host
    return f"{node.name}: {node.ae_title}@{host}:{node.port}, {', '.join(filter(None, further))}"
