"""Add the options that commands share, and build the node they describe."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workstation.dicom.hours import parse_hours
from workstation.dicom.levels import Model
from workstation.dicom.nodes import (
    Identity,
    Node,
    Secret,
    Timeouts,
    Tls,
    check_ae_title,
    check_port,
    parse_node,
)
from workstation.dicom.rate_limit import RateLimit
from workstation.errors import BadInput
from workstation.settings.nodes import find_node

_MAX_PASSCODE = 64 * 1024
_RELEASE = 5.0

BATCH_KEYS = ("StudyInstanceUID", "AccessionNumber", "PatientID")
"""Keys that the values of a batch file may be of."""


class BadUsage(Exception):
    """The arguments are not valid; the text says why."""


class HelpWanted(Exception):
    """Help or the version was asked for; the text is to be printed to standard output."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises what it would print; argparse ignores that it cannot be written."""

    def _print_message(self, message: str, file: object = None) -> None:
        """Give out a text.

        Raises:
            HelpWanted: Always.
        """
        raise HelpWanted(message.rstrip("\n"))

    def error(self, message: str) -> None:  # type: ignore[override]
        """Refuse the arguments.

        Raises:
            BadUsage: Always.
        """
        raise BadUsage(f"{message}. {self.pointer}")

    @property
    def pointer(self) -> str:
        """A pointer to the help of the command."""
        return f"See “{self.prog} --help”."


def general_options(parser: argparse.ArgumentParser, *, default: bool) -> None:
    """Add the options of every command; they may stand before or after its name."""
    kept: dict[str, Any] = {} if default else {"default": argparse.SUPPRESS}
    if default:
        parser.set_defaults(more_verbose=0)
    options = parser.add_argument_group("general")
    options.add_argument("--json", action="store_true", help="one JSON object a line", **kept)
    options.add_argument(
        "--home", type=Path, metavar="DIR", help="folder with settings, library and logs", **kept
    )
    options.add_argument(
        "-v",
        "--verbose",
        action="count",
        dest="verbose" if default else "more_verbose",
        default=0 if default else argparse.SUPPRESS,
        help="show the association trace; -v -v: with identifiers and answers, which hold patient data",
    )
    options.add_argument(
        "--trace",
        type=Path,
        metavar="FILE",
        help="write what is asked and answered to FILE: contexts, statuses, sizes, times; JSON lines",
        **kept,
    )
    options.add_argument(
        "--trace-identifiers",
        action="store_true",
        help="with --trace: identifiers, UIDs of images and the archive's words, too; they hold patient data",
        **kept,
    )


def subcommand(
    commands: argparse._SubParsersAction[Any],
    name: str,
    message: str,
    run: Callable[..., int],
) -> Parser:
    """Add a subcommand of a command, with the general options; ``run`` is called with the session."""
    own: Parser = commands.add_parser(name, help=message, description=f"{message}.", allow_abbrev=False)
    general_options(own, default=False)
    own.set_defaults(run=run, parser=own)
    return own


def own_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of our side of an association."""
    options = parser.add_argument_group("our side")
    options.add_argument("--aet", metavar="AET", help="our AE title")
    options.add_argument("--max-pdu", type=int, metavar="N", help="maximum length of received PDUs, in bytes")
    options.add_argument("--tls", action="store_true", help="use TLS (1.2 or 1.3)")
    options.add_argument("--tls-ca", metavar="FILE", help="PEM file with the trusted authorities")
    options.add_argument("--tls-cert", metavar="FILE", help="PEM file with our certificate")
    options.add_argument("--tls-key", metavar="FILE", help="PEM file with its key")


def node_options(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    """Add the node, and the options that override its settings; ``needed``: it cannot be left out."""
    count_of_it = {} if needed else {"nargs": "?"}
    parser.add_argument("node", metavar="NODE", help="a configured name, or AET@host:port", **count_of_it)  # type: ignore[arg-type]
    connection_options(parser)


def connection_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a connection to a node."""
    own_options(parser)
    options = parser.add_argument_group("the node")
    options.add_argument(
        "--timeout", type=float, metavar="S", help="seconds without an answer after which it is given up"
    )
    options.add_argument(
        "--associations",
        type=int,
        metavar="N",
        help="parallel associations of a retrieve or a sending, 1 to 16; without it as many as bring a gain",
    )
    options.add_argument(
        "--limit", type=float, metavar="MBIT", help="at most so many Mbit/s, in all associations; 0: no limit"
    )
    options.add_argument(
        "--limit-hours", metavar="HH:MM-HH:MM", help="hours of the day in which the limit holds"
    )
    options.add_argument("--user", metavar="NAME", help="user identity")
    options.add_argument(
        "--passcode-file", type=Path, metavar="FILE", help="file with the passcode of the user"
    )
    options.add_argument(
        "--passcode-in-clear", action="store_true", help="send the passcode unencrypted, without TLS"
    )


