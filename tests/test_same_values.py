"""One value means the same in the index, in a row, in the picture, on the screen and in JSON."""

from __future__ import annotations

from pathlib import Path
from struct import pack

import pytest

from tests.peers import wire
from workstation.dicom import display
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.dataset_walker import DatasetWalker
from workstation.dicom.json_model import json_model
from workstation.dicom.lenient_dataset import read
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.part10 import meta_prefix
from workstation.imaging.instance import open_instance
from workstation.imaging.picture import Caption
from workstation.models.columns import Column, cell, sort_key
from workstation.models.rows import Row
from workstation.network.find import FindResponse
from workstation.operations.find_answers import to_match
from workstation.store.instance_header import HEADER_TAGS, InstanceHeader, header_of

NODE = Node(name="A", ae_title="A", host="127.0.0.1", port=104)


class Read:
    """What each room makes of one data set; ``values`` are (tag, VR, bytes)."""

    def __init__(self, folder: Path, *values: tuple[int, str, bytes]) -> None:
        common = {
            0x00080016: ("UI", wire.CT.encode()),
            0x00080018: ("UI", b"1.2.3.4"),
            0x0020000D: ("UI", b"1.2.3"),
            0x0020000E: ("UI", b"1.2.3.1"),
        } | {tag: (vr, value) for tag, vr, value in values}
        self._data = wire.explicit(*((tag, *common[tag]) for tag in sorted(common)))
        self._folder = folder

    def header(self) -> InstanceHeader:
        """As it goes into the index."""
        walk = DatasetWalker(wire.EXPLICIT, HEADER_TAGS)
        walk.feed(self._data)
        assert walk.end() == ""
        return header_of(walk, wire.EXPLICIT)

    def answer(self, level: Level) -> StudyMatch | SeriesMatch | ImageMatch:
        """As a C-FIND answer."""
        found = to_match(level, NODE, FindResponse(0xFF00, self._data, wire.EXPLICIT))
        assert isinstance(found, StudyMatch | SeriesMatch | ImageMatch)
        return found

    def cells(self, level: Level, *columns: Column) -> tuple[str, ...]:
        """As a row on the screen."""
        row = Row(number=1, level=level, uid="1.2.3", parent=None, matches={"A": self.answer(level)})
        return tuple(cell(row, column) for column in columns)

    def picture(self) -> Caption:
        """As a file that is looked at."""
        path = self._folder / "one.dcm"
        head = meta_prefix(
            Context(1, wire.CT, wire.EXPLICIT),
            wire.CT,
            "1.2.3.4",
            Peer(ae_title="A", own_ae_title="B", address=""),
        )
        path.write_bytes(head + self._data)
        return open_instance(path).caption

    def json(self, tag: int) -> object:
        """As ``find --json`` prints it."""
        found = json_model(read(self._data, wire.EXPLICIT).elements)[f"{tag:08X}"]
        return found.get("Value", [None])[0]


NUMBERS = {
    b"7": 7, b"+7": 7, b"007": 7, b" 7 ": 7, b"7\0 ": 7, b"7.0": 7, b"7e0": 7, b"7,0": 7, b"-7": -7,
    b"10.0": 10, b"": None, b"7.5": None, b"seven": None, b"1_0": None, b"99999999999": None, b"nan": None,
    b"1,000": None,
}  # fmt: skip


@pytest.mark.parametrize("told", NUMBERS, ids=repr)
def test_numbers(told: bytes, tmp_path: Path) -> None:
    number, tags = NUMBERS[told], (0x00200011, 0x00200013)
    one = Read(tmp_path, *((tag, "IS", told) for tag in tags))
    header, picture = one.header(), one.picture()
    series, image = one.answer(Level.SERIES), one.answer(Level.IMAGE)
    assert isinstance(series, SeriesMatch)
    assert isinstance(image, ImageMatch)
    assert [header.series_number, header.number] == [number, number]
    assert [picture.series_number, picture.number] == [number, number]
    assert [series.number, image.number] == [number, number]
    assert one.cells(Level.IMAGE, Column.NAME) == (f"Image {'—' if number is None else number}",)
    if number is not None:
        assert [one.json(tag) for tag in tags] == [number, number]


