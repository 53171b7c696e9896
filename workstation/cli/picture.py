"""``workstation picture``: what the preview shows of a file, as a PNG."""

from __future__ import annotations

import argparse
import contextlib
import math
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import count
from workstation.cli.output import printable
from workstation.errors import BadInput, Unreadable

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.imaging.decoding import Decoding
    from workstation.imaging.grey import Voi
    from workstation.imaging.picture import Card, Picture
    from workstation.imaging.view import View

SUMMARY = "Draw an image of a file as the window shows it, as a PNG"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which image, and how."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a DICOM file")
    parser.add_argument("--out", type=Path, metavar="FILE.png", required=True, help="is written over")
    parser.add_argument(
        "--frame", type=int, default=1, metavar="N", help="counted from 1 as one scrolls; else the first"
    )
    parser.add_argument(
        "--window",
        type=float,
        nargs=2,
        metavar=("CENTER", "WIDTH"),
        help="in modality units; else the image’s own",
    )
    parser.add_argument(
        "--size", type=count, metavar="PIXELS", help="rows and columns, at most; else its own"
    )
    parser.add_argument("--no-overlays", action="store_true", help="without overlay planes")


def run(session: Session) -> int:
    """Draw it, or say why there is no picture."""
    from workstation.imaging.decoding import Decoding
    from workstation.imaging.picture import Card

    arguments = session.arguments
    view = _view(arguments)
    if arguments.frame < 1:
        raise BadInput("frame", f"{arguments.frame}", "frames are counted from 1.")
    try:
        if arguments.path.is_fifo():  # to open it would wait for a writer, for good
            raise OSError("it is a pipe, not a file")
        arguments.path.open("rb").close()
    except OSError as error:
        raise Unreadable(str(arguments.path), error.strerror or str(error)) from error
    decoding = Decoding(processes=1)
    try:
        with session.stop.watching(decoding.close):
            frames = _frames(session, decoding)
            content = decoding.frame(arguments.path, arguments.frame - 1)
    finally:
        decoding.close()
    if isinstance(content, Card):
        return _tell_card(session, content, frames)
    return _draw(session, content, view, frames)


def _view(arguments: argparse.Namespace) -> View:
    from workstation.imaging.grey import Window
    from workstation.imaging.view import View

    view = View(overlays=not arguments.no_overlays)
    if arguments.window is not None:
        center, width = arguments.window
        if not (math.isfinite(center) and math.isfinite(width) and width > 0):
            raise BadInput(
                "window", f"{center:g} {width:g}", "center and width are numbers, the width above 0."
            )
        view.choice = Window(center, width)
    return view


def _frames(session: Session, decoding: Decoding) -> int | None:
    """How many frames it has; None: it is no image, and :meth:`Decoding.frame` says why.

    Raises:
        BadInput: The one that is wanted is not among them.
    """
    from workstation.imaging.picture import Undecodable

    frames = None
    with contextlib.suppress(Undecodable, OSError):
        frames = decoding.frames(session.arguments.path)
    if frames is not None and session.arguments.frame > frames:
        there = "there is 1 frame." if frames == 1 else f"there are {frames} frames."
        raise BadInput("frame", f"{session.arguments.frame}", there)
    return frames


def _tell_card(session: Session, card: Card, frames: int | None) -> int:
    words = [printable(line) for part in (card.title, card.text, *card.sheet) for line in part.splitlines()]
    if session.output.json:
        told = dict(_NOTHING, frames=frames, card="\n".join(words))
        session.output.value(told)
    session.output.error("\n".join(words))
    return 1


def _draw(session: Session, picture: Picture, view: View, frames: int | None) -> int:
    from workstation.atomic_files import atomic_write
    from workstation.imaging.composition import as_png, composed
    from workstation.imaging.picture_warnings import picture_warnings
    from workstation.store.files import store_error

    out, source = session.arguments.out, session.arguments.path
    if out.is_dir():
        raise BadInput("file to write", str(out), "it is a folder.")
    if out.exists() and out.samefile(source):
        raise BadInput("file to write", str(out), "it is the one to be drawn.")
    colours = composed(picture, view, session.arguments.size)
    try:
        atomic_write(out, as_png(colours))
    except OSError as error:
        raise store_error(out, error) from error
    rows, columns = colours.shape
    marks = [printable(line) for warned in picture_warnings(picture) for line in warned.lines]
    if session.output.json:
        size = {"rows": rows, "columns": columns, "frames": frames}
        session.output.value(dict(_NOTHING, **size, window=_window(view.voi(picture)), marks=marks))
    else:
        session.output.result(f"{printable(str(out))}: {columns} × {rows} pixels.")
    if session.arguments.window is not None and picture.grey is None:
        session.output.remark("It is in colour: no window applies.")
    for mark in marks:
        session.output.remark(mark)
    return 0


_NOTHING: dict[str, object] = {
    "rows": None, "columns": None, "frames": None, "window": None, "marks": [], "card": None,
}  # fmt: skip


def _window(voi: Voi | None) -> dict[str, object] | None:
    """The window in force, or the table; None for colour."""
    from workstation.imaging.grey import Window

    if voi is None:
        return None
    if isinstance(voi, Window):
        return {"center": voi.centre, "width": voi.width, "function": voi.function.value, "name": voi.name}
    return {"center": None, "width": None, "function": "TABLE", "name": voi.name}
