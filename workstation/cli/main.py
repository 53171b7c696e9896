"""Parse the command line, run one command, turn errors into a message and an exit status.

Exit status: 0 complete, 1 failed or partial, 2 bad usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import workstation
from workstation.cli import (
    demo_archive,
    echo,
    find,
    get,
    history,
    label,
    library,
    listen,
    move,
    nodes,
    picture,
    send,
    verify,
)
from workstation.cli.arguments import BadUsage, HelpWanted, Parser, general_options
from workstation.cli.os_signals import interruptible
from workstation.cli.output import Output, printable
from workstation.cli_commands import COMMANDS, command_at
from workstation.errors import BadInput, WorkstationError
from workstation.stop import Cancelled, Stop

if TYPE_CHECKING:
    from workstation.cli.session import Session

COMPLETE, FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130

_COMMANDS = (
    echo,
    find,
    history,
    get,
    move,
    send,
    listen,
    library,
    label,
    picture,
    verify,
    nodes,
    demo_archive,
)
_EPILOG = """\
NODE is a configured name, or AET@host:port. Without a command the window opens; “workstation PATH…” shows
files and folders in it, “workstation selftest” checks the installation.
"""

_log = logging.getLogger(__name__)


def parser() -> Parser:
    """The parser of all commands; each sets ``run``, a function of a session that returns the status."""
    whole = Parser(
        prog="workstation",
        description="Find studies in DICOM archives, fetch them, send them on.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"workstation {workstation.__version__}")
    general_options(whole, default=True)
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        name = command_name(command)
        message = command.SUMMARY
        own = commands.add_parser(name, help=message, description=f"{message}.", allow_abbrev=False)
        command.add_options(own)
        general_options(own, default=False)
        own.set_defaults(run=command.run, command=name, parser=own)
    return whole


def command_name(command: ModuleType) -> str:
    """The name of a command as it is typed."""
    return command.__name__.rpartition(".")[2].replace("_", "-")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of one command.

    Raises:
        BadUsage: They are not valid; the message points to the help of the command.
        HelpWanted: Help or version was asked for.
    """
    index = command_at(argv)
    if index is not None and argv[index] not in COMMANDS and set(argv[index]) & set("/\\."):
        raise BadUsage(f"{argv[index]}: there is no such file or folder. {parser().pointer}")
    arguments, unknown = parser().parse_known_args(argv)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    arguments.verbose += arguments.more_verbose
    return arguments


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status and raises nothing."""
    stop = Stop()
    try:
        arguments = parse(argv)
    except BadUsage as wrong:
        Output(stop, json="--json" in argv).error(f"{wrong}")
        return BAD_USAGE
    except HelpWanted as text:
        output = Output(stop)
        output.result(str(text))
        return FAILED if _is_broken(output) else COMPLETE
    output = Output(stop, json=arguments.json, verbose=arguments.verbose > 0)
    with contextlib.ExitStack() as around, interruptible(stop) as interrupts:
        if not sys.warnoptions:
            around.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")  # libraries warn of a peer's values, and quote them
        status = _run(arguments, output, stop)
        if _is_broken(output):
            return FAILED
        return INTERRUPTED if interrupts.count and status != COMPLETE else status


def _is_broken(output: Output) -> bool:
    """Whether standard output took no more; if that was not its reader's wish, say why."""
    if output.failure is not None:
        output.known_error(output.failure)
    return output.broken is not None


def _run(arguments: argparse.Namespace, output: Output, stop: Stop) -> int:
    from workstation.cli.association_log import WARNING
    from workstation.cli.session import Session

    try:
        session = Session(arguments, output, stop)
        if arguments.verbose > 1:
            output.warn(WARNING)
        with session.logging(), session.tracing():
            status = _logged(session)
    except BadInput as error:
        output.error(f"{printable(str(error))} {arguments.parser.pointer}")
        return BAD_USAGE
    except WorkstationError as error:
        output.known_error(error)
        return FAILED
    except Cancelled:
        output.remark("Stopped.")
        return FAILED
    except Exception as bug:  # noqa: BLE001 - the outermost frame of the main thread
        output.error(
            "Something went wrong inside the program; its log has the details.", detail=type(bug).__name__
        )
        return FAILED
    return status


def _logged(session: Session) -> int:
    command = session.arguments.command
    try:
        status: int = session.arguments.run(session)
    except WorkstationError as error:
        # Its message and its detail may quote a peer's words, and those a patient's name.
        _log.info("%s failed: %s, status %s", command, type(error).__name__, error.status)
        raise
    except Cancelled:
        _log.info("%s was stopped", command)
        raise
    except Exception:
        _log.exception("bug in %s", command)
        raise
    _log.info("%s ended with %d", command, status)
    return status