@pytest.mark.parametrize("told", [b"4", b"4.0", b"+4", b"4 ", b"04", b"4e0"], ids=repr)
def test_frames(told: bytes, tmp_path: Path) -> None:
    pixels = (
        (0x00280002, "US", pack("<H", 1)),
        (0x00280004, "CS", b"MONOCHROME2"),
        (0x00280008, "IS", told),
        (0x00280010, "US", pack("<H", 2)),
        (0x00280011, "US", pack("<H", 2)),
        (0x00280100, "US", pack("<H", 8)),
        (0x00280101, "US", pack("<H", 8)),
        (0x00280102, "US", pack("<H", 7)),
        (0x00280103, "US", pack("<H", 0)),
    )
    one = Read(tmp_path, *pixels)
    image = one.answer(Level.IMAGE)
    assert isinstance(image, ImageMatch)
    assert image.frames == one.header().frames == one.json(0x00280008) == 4
    one.picture()
    with (tmp_path / "one.dcm").open("ab") as file:
        file.write(pack("<HH2s2xL", 0x7FE0, 0x0010, b"OB", 16) + bytes(16))
    assert open_instance(tmp_path / "one.dcm").frames == 4


DATES = {
    b"19971003": ("19971003", "1997-10-03"),
    b"1997.10.03": ("19971003", "1997-10-03"),
    b"1997-10-03": ("19971003", "1997-10-03"),
    b" 19971003\0": ("19971003", "1997-10-03"),
    b"19971003\\19981003": ("19971003", "1997-10-03"),
    b"1997-10": ("19971000", "1997-10"),
    b"19970000": ("19970000", "1997"),
    b"97.10.03": ("97.10.03", "97.10.03"),
    b"1990-1995": ("1990-1995", "1990-1995"),
    b"unknown": ("unknown", "unknown"),
    b"": ("", ""),
}


@pytest.mark.parametrize("told", DATES, ids=repr)
def test_dates(told: bytes, tmp_path: Path) -> None:
    kept, shown = DATES[told]
    one = Read(tmp_path, (0x00080020, "DA", told), (0x00080021, "DA", told), (0x00100030, "DA", told))
    header, picture, study, series = (
        one.header(),
        one.picture(),
        one.answer(Level.STUDY),
        one.answer(Level.SERIES),
    )
    assert isinstance(study, StudyMatch)
    assert isinstance(series, SeriesMatch)
    assert [header.study_date, header.series_date, header.birth_date] == [kept] * 3
    assert [study.date, series.date, study.patient.birth_date] == [kept] * 3
    assert [picture.study_date, picture.birth_date] == [kept] * 2
    assert one.cells(Level.STUDY, Column.DATE) == one.cells(Level.SERIES, Column.DATE) == (shown,)
    assert display.day(picture.birth_date) == shown


TIMES = {
    b"102030": ("102030", "10:20"),
    b"102030.5": ("102030.5", "10:20"),
    b"1020": ("1020", "10:20"),
    b"10:20:30": ("102030", "10:20"),
    b"10:20": ("1020", "10:20"),
    b"9:05": ("0905", "09:05"),
    b"93015": ("093015", "09:30"),
    b"10": ("10", ""),
    b"9": ("9", "9"),
    b"1000-1200": ("1000-1200", "1000-1200"),
    b"": ("", ""),
}


