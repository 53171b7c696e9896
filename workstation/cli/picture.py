"""``workstation picture``: save an image as the preview shows it, as a PNG."""

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
    from workstation.imaging.grey_mapping import Voi
    from workstation.imaging.picture import Card, Picture
    from workstation.imaging.view import View

SUMMARY = "Save an image of a DICOM file as a PNG, as the window shows it"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``picture``."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a DICOM file")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE.png",
        required=True,
        help="PNG to write; an existing one is replaced",
    )
    parser.add_argument(
        "--frame", type=int, default=1, metavar="N", help="frame in scrolling order, from 1; default: 1"
    )
    parser.add_argument(
        "--window",
        type=float,
        nargs=2,
        metavar=("CENTER", "WIDTH"),
        help="window in modality units; default: that of the image",
    )
    parser.add_argument(
        "--size", type=count, metavar="PIXELS", help="most rows and columns; default: those of the image"
    )
    parser.add_argument("--no-overlays", action="store_true", help="leave out overlay planes")


def run(session: Session) -> int:
    """Draw the image, or print why there is none."""
    from workstation.imaging.decoding import Decoding
    from workstation.imaging.picture import Card

    arguments = session.arguments
    view = _view(arguments)
    if arguments.frame < 1:
        raise BadInput("frame", f"{arguments.frame}", "frames are counted from 1.")
    try:
        if arguments.path.is_fifo():  # opening it would block until a writer comes
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
    from workstation.imaging.grey_mapping import Window
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
    """The number of frames; None if it is not an image: :meth:`Decoding.frame` says why.

    Raises:
        BadInput: It has no such frame.
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
        value = dict(_NOTHING, frames=frames, card="\n".join(words))
        session.output.value(value)
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
        raise BadInput("file to write", str(out), "it is the file to draw.")
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
    """The applied window, or lookup table; None for colour."""
    from workstation.imaging.grey_mapping import Window

    if voi is None:
        return None
    if isinstance(voi, Window):
        return {"center": voi.centre, "width": voi.width, "function": voi.function.value, "name": voi.name}
    return {"center": None, "width": None, "function": "TABLE", "name": voi.name}
