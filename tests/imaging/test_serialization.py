"""Values as bytes and back: nothing is lost, and bytes that are broken never become anything else."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from workstation.errors import UserMessage
from workstation.imaging.array_shapes import shape_of, shapes_head, shapes_of
from workstation.imaging.byte_reader import Malformed
from workstation.imaging.cine import Timing
from workstation.imaging.elements import Element
from workstation.imaging.grey_mapping import Function, Grey, Lut, Window
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Card, Picture
from workstation.imaging.serialization import read, write
from workstation.imaging.worker_messages import Content, Elements, Refused

ROWS = (Element(None, "x"), Element(0x00100010, "Name", "PN", UserMessage("{n} items", n=3), 2, True))
KINDS = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
CARD = Card(
    UserMessage("A {kind}", kind=UserMessage("thing of {size}", size=1.5)), "王^小东\ud800", sheet=("a", "b")
)


def there_and_back(value: object, form: object) -> object:
    written = write(value, form)
    shapes, data = shapes_of(shapes_head([shape_of(one) for one in written.arrays]) + bytes(written.data))
    assert [shape.dimensions for shape in shapes] == [one.shape for one in written.arrays]
    return read(data, form, written.arrays)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (CARD, Content),
        (Refused(UserMessage("It is {what}.", what="not there"), unreadable=True), Elements),
        (ROWS, Elements),
        (Window(-1.5, 400, Function.SIGMOID, "brain"), Window | Lut),
        (Timing((40.0, 20.0), sweep=True), Timing),
        ((1, -(2**63), 2**63 - 1), tuple[int, ...]),
        (None, float | None),
        (3, float | None),
    ],
)
def test_values_come_back(value: object, form: object) -> None:
    assert there_and_back(value, form) == value


def test_a_message_stays_one() -> None:
    back = there_and_back(CARD, Content)
    assert isinstance(back, Card)
    assert isinstance(back.title, UserMessage)
    assert back.title.template == "A {kind}"
    assert isinstance(back.title.facts["kind"], UserMessage)


def test_arrays_of_every_kind() -> None:
    for kind in KINDS:
        pixels = np.arange(6).reshape(2, 3).astype(kind)
        back = there_and_back(Picture(pixels=pixels, grey=None), Content)
        assert isinstance(back, Picture)
        assert np.array_equal(back.pixels, pixels)
    turned = np.arange(6, dtype=">u2").reshape(2, 3).T
    back = there_and_back(Picture(pixels=turned, grey=None), Content)
    assert isinstance(back, Picture)
    assert np.array_equal(back.pixels, turned)


def test_how_values_become_grey_comes_back() -> None:
    table = Lut(-5, np.arange(4, dtype=np.float32), 3.0, "a table")
    grey = Grey(
        slope=2.0,
        intercept=-1024.0,
        modality=table,
        voi=(Window(1.0, 2.0), table),
        padding=(-2000.0, -2000.0),
        invert=True,
    )
    back = there_and_back(grey, Grey)
    assert isinstance(back, Grey)
    assert (back.slope, back.intercept, back.padding, back.invert) == (2.0, -1024.0, (-2000.0, -2000.0), True)
    for found in (back.modality, back.voi[1]):
        assert isinstance(found, Lut)
        assert (found.first, found.top, found.name, list(found.entries)) == (-5, 3.0, "a table", [0, 1, 2, 3])
    assert back.voi[0] == Window(1.0, 2.0)


def test_numbers_too_large_are_the_largest() -> None:
    assert there_and_back(10**30, int) == 2**63 - 1


def test_broken_bytes_are_malformed_or_still_of_the_form() -> None:
    rng = random.Random(6)
    picture = open_instance(Path(str(get_testdata_file("CT_small.dcm", download=False)))).picture(0)
    written = write(picture, Content)
    whole = shapes_head([shape_of(one) for one in written.arrays]) + bytes(written.data)
    malformed = 0
    for _ in range(3000):
        bytes_now = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            bytes_now[rng.randrange(len(bytes_now))] = rng.randrange(256)
        if rng.random() < 0.3:
            del bytes_now[rng.randrange(len(bytes_now)) :]
        try:
            _, data = shapes_of(bytes(bytes_now))
            assert isinstance(read(data, Content, written.arrays), Picture | Card)
        except Malformed:
            malformed += 1
    assert malformed > 500


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\xff" * 4, b"\1\0\0\0\x0b\1", b"\1\0\0\0\1\4" + bytes(16), b"\xff\xff\xff\x7f" + bytes(100)),
        b"\1\0\0\0\0\3" + bytes(4) + b"\xff" * 8,  # empty, and larger than numpy allows
        b"\xff\xff\0\0" + b"\0\1\0\0\0\0" * 0xFFFF,  # many empty ones
    ],
)
def test_shapes_that_are_none(data: bytes) -> None:
    with pytest.raises(Malformed):
        shapes_of(data)


def message(template: str, **facts: object) -> UserMessage:
    """A message as a process that lies could say it: not filled in."""
    made = UserMessage("")
    made.template, made.facts = template, facts
    return made


@pytest.mark.parametrize(
    "said",
    [
        message("{x:>2000000000}", x=1),
        message("{x:{x}}", x=5),
        message("{x.__class__}", x="text"),
        message("{x.facts}", x=UserMessage("{y}", y=1)),
        message("{x[0]}", x="text"),
        message("{x!r}", x="text"),
        message("{}", x=1),
        message("{absent}", x=1),
        message("{", x=1),
        message("{x}" * 1000, x="y" * 1000),
        message("{x}" * 40, x=message("{x}" * 40, x=message("{x}" * 40, x=message("{x}" * 40, x="yy")))),
        message("{cls}", cls=1),
    ],
)
def test_a_message_that_is_none_of_ours(said: UserMessage) -> None:
    with pytest.raises(Malformed):
        there_and_back(said, str)


def test_more_parts_and_arrays_than_anybody_reads() -> None:
    for value, form in (
        (("",) * 1_000_001, tuple[str, ...]),
        ((np.zeros(1),) * 1025, tuple[np.ndarray, ...]),
    ):
        with pytest.raises(Malformed):
            write(value, form)
    with pytest.raises(Malformed):
        read(b"\x41\x42\x0f\0" + bytes(5 * 1_000_001), tuple[str, ...])
