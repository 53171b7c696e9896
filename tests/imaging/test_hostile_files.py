"""Files that lie about what they hold, opened by a child: refused in words, in little memory, or shown."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydicom import uid

from tests.imaging.hostile import (
    J2K,
    STREAMS,
    bomb,
    element,
    encapsulated,
    file,
    image,
    inflating,
    native,
    nested,
    nested_with_lengths,
    of_size,
    run_length,
)

EXPLICIT = uid.ExplicitVRLittleEndian
DARK = native(bytes(128))
MANY = b"".join(
    element(0x1001 + 2 * (n // 50_000), 0x1000 + n % 50_000, b"LO", b"abcd") for n in range(200_000)
)
DOCUMENT = image(8, 8, more=element(0x42, 0x12, b"LO", b"application/pdf "))
DOCUMENT += element(0x42, 0x11, b"OB", b"%PDF-1.4", 1000 << 20)
BREAKS_OFF = "The file breaks off in the middle of an element."

REFUSED = {
    "486 bytes of RLE that claim 65535 x 65535": (
        file(uid.RLELossless, image(65535, 65535, 8), encapsulated(run_length(1))),
        "65535 × 65535 pixels",
    ),
    "486 bytes of RLE that claim 16000 x 16000": (
        file(uid.RLELossless, image(16000, 16000), encapsulated(run_length(2))),
        "too few",
    ),
    "486 bytes of RLE that claim 1000 x 1000": (
        file(uid.RLELossless, image(1000, 1000, 8), encapsulated(run_length(1))),
        "do not fill",
    ),
    "a native frame of 65535 x 65535 in 128 bytes": (file(EXPLICIT, image(65535, 65535), DARK), "65535"),
    "a native frame of 16000 x 16000 in 128 bytes": (file(EXPLICIT, image(16000, 16000), DARK), "too few"),
    "a megabyte that inflates to a gigabyte": (
        file(uid.DeflatedExplicitVRLittleEndian, bomb(1000)),
        "inflates",
    ),
    "the same without group length": (
        file(uid.DeflatedExplicitVRLittleEndian, bomb(1000), group_length=False),
        "inflates",
    ),
    "the same without preamble": (
        file(uid.DeflatedExplicitVRLittleEndian, bomb(1000), preamble=False),
        "inflates",
    ),
    "the same, its transfer syntax behind 20,000 bytes": (
        file(uid.DeflatedExplicitVRLittleEndian, bomb(1000), first=element(2, 0x102, b"OB", bytes(20_000))),
        "inflates",
    ),
    "a document that inflates to a gigabyte": (
        file(uid.DeflatedExplicitVRLittleEndian, inflating(DOCUMENT, 1000), group_length=False),
        "inflates",
    ),
    "meta information without an end": (
        file(EXPLICIT, first=element(2, 0x102, b"OB", bytes(70_000))),
        "not a DICOM file",
    ),
    "65 sequences inside each other": (file(EXPLICIT, image(8, 8, more=nested(65)), DARK), "too deeply"),
    "5000 sequences inside each other": (file(EXPLICIT, image(8, 8, more=nested(5000)), DARK), "too deeply"),
    "a document that breaks off": (
        file(EXPLICIT, image(8, 8), element(0x42, 0x11, b"OB", b"%PDF", 100_000_000)),
        BREAKS_OFF,
    ),
    "a last element that breaks off": (
        file(EXPLICIT, image(8, 8), element(0x32, 0x1060, b"LO", b"abc", 100)),
        BREAKS_OFF,
    ),
    "a sequence that breaks off": (file(EXPLICIT, image(8, 8), nested(3)[:40]), BREAKS_OFF),
}
for _syntax, _stream in STREAMS.items():
    _bits = 8 if _syntax == uid.JPEGBaseline8Bit else 16
    REFUSED[f"{_syntax.name}: header and stream claim 16000 x 16000"] = (
        file(_syntax, image(16000, 16000, _bits), encapsulated(of_size(_stream, 16000, 16000))),
        "too few",
    )
    REFUSED[f"{_syntax.name}: only the stream claims 65535 x 65535"] = (
        file(_syntax, image(8, 8, _bits), encapsulated(of_size(_stream, 65535, 65535))),
        "header says 8 × 8",
    )
    REFUSED[f"{_syntax.name}: only the header claims 2000 x 2000"] = (
        file(_syntax, image(2000, 2000, _bits), encapsulated(_stream)),
        "header says 2000 × 2000",
    )

SHOWN = {
    "2,000,000,000 native frames": file(EXPLICIT, image(8, 8, frames=2_000_000_000), DARK),
    "2,000,000,000 compressed frames": file(
        uid.JPEG2000Lossless, image(8, 8, frames=2_000_000_000), encapsulated(J2K)
    ),
    "64 sequences inside each other": file(EXPLICIT, image(8, 8, more=nested(64)), DARK),
    "3000 sequences with lengths inside each other": file(
        EXPLICIT, image(8, 8, more=nested_with_lengths(3000)), DARK
    ),
    "200,000 elements": file(EXPLICIT, image(8, 8, more=MANY), DARK),
    "a VR nobody knows": file(EXPLICIT, image(8, 8, more=element(0x18, 0x50, b"ZZ", b"12")), DARK),
    "an odd length": file(EXPLICIT, image(8, 8, more=element(0x18, 0x88, b"DS", b"123")), DARK),
    "a number that is none": file(EXPLICIT, image(8, 8, more=element(0x18, 0x88, b"DS", b"ab")), DARK),
    "a text that is not in its character set": file(
        EXPLICIT,
        element(8, 5, b"CS", b"ISO_IR 192"),
        image(8, 8, more=element(0x10, 0x4000, b"LT", b"\xff\xfe\xe4 ")),
        DARK,
    ),
    "a character set nobody knows": file(EXPLICIT, element(8, 5, b"CS", b"ISO_IR 999"), image(8, 8), DARK),
}


@dataclass(frozen=True)
class Told:
    said: str | list[int]
    rows: list[tuple[str, str, bool]]
    peak: int

    @property
    def broken(self) -> set[str]:
        return {name for name, _, broken in self.rows if broken}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """What a child says of each file; it is one child, so that its memory counts for all of them together."""
    folder = tmp_path_factory.mktemp("hostile")
    plain = folder / "plain.dcm"
    plain.write_bytes(file(EXPLICIT, image(8, 8), DARK))
    contents = {name: content for name, (content, _) in REFUSED.items()} | SHOWN
    paths = [plain]
    for number, content in enumerate(contents.values()):
        paths.append(folder / f"{number}.dcm")
        paths[-1].write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.imaging.hostile", *map(str, paths)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    names = ("plain", *contents)
    assert done.returncode == 0, (names[len(lines)], done.returncode, done.stderr[-2000:])
    return {name: Told(**line) for name, line in zip(names, lines, strict=True)}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_words(told: dict[str, Told], name: str) -> None:
    said = told[name].said
    assert isinstance(said, str)
    assert REFUSED[name][1] in said


@pytest.mark.parametrize("name", SHOWN)
def test_shown_all_the_same(told: dict[str, Told], name: str) -> None:
    assert told[name].said == [8, 8]
    assert "Patient's Name" in {row[0] for row in told[name].rows}


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_the_memory_of_all_of_them(told: dict[str, Told]) -> None:
    assert told["plain"].peak > 0
    assert max(one.peak for one in told.values()) - told["plain"].peak <= 256


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("a VR nobody knows", {"Slice Thickness"}),
        ("an odd length", set()),
        ("a number that is none", {"Spacing Between Slices"}),
        ("a text that is not in its character set", {"Patient Comments"}),
        ("a character set nobody knows", set()),
        ("a last element that breaks off", {"Requested Procedure Description"}),
        ("a document that breaks off", {"Encapsulated Document"}),
    ],
)
def test_only_what_is_broken_is_marked(told: dict[str, Told], name: str, broken: set[str]) -> None:
    assert told[name].broken == broken
    assert "Rows" in {row[0] for row in told[name].rows}


def test_a_long_list_is_cut_before_its_rows_are_made(told: dict[str, Told]) -> None:
    rows = told["200,000 elements"].rows
    assert 20_000 < len(rows) < 20_010
    assert any("more are not listed" in name for name, _, _ in rows)
