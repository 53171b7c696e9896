"""``workstation picture``: the pixels the window shows, as a PNG, or in words why there are none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.archives.data import study
from tests.cli.conftest import Said
from tests.operations.bare_data_sets import EXPLICIT, MARK, encode, image
from tests.store.broken_data_sets import meta
from workstation.imaging.picture import Picture
from workstation.imaging.worker import Instances
from workstation.imaging.worker_messages import FrameWanted
from workstation.widgets.annotations import DisplayState, corner_annotations
from workstation.widgets.canvas import Canvas

Call = Callable[..., Said]
GREY = np.linspace(0, 255, 16).reshape(4, 4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """4 × 4 pixels of 0 to 1500, with a window, an overlay plane of one pixel, three frames."""
    dataset = image(NumberOfFrames=3, WindowCenter="750", WindowWidth="1501")
    dataset.PixelData = dataset.PixelData * 3
    for element, vr, value in (
        (0x0010, "US", 4), (0x0011, "US", 4), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1]), (0x0100, "US", 1),
        (0x0102, "US", 0), (0x3000, "OW", b"\1\0"),
    ):  # fmt: skip
        dataset.add_new((0x6000, element), vr, value)
    path = tmp_path / "file"
    path.write_bytes(MARK + meta(EXPLICIT) + encode(dataset, EXPLICIT))
    return path


def read(path: Path) -> np.ndarray:
    return imagecodecs.png_decode(path.read_bytes())


def test_the_image_in_its_own_window_with_its_overlay(workstation: Call, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    said = workstation("picture", file, "--out", out, "--json")
    assert (said.status, said.err) == (0, "")
    window = {"center": 750.0, "width": 1501.0, "function": "LINEAR", "name": ""}
    assert said.objects == [
        {"rows": 4, "columns": 4, "frames": 3, "window": window, "marks": [], "card": None}
    ]
    pixels = read(out)
    assert pixels[0, 0].tolist() == [0x5A, 0xD1, 0xE8]
    assert np.abs(pixels[1:] - GREY[1:, :, None]).max() <= 1
    assert workstation("picture", file, "--out", out, "--no-overlays").out == f"{out}: 4 × 4 pixels.\n"
    assert read(out)[0, 0].tolist() == [0, 0, 0]


def test_another_window_frame_and_size(workstation: Call, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    said = workstation(
        "picture",
        file,
        "--out",
        out,
        "--frame",
        3,
        "--window",
        -100,
        2,
        "--size",
        2,
        "--json",
        "--no-overlays",
    )
    assert said.objects[0]["window"] == {"center": -100.0, "width": 2.0, "function": "LINEAR", "name": ""}
    assert (said.objects[0]["rows"], said.objects[0]["columns"]) == (2, 2)
    assert (read(out) == 255).all()


def test_a_colour_image_has_no_window(workstation: Call, tmp_path: Path) -> None:
    path = tmp_path / "colour"
    colour = image(SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, BitsAllocated=8)
    colour.BitsStored, colour.HighBit = 8, 7
    colour.PixelData = bytes(range(48))
    path.write_bytes(MARK + meta(EXPLICIT) + encode(colour, EXPLICIT))
    said = workstation("picture", path, "--out", tmp_path / "out.png", "--window", 1, 2)
    assert (said.status, said.err) == (0, "It is in colour: no window applies.\n")
    assert read(tmp_path / "out.png").tobytes() == bytes(range(48))
    assert workstation("picture", path, "--out", tmp_path / "out.png", "--json").objects[0]["window"] is None


def test_it_is_what_the_pane_shows(qtbot: QtBot, workstation: Call, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    canvas = Canvas()
    qtbot.addWidget(canvas)
    for path in (file, *study(tmp_path / "study", 1)):
        assert workstation("picture", path, "--out", out, "--no-overlays").status == 0
        picture = Instances().content(FrameWanted(str(path), 0, thumbnail=False))
        assert isinstance(picture, Picture)
        canvas.set_content(picture)
        assert canvas.image == QImage(str(out)).convertToFormat(QImage.Format.Format_RGB32)


def test_what_is_no_image_is_said_in_the_words_of_its_card(workstation: Call, tmp_path: Path) -> None:
    """Nothing is written, and nothing that is there is touched."""
    out, nothing = tmp_path / "out.png", tmp_path / "nothing"
    nothing.write_bytes(b"This is no DICOM file, it is a text.")
    out.write_bytes(b"before")
    said = workstation("picture", nothing, "--out", out)
    assert (said.status, said.out) == (1, "")
    assert said.err == "This image cannot be shown\nIt is not a DICOM file.\n"
    said = workstation("picture", nothing, "--out", out, "--json")
    words = "This image cannot be shown\nIt is not a DICOM file."
    assert said.objects == [
        {"rows": None, "columns": None, "frames": None, "window": None, "marks": [], "card": words}
    ]
    assert [error["error"] for error in said.errors] == [words]
    assert out.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--frame", 4], "“4” is not a usable frame: there are 3 frames."),
        (["--frame", 0], "“0” is not a usable frame: frames are counted from 1."),
        (
            ["--window", 1, 0],
            "“1 0” is not a usable window: center and width are numbers, the width above 0.",
        ),
        (["--window", "nan", 1], "“nan 1” is not a usable window:"),
        (["--window", 1], "argument --window: expected 2 arguments."),
        (["--size", 0], "argument --size: invalid count value: '0'."),
    ],
)
def test_bad_usage(workstation: Call, file: Path, tmp_path: Path, options: list[object], words: str) -> None:
    said = workstation("picture", file, "--out", tmp_path / "out.png", *options)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(words)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("folder", [".", "..", "/", "here"])
def test_a_folder_is_no_file_to_write(
    workstation: Call, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    said = workstation("picture", file, "--out", folder)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"“{folder}” is not a usable file to write: it is a folder.")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such files")
def test_a_pipe_is_not_waited_for(workstation: Call, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    said = workstation("picture", tmp_path / "pipe", "--out", tmp_path / "out.png")
    assert (said.status, said.out) == (1, "")
    assert "it is a pipe, not a file" in said.err


def test_the_image_itself_is_not_written_over(workstation: Call, file: Path) -> None:
    before = file.read_bytes()
    said = workstation("picture", file, "--out", file)
    assert (said.status, file.read_bytes()) == (2, before)
    assert "it is the file to draw" in said.err


def test_what_cannot_be_read_or_written(workstation: Call, file: Path, tmp_path: Path) -> None:
    said = workstation("picture", tmp_path / "absent", "--out", tmp_path / "out.png")
    assert said.status == 1
    assert "No such file or directory" in said.err
    said = workstation("picture", file, "--out", tmp_path / "absent" / "out.png")
    assert said.status == 1
    assert said.err.startswith("Nothing can be written to ")


def test_neither_qt_nor_a_reader_of_foreign_images_is_loaded(file: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from workstation.cli.main import main\n"
        "status = main(sys.argv[1:])\n"
        "bad = ('PySide6', 'workstation.imaging.codecs', 'workstation.imaging.reading', 'sqlite3')\n"
        "print(status, sorted(name for name in sys.modules if name.startswith(bad)))"
    )
    arguments = ["picture", str(file), "--out", str(tmp_path / "out.png")]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_what_was_wrong_with_a_picture_is_said_as_in_its_corner(workstation: Call, tmp_path: Path) -> None:
    """With the reasons that the window has in its tool tips."""
    wrong = image(BitsStored=12, HighBit=11, LossyImageCompression="01", Rows=8)
    wrong.PixelData = b"\xff\xff" + wrong.PixelData[2:]  # four of the eight rows
    path, out = tmp_path / "wrong", tmp_path / "out.png"
    path.write_bytes(MARK + meta(EXPLICIT) + encode(wrong, EXPLICIT))
    marks = [
        "Incomplete image",
        "Its pixel data end after 4 of 8 rows.",
        "Doubtful: Its pixels use more bits than its header says.",
        "Lossy compression",
    ]
    assert workstation("picture", path, "--out", out, "--json").objects[0]["marks"] == marks
    said = workstation("picture", path, "--out", out)
    assert (said.status, said.err.splitlines()) == (0, marks)
    picture = Instances().content(FrameWanted(str(path), 0, thumbnail=False))
    assert isinstance(picture, Picture)
    corner = corner_annotations(picture.caption, picture, DisplayState("1 of 1", False, 1.0, None))[3]
    assert [line.text for line in corner if line.warning] == [marks[0], *marks[2:]]