def target_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name what to retrieve."""
    options = parser.add_argument_group("by UID")
    options.add_argument(
        "--study", metavar="UID", help="Study Instance UID; without it all studies of --patient"
    )
    options.add_argument(
        "--series", action="append", default=[], metavar="UID", help="Series Instance UID; may be repeated"
    )
    options.add_argument(
        "--instance", action="append", default=[], metavar="UID", help="SOP Instance UID; may be repeated"
    )
    options.add_argument("--model", choices=("study", "patient", "patient-study"), help="information model")
    options.add_argument("--patient", default="", metavar="ID", help="Patient ID; the patient models need it")
    options.add_argument("--cancel", type=count, metavar="N", help="send C-CANCEL after N objects")
    options = parser.add_argument_group("by query")
    options.add_argument(
        "-k", action="append", default=[], metavar="KEY[=VALUE]", dest="keys",
        help="fetch what matches, as in “find”; answers that do not match are listed only",
    )  # fmt: skip
    options.add_argument(
        "--level", choices=("patient", "study", "series", "image"), help="query level of -k; default: study"
    )
    options.add_argument("--yes", action="store_true", help="allow more than 20 studies")
    options = parser.add_argument_group("by batch file")
    options.add_argument(
        "--batch",
        type=Path,
        metavar="FILE",
        help="file with one value a line, or CSV with a header; “-”: standard input",
    )
    options.add_argument(
        "--by", choices=BATCH_KEYS, metavar="KEY", help=f"{', '.join(BATCH_KEYS[:2])} or {BATCH_KEYS[2]}"
    )


def models(arguments: argparse.Namespace) -> tuple[Model, ...]:
    """The information models of a retrieve in order of preference."""
    return (Model.STUDY, Model.PATIENT) if arguments.model is None else (Model(arguments.model),)


def count(text: str) -> int:
    """Parse a positive number.

    Raises:
        ValueError: It is none.
    """
    if (number := int(text)) < 1:
        raise ValueError
    return number


def build_node(arguments: argparse.Namespace, nodes: Sequence[Node], ae_title: str) -> Node:
    """Build the node the arguments name; options override its settings.

    Args:
        arguments: Those of :func:`node_options`.
        nodes: The configured ones.
        ae_title: Our AE title towards a node that is not configured.

    Raises:
        BadInput: It is not valid, or a value is out of range.
    """
    node = _with_options(arguments, _named(arguments.node, nodes, ae_title))
    identity = _chosen_identity(arguments, node)
    node = _agreed(arguments, replace(node, identity=identity))
    if node.identity is None or not node.lacks_passcode:
        return node
    return replace(node, identity=_with_passcode(node.identity, node))


def _agreed(arguments: argparse.Namespace, node: Node) -> Node:
    """Record the user's consent to send the passcode unencrypted, if that is needed and given.

    Raises:
        BadInput: It is needed and not given.
    """
    if not node.lacks_consent:
        return node
    if not arguments.passcode_in_clear:
        advice = "it would be sent unencrypted. Use --tls, or --passcode-in-clear if others may read it."
        raise BadInput("address for a passcode", node.address, advice)
    return node.with_consent()


def described_node(arguments: argparse.Namespace, ae_title: str) -> Node:
    """Build a node without identity from an address and the options of :func:`connection_options`.

    Raises:
        BadInput: As :func:`build_node`.
    """
    return _with_options(arguments, replace(parse_node(arguments.node), calling_ae_title=ae_title))


def _with_options(arguments: argparse.Namespace, node: Node) -> Node:
    seconds = arguments.timeout
    if seconds is not None:
        gaps = Timeouts(
            connect=seconds,
            association=seconds,
            echo=seconds,
            find=seconds,
            retrieve=seconds,
            store=seconds,
            release=min(seconds, _RELEASE),
        )
        node = replace(node, timeouts=gaps)
    return replace(
        node,
        calling_ae_title=node.calling_ae_title if arguments.aet is None else check_ae_title(arguments.aet),
        max_pdu=node.max_pdu if arguments.max_pdu is None else arguments.max_pdu,
        associations=node.associations if arguments.associations is None else arguments.associations,
        tls=build_tls(arguments, node.tls),
        rate_limit=_rate_limit(arguments, node.rate_limit),
    )


def _rate_limit(arguments: argparse.Namespace, configured: RateLimit | None) -> RateLimit | None:
    """The limit that was given, else the configured one.

    Raises:
        BadInput: It is out of range, or hours are given without it.
    """
    if arguments.limit is None:
        if arguments.limit_hours is not None:
            raise BadInput("hours", arguments.limit_hours, "they need --limit.")
        return configured
    if arguments.limit == 0:
        return None
    hours = None if arguments.limit_hours is None else parse_hours(arguments.limit_hours)
    return RateLimit(arguments.limit, hours)


def _named(text: str, nodes: Sequence[Node], ae_title: str) -> Node:
    configured = find_node(nodes, text)
    if configured is not None:
        return configured
    if "@" in text:
        return replace(parse_node(text), calling_ae_title=ae_title)
    known = ", ".join(node.name for node in nodes)
    names = f"one of {known}" if known else "none is configured yet, “workstation nodes add” adds one"
    raise BadInput("node", text, f"write AET@host:port, or a configured name ({names}).")


def build_tls(arguments: argparse.Namespace, configured: Tls | None = None) -> Tls | None:
    """Build the TLS settings; None for a plain connection.

    Raises:
        BadInput: Files are given, but TLS is not wanted; or a key without its certificate.
    """
    given = {"ca": arguments.tls_ca, "certificate": arguments.tls_cert, "key": arguments.tls_key}
    given = {name: path for name, path in given.items() if path is not None}
    if configured is None and not arguments.tls:
        if given:
            raise BadInput("TLS file", next(iter(given.values())), "it needs --tls.")
        return None
    tls = replace(configured or Tls(), **given)
    if tls.key and not tls.certificate:
        raise BadInput("TLS key", tls.key, "its certificate is missing: --tls-cert.")
    return tls


def _chosen_identity(arguments: argparse.Namespace, node: Node) -> Identity | None:
    """The identity the arguments name, with the passcode of the file."""
    identity = node.identity if arguments.user is None else Identity(arguments.user)
    if arguments.passcode_file is None:
        return identity
    if identity is None:
        raise BadInput("passcode file", str(arguments.passcode_file), "it needs --user.")
    passcode = read_passcode(arguments.passcode_file)
    return Identity(identity.user, passcode, in_clear_to=identity.in_clear_to)


def read_passcode(path: Path) -> str:
    """Read the passcode in a file.

    Raises:
        BadInput: It cannot be read, or is empty.
    """
    try:
        with path.open("rb") as file:
            passcode = file.read(_MAX_PASSCODE + 1).decode().rstrip("\r\n")
    except OSError as error:
        raise BadInput("passcode file", str(path), f"{error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise BadInput("passcode file", str(path), "it is not text in UTF-8.") from None
    if not 0 < len(passcode.encode()) < _MAX_PASSCODE:
        raise BadInput("passcode file", str(path), "it is empty, or too big.")
    return passcode


def _with_passcode(identity: Identity, node: Node) -> Identity:
    """Add the passcode to the identity: from the keyring of the system, or typed now."""
    passcode = None
    if identity.secret is Secret.KEPT:
        from workstation.settings.passcodes import load_passcode

        passcode = load_passcode(node.name, identity.user)
    if passcode is None:
        if sys.stdin is None or not sys.stdin.isatty():
            raise BadInput("user", identity.user, "its passcode is missing: --passcode-file.")
        from getpass import getpass

        passcode = getpass(f"Passcode of {identity.user} at {node.label}: ")
    return replace(identity, passcode=passcode)


def listener_options(options: argparse._ArgumentGroup) -> None:
    """Add the options of a listener during an association that we open."""
    options.add_argument("--port", type=int, metavar="P", help="listen on this port under our AE title")
    options.add_argument(
        "--listen-tls", action="store_true", help="the archive connects to us by TLS; needs --tls-cert"
    )


def listener_tls(arguments: argparse.Namespace, node: Node) -> Tls | None:
    """The TLS settings of that listener; None: plain, as most archives send.

    Raises:
        BadInput: There is no certificate.
    """
    if not arguments.listen_tls:
        return None
    if node.tls is None or not node.tls.certificate:
        raise BadInput("TLS option", "--listen-tls", "a listener needs a certificate: --tls --tls-cert.")
    return node.tls


def build_port(port: int | None, default: int) -> int:
    """Check the port of the listener.

    Raises:
        BadInput: It is not a TCP port.
    """
    return default if port is None else check_port(port)
