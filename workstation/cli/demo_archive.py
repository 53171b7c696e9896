"""``workstation demo-archive``: the demo archive in the foreground, or with a person's own files."""

from __future__ import annotations

import argparse
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import build_port
from workstation.dicom.nodes import check_ae_title, parse_node
from workstation.errors import BadInput

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.demo.stored_object import StoredObject
    from workstation.stop import Stop

SUMMARY = "Serve invented patients, or your own files, as an archive on this computer"

_PORT = 11113
_STDIN = 0


def add_options(parser: argparse.ArgumentParser) -> None:
    """What to serve, and to whom."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="serve these files and folders")
    options = parser.add_argument_group("serving")
    options.add_argument("--port", type=int, metavar="P", help=f"TCP port, 0 for any; else {_PORT}")
    options.add_argument(
        "--destination",
        action="append",
        default=[],
        metavar="AET=HOST:PORT",
        help="where C-MOVE may send to; more than once if needed",
    )
    options.add_argument("--cache", type=Path, metavar="DIR", help="keep what is drawn there")
    options.add_argument("--child", action="store_true", help="end when standard input closes")


def run(session: Session) -> int:
    """Serve until stopped."""
    from workstation.demo.address import AE_TITLE, HOST
    from workstation.demo.catalogue import Catalogue
    from workstation.demo.server import serving

    arguments, output = session.arguments, session.output
    destinations = dict(map(_destination, arguments.destination))
    port = 0 if arguments.port == 0 else build_port(arguments.port, _PORT)
    catalogue = Catalogue(_items(session))
    ended = threading.Event()
    if arguments.child:
        threading.Thread(target=_watch_input, args=(session.stop,), name="demo-input", daemon=True).start()
    with serving(catalogue, destinations, port) as opened:
        if output.json:
            output.value({"state": "listening", "port": opened, "objects": len(catalogue)})
        output.remark(f"{AE_TITLE}@{HOST}:{opened} serves {len(catalogue)} objects. Ctrl-C ends it.")
        with session.stop.watching(ended.set):
            ended.wait()
    return 0 if arguments.child else 1


def _items(session: Session) -> list[StoredObject]:
    from datetime import date

    from workstation.demo.generated import generated_objects
    from workstation.demo.stored_object import objects_below

    paths: list[Path] = session.arguments.paths
    if not paths:
        cache: Path | None = session.arguments.cache
        return list(generated_objects(cache or session.folders.cache / "demo", date.today()))
    for path in paths:
        if not path.exists():
            raise BadInput("path", str(path), "there is no such file or folder.")
    return list(objects_below(paths))


def _destination(text: str) -> tuple[str, tuple[str, int]]:
    title, _, address = text.partition("=")
    try:
        node = parse_node(f"{check_ae_title(title)}@{address}")
    except BadInput:
        raise BadInput("destination", text, "write AET=HOST:PORT.") from None
    return title.strip(), (node.host, node.port)


def _watch_input(stop: Stop) -> None:
    """Ask to stop when the starter closes our standard input, or is gone."""
    try:
        while os.read(_STDIN, 4096):
            pass
    except OSError:
        pass
    stop.request(at_once=True)