@pytest.mark.parametrize("told", TIMES, ids=repr)
def test_times(told: bytes, tmp_path: Path) -> None:
    kept, shown = TIMES[told]
    one = Read(tmp_path, (0x00080030, "TM", told), (0x00080031, "TM", told))
    header, study, series = one.header(), one.answer(Level.STUDY), one.answer(Level.SERIES)
    assert isinstance(study, StudyMatch)
    assert isinstance(series, SeriesMatch)
    assert [header.study_time, header.series_time, study.time, series.time] == [kept] * 4
    assert one.cells(Level.STUDY, Column.DATE) == (shown,)


@pytest.mark.parametrize(
    ("terms", "codec", "name"),
    [
        (b"ISO_IR 100", "latin_1", "Größe^Jürgen"),
        (b"ISO IR 144", "iso8859_5", "Иванов^Иван"),
        (b"ISO_IR_144", "iso8859_5", "Иванов^Иван"),
        (b"\\ISO 2022 IR 144", "iso8859_5", "Ivanov^Ivan=Иванов^Иван"),
        (b"ISO_IR 149", "euc_kr", "김^희중"),
        (b"GB18030", "gb18030", "王^小东"),
        (b"UTF-8", "utf_8", "王^小东"),
        (b"", "gb18030", "王^小东"),
        (b"", "latin_1", "Größe^Jürgen"),
    ],
)
@pytest.mark.filterwarnings("ignore:Unknown encoding", "ignore:Incorrect value for Specific Character Set")
def test_names(terms: bytes, codec: str, name: str, tmp_path: Path) -> None:
    octets = name.encode(codec)
    one = Read(tmp_path, (0x00080005, "CS", terms), (0x00100010, "PN", octets), (0x00081030, "LO", octets))
    study = one.answer(Level.STUDY)
    assert isinstance(study, StudyMatch)
    header, picture = one.header(), one.picture()
    assert [header.name, study.patient.name, picture.name] == [name] * 3
    assert [header.study_description, study.description, picture.study_description] == [name] * 3
    assert one.json(0x00081030) == name


@pytest.mark.parametrize("text", ["胸CT", "头MR", "X线", "镕", "王^玥"])
def test_one_text_that_is_chinese_beyond_doubt_speaks_for_all_of_its_data_set(
    text: str, tmp_path: Path
) -> None:
    for name, description in ((text, "胸部平扫"), ("王^小东", text)):
        one = Read(
            tmp_path,
            (0x00100010, "PN", name.encode("gb18030")),
            (0x00081030, "LO", description.encode("gb18030")),
        )
        study = one.answer(Level.STUDY)
        assert isinstance(study, StudyMatch)
        header, picture = one.header(), one.picture()
        assert [header.name, study.patient.name, picture.name] == [name] * 3
        assert [header.study_description, study.description, picture.study_description] == [description] * 3
        assert one.json(0x00081030) == description


def test_rows_are_in_the_order_of_their_days_and_times(tmp_path: Path) -> None:
    told = [
        (b"1997", b""), (b"1997.01.01", b"9:05"), (b"19970101", b"0930"), (b"1997.01.01", b"10:20:30"),
        (b"19970101", b"102031"), (b"1997-10", b""), (b"1997.12.31", b""), (b"19980101", b""),
        (b"1998.06.01", b""),
    ]  # fmt: skip
    rows = [
        Row(number=1, level=Level.STUDY, uid="1.2.3", parent=None, matches={"A": Read(
            tmp_path, (0x00080020, "DA", day), (0x00080030, "TM", time), (0x00100030, "DA", day),
        ).answer(Level.STUDY)})
        for day, time in told
    ]  # fmt: skip
    keys = [sort_key(row, Column.DATE) or () for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("told", [b"-1", b"-30", b"x", b""], ids=repr)
def test_a_count_below_zero_is_unknown(told: bytes, tmp_path: Path) -> None:
    study = Read(tmp_path, (0x00201206, "IS", told), (0x00201208, "IS", told)).answer(Level.STUDY)
    assert isinstance(study, StudyMatch)
    assert (study.series, study.instances) == (None, None)
